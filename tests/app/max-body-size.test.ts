import { afterEach, expect, test } from '@jest/globals'
import { RequestHandler, Rule, request } from 'tipfy'
import { sessionStore } from 'tipfy/ext/session'
import { createClient } from 'tipfy/testing'
import { type Running, start } from '../support/application.ts'

class Upload extends RequestHandler {
  get() {
    return sessionStore.csrfToken()
  }
  async post() {
    const photo = (await request.files()).get('photo')
    return String(photo?.size)
  }
}

let running: Running
afterEach(() => running.close())

test("a rule's maxBodySize is the limit of its requests, also for the hook that reads the token in the form", async () => {
  running = await start(
    [
      new Rule('/usual', { endpoint: 'usual', handler: Upload }),
      new Rule('/small', { endpoint: 'small', handler: Upload, maxBodySize: 400 }),
      new Rule('/one', { endpoint: 'large', handler: Upload, maxBodySize: 50_000 }).copy({ path: '/large/one' }),
    ],
    {
      tipfy: {
        maxBodySize: 10_000,
        hooks: {
          posInitApp: 'tipfy/ext/session:setSecureCookieSession',
          preDispatchHandler: 'tipfy/ext/session:checkCsrf',
        },
      },
      'tipfy/ext/session': { secretKey: 'Zq3vT8xK1mB6nW9cR2yL5pD7hF4jG0sA' },
    },
  )
  const client = createClient(running.app)
  const upload = async (path: string, size: number) => {
    const { text: token } = await client.get(path)
    const photo = new File(['x'.repeat(size)], 'photo.png')
    const { status, text } = await client.post(path, { multipart: { _csrf: token, photo } })
    return status === 200 ? text : status
  }
  expect(await upload('/usual', 5000)).toBe('5000')
  expect(await upload('/usual', 20_000)).toBe(413)
  expect(await upload('/small', 5000)).toBe(413)
  expect(await upload('/large/one', 20_000)).toBe('20000')
  expect(await upload('/large/one', 60_000)).toBe(413)
})

test.each([
  0,
  -1,
  1.5,
  '50 MB',
  Number.POSITIVE_INFINITY,
])('a maxBodySize of %j is an error of the rule', async (size) => {
  running = await start([])
  expect(() => new Rule('/x', { endpoint: 'x', maxBodySize: size as number })).toThrow(
    expect.objectContaining({ code: 'TIPFY_E_RULE_BODY_SIZE', message: expect.stringContaining('"/x"') }),
  )
})
