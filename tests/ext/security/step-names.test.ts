import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { expect, test } from '@jest/globals'
import { makeApp, RequestHandler, Rule } from 'tipfy'
import { createClient } from 'tipfy/testing'

class Home extends RequestHandler {
  get() {
    return 'home'
  }
}

test('each step of a hook of tipfy has a name', async () => {
  const app = makeApp({
    tipfy: {
      logLevel: 'silent',
      urls: () => [new Rule('/', { endpoint: 'home', handler: Home, auth: () => true })],
      hooks: {
        posInitApp: [
          'tipfy/ext/session:setSecureCookieSession',
          'tipfy/ext/security:headers',
          'tipfy/ext/security:cors',
          'tipfy/ext/security:rateLimit',
        ],
        preDispatchHandler: ['tipfy/ext/session:checkCsrf', 'tipfy/ext/auth:requireUser'],
      },
    },
    'tipfy/ext/session': { secretKey: 'only for these tests, made of many letters' },
    'tipfy/ext/security': { rateLimit: { policies: { all: { limit: 9, window: 9, by: 'address' } } } },
  })
  const client = createClient(app)
  await client.get('/')
  const names: string[] = []
  const note = (step: unknown) => void names.push((step as { name: string }).name)
  subscribe('tipfy.step', note)
  await client.get('/')
  unsubscribe('tipfy.step', note)
  expect(names.filter((name) => /^p(?:re|os)[A-Z]/.test(name)).sort()).toEqual([
    'preDispatchHandler checkCsrf',
    'preDispatchHandler corsPreflight',
    'preDispatchHandler rateLimit',
    'preDispatchHandler requireUser',
    'preSendResponse corsHeaders',
    'preSendResponse rateLimitHeaders',
    'preSendResponse securityHeaders',
  ])
  await app.close()
})
