// The functions that handlers call with wrong arguments: JavaScript is not checked by a compiler.
import { afterAll, expect, test } from '@jest/globals'
import { makeApp, Rule, redirect, redirectTo, response, urlFor } from '../../lib/index.ts'
import { withRequest } from '../../lib/testing/index.ts'

const app = makeApp({
  tipfy: { urls: () => [new Rule('/', { endpoint: 'home' }), new Rule('/people/<name>', { endpoint: 'profile' })] },
})
afterAll(() => app.close())

const call = (fn: Function, ...args: unknown[]) => withRequest(app, {}, () => fn(...args))

const url = urlFor as (...args: unknown[]) => string
const to = redirectTo as (...args: unknown[]) => unknown

test('an option that urlFor and redirectTo do not have is an error that names the one that was meant', async () => {
  await expect(call(url, 'home', {}, { ful: true })).rejects.toThrow(
    'urlFor() has no option `ful`. Did you mean `full`?',
  )
  await expect(call(url, 'home', {}, { _full: true })).rejects.toThrow('Did you mean `full`?')
  await expect(call(to, 'home', {}, { status: 301 })).rejects.toThrow(
    'redirectTo() has no option `status`. Did you mean `code`?',
  )
  await expect(call(to, 'home', {}, 301)).rejects.toThrow(
    'The options of redirectTo() must be an object like { code: 303 }, but is 301',
  )
  await expect(call(url, 'home', {}, { full: 'yes' })).rejects.toThrow('`full` of urlFor() must be true or false')
})

test('an endpoint that is undefined builds no URL', async () => {
  const links: Record<string, string> = {}
  await expect(call(url, links.home)).rejects.toThrow('The endpoint of a URL must be a text, but is undefined')
  await expect(call(to, links.home)).rejects.toThrow('The endpoint of a URL must be a text, but is undefined')
  await expect(call(url, 'profile', 'ann')).rejects.toThrow(
    'The values of the URL of \'profile\' must be an object or a MultiDict, but is "ann"',
  )
})

test('values and options may be left out', async () => {
  expect(await call(url, 'home', null)).toBe('/')
  expect(await call(url, 'home', undefined, undefined)).toBe('/')
  expect(await call(url, 'profile', { name: 'ann' }, { anchor: undefined })).toBe('/people/ann')
})

test('a redirect says which status and which location it was given', async () => {
  for (const code of [300, 304, 305, 404, 302.5])
    await expect(call(redirect, '/', code)).rejects.toThrow(`${code} is not the status of a redirect`)
  await expect(call(redirect, '/', '302')).rejects.toThrow('"302" is not the status of a redirect')
  await expect(call(redirect, '/', null)).rejects.toThrow('null is not the status of a redirect')
  await expect(call(redirect)).rejects.toThrow('The location of a redirect is undefined. Give a path or a URL as text')
  await expect(call(redirect, { home: 1 })).rejects.toThrow('The location of a redirect is an object')
  const location = () => redirect('/there', 303) === response && response.headers.get('location')
  expect(await call(location)).toBe('/there')
  const script = () => redirect('javascript:alert(1)').data
  expect(await call(script)).toContain('<p>See javascript:alert(1).</p>')
  expect(await call(() => redirect('/"><b>').data)).toContain('<a href="/%22%3E%3Cb%3E">')
  const whole = () => redirect(new URL('https://shop.example/a b?c=ü')).headers.get('location')
  expect(await call(whole)).toBe('https://shop.example/a%20b?c=%C3%BC')
})
