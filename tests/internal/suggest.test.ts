// Suggestions in errors: the word that was probably meant, and none where all are far off.
import { expect, test } from '@jest/globals'
import { makeApp, Response, Rule, UrlMap } from 'tipfy'
import { createClient } from 'tipfy/testing'

const key = 'q8Rz2LmV7xTc4KpW9sYd1FgH6jNb3EaU5iOoQq'
const messageOf = async (call: () => unknown): Promise<string> => {
  try {
    await call()
  } catch (error) {
    return (error as Error).message
  }
  return 'no error'
}

test.each<[string, () => unknown, string]>([
  ['a misspelt key', () => makeApp({ tipfy: { loglevel: 'info' } } as never), 'Did you mean "logLevel"?'],
  ['the beginning of a key', () => makeApp({ tipfy: { trusted: 1 } } as never), 'Did you mean "trustedProxies"?'],
  [
    'a key that begins alike',
    () => makeApp({ 'tipfy/ext/session': { secretKey: key, expires: 60 } } as never),
    'Did you mean "expiration"?',
  ],
  ['a misspelt section', () => makeApp({ 'tipfy/ext/sesion': {} } as never), "Did you mean 'tipfy/ext/session'?"],
  ['an option of a rule', () => new Rule('/', { endpoint: 'a', method: ['GET'] } as never), 'Did you mean `methods`?'],
  [
    'an endpoint',
    () => new UrlMap([new Rule('/', { endpoint: 'archive' } as never)]).bind({ serverName: 'a.b' }).build('archiv'),
    "Did you mean 'archive'?",
  ],
])('%s is answered with the name that is near', async (_, call, question) => {
  expect(await messageOf(call)).toContain(question)
})

test.each<[string, () => unknown, string]>([
  [
    'a key',
    () => makeApp({ tipfy: { port: 3000 } } as never),
    'The configuration of tipfy has no key "port". Its keys are in the defaultConfig that tipfy exports.',
  ],
  [
    'a key of sessions',
    () => makeApp({ 'tipfy/ext/session': { secretKey: key, redis: true } } as never),
    'has no key "redis". Its keys are in',
  ],
  [
    'an event',
    () => makeApp({ tipfy: { hooks: { teardown: [] } } } as never),
    'There is no event "teardown" to hook into. The events are posInitApp',
  ],
  [
    'an option of a rule',
    () => new Rule('/', { endpoint: 'a', view: 'b' } as never),
    'has no option `view`. Its options are endpoint, handler, methods',
  ],
  [
    'an option of a function',
    () => createClient(makeApp({}), { agent: 'x' } as never),
    'have no `agent`. They are an object with any of baseUrl',
  ],
  [
    'an attribute of a cookie',
    () => new Response().setCookie('a', 'b', { ttl: 5 } as never),
    'it has no option ttl: use path, domain, maxAge',
  ],
  [
    'an endpoint',
    () => new UrlMap([new Rule('/', { endpoint: 'archive' } as never)]).bind({ serverName: 'a.b' }).build('login'),
    'No rule has an endpoint like that: see `npx tipfy routes`.',
  ],
])('%s that is like none gets no suggestion, but what there is', async (_, call, message) => {
  const given = await messageOf(call)
  expect(given).toContain(message)
  expect(given).not.toMatch(/did you mean|perhaps/i)
})
