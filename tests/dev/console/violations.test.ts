import { afterEach, expect, test } from '@jest/globals'
import { type Running, start } from '../../support/application.ts'

let running: Running
afterEach(() => running.close())

const report = (headers: Record<string, string>, body: unknown) =>
  running.ask('/_tipfy/violations', { method: 'POST', headers, body: JSON.stringify(body) })
const legacy = {
  'csp-report': {
    'document-uri': 'http://localhost:8080/cart?x',
    'effective-directive': 'script-src-elem',
    'blocked-uri': 'https://evil.example/x.js',
    'source-file': 'http://localhost:8080/cart',
    'line-number': 7,
    'script-sample': '<b>alert</b>',
    disposition: 'report',
  },
}
const rows = async () => (await running.ask('/_tipfy/policy')).text.match(/<tr><td>.*?<\/tr>/g) ?? []

test('reports of both forms are shown, latest first, a hundred at most', async () => {
  running = await start([], { tipfy: { dev: true } })
  expect((await report({}, legacy)).status).toBe(204)
  const body = {
    documentURL: 'http://localhost:8080/new',
    effectiveDirective: 'img-src',
    blockedURL: 'data',
    lineNumber: 3,
  }
  expect((await report({}, [{ type: 'csp-violation', body }])).status).toBe(204)
  const [first, second] = await rows()
  expect(first).toMatch(/<code>\/new<\/code>.*img-src.*data/)
  expect(second).toMatch(
    /\/cart.*script-src-elem.*reported only.*https:\/\/evil\.example\/x\.js.*\/cart:7.*&lt;b&gt;alert/,
  )
  for (let n = 0; n < 100; n++) await report({}, legacy)
  expect(await rows()).toHaveLength(100)
})

test.each([
  ['of another site', { 'sec-fetch-site': 'cross-site' }, legacy, 403],
  ['through a proxy', { 'x-forwarded-for': '192.0.2.1' }, legacy, 403],
  ['under a foreign name', { host: 'evil.example' }, legacy, 403],
  ['that is none', {}, 7, 400],
  ['without a body', {}, [{}], 400],
  ['that is too long', {}, { 'csp-report': { sample: 'x'.repeat(70_000) } }, 413],
])('a report %s is rejected', async (_, headers, body, status) => {
  running = await start([], { tipfy: { dev: true } })
  expect((await report(headers as Record<string, string>, body)).status).toBe(status)
  expect(await rows()).toEqual([])
})
