import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { makeApp } from 'tipfy'
import { collectAppRules } from '../../lib/app/installed-apps.ts'
import { Rule, UrlMap } from '../../lib/routing/index.ts'
import { start } from '../support/application.ts'

const root = join(import.meta.dirname, '../fixtures/installed')

test('an installed application answers below its entry point with the rules of its own urls', async () => {
  const config = { tipfy: { appsInstalled: ['blog'], appsEntryPoints: { blog: '/blog' } } }
  const { ask, close } = await start([new Rule('/', { endpoint: 'home' })], config, root)
  expect((await ask('/blog/hello')).text).toBe('hello at /blog/hello')
  expect((await ask('/hello')).status).toBe(404)
  await close()
})

test('one without urls has no rules, one with wrong urls stops the start', async () => {
  const tipfy = { logLevel: 'silent' as const, urls: () => [] }
  const app = makeApp({ tipfy: { ...tipfy, appsInstalled: ['app'] } }, { root })
  await app.ready()
  expect(app.urlMap!.rules()).toEqual([])
  const wrong = makeApp({ tipfy: { ...tipfy, appsInstalled: ['shop'] } }, { root })
  await expect(wrong.ready()).rejects.toMatchObject({ code: 'TIPFY_E_URLS' })
})

test.each([
  [[['/', 'home']], 'a list whose item 1 is string[]'],
  [[new Rule('/a'), undefined], 'a list whose item 2 is undefined'],
  [null, 'tipfy.urls must be a function that returns a list of rules, but gave null'],
])('rules that are none stop the start, told by what they are: %j', async (rules, given) => {
  const app = makeApp({ tipfy: { logLevel: 'silent', urls: () => rules as never } }, { root })
  await expect(app.ready()).rejects.toMatchObject({ code: 'TIPFY_E_URLS', message: expect.stringContaining(given) })
})

test('getRules may be async, and without an entry point its rules are at the root', async () => {
  const load = async () => ({ getRules: async () => [new Rule('/cart', { endpoint: 'cart' })] })
  const rules = await collectAppRules(['shop'], {}, load)
  expect(new UrlMap(rules).rules().map((rule) => rule.path)).toEqual(['/cart'])
})

test('an entry point of an application that is not installed is an error', async () => {
  await expect(collectAppRules(['shop'], { shpo: '/x' }, async () => undefined)).rejects.toMatchObject({
    code: 'TIPFY_E_ENTRY_POINT',
  })
})
