import { expect, test } from '@jest/globals'
import { type HookConfig, makeApp } from 'tipfy'
import { requireIap, requireUser } from 'tipfy/ext/auth'
import { cors, headers, rateLimit } from 'tipfy/ext/security'
import { checkCsrf, setDatastoreSession, setSecureCookieSession } from 'tipfy/ext/session'

const make = (hooks: object) => makeApp({ tipfy: { logLevel: 'silent', urls: () => [], hooks: hooks as HookConfig } })
const fault = (hook: string, event: string, right: string) =>
  expect.objectContaining({
    code: 'TIPFY_E_HOOK_EVENT',
    message: `The hook ${hook} is in the event ${event}, but belongs to ${right}. Move it to ${right} in the hooks of config.ts.`,
  })

test.each([
  ['checkCsrf', checkCsrf, 'posInitApp', 'preDispatchHandler'],
  ['requireUser', requireUser, 'preInitRequest', 'preDispatchHandler'],
  ['requireIap', requireIap, 'preSendResponse', 'preDispatchHandler'],
  ['headers', headers, 'preDispatchHandler', 'posInitApp'],
  ['cors', cors, 'preSendResponse', 'posInitApp'],
  ['rateLimit', rateLimit, 'preDispatchHandler', 'posInitApp'],
  ['setDatastoreSession', setDatastoreSession, 'preRunApp', 'posInitApp'],
  ['setSecureCookieSession', setSecureCookieSession, 'preInitRequest', 'posInitApp'],
])('%s in another event than its own is an error that names both', (name, hook, event, right) => {
  expect(() => make({ [event]: hook })).toThrow(fault(name, event, right))
})

test('a hook that a text names stops the start in the wrong event', async () => {
  await expect(make({ posInitApp: 'tipfy/ext/session:checkCsrf' }).ready()).rejects.toEqual(
    fault('checkCsrf', 'posInitApp', 'preDispatchHandler'),
  )
  await expect(make({ preDispatchHandler: 'tipfy/ext/security:headers' }).ready()).rejects.toEqual(
    fault('headers', 'preDispatchHandler', 'posInitApp'),
  )
})

test("an event of the application's own takes any hook", () => {
  expect(() => make({}).hooks.add('order_paid' as never, checkCsrf as never)).not.toThrow()
})
