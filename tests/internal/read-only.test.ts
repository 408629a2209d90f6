// Assignments to what can only be read: as a type error of JavaScript they would name neither the object nor the remedy.
import { afterAll, expect, test } from '@jest/globals'
import { app, current, makeApp, RequestHandler, Rule, request, response } from 'tipfy'
import { createClient } from 'tipfy/testing'

const objects: Record<string, object> = { request, response, app }

class Assign extends RequestHandler {
  get() {
    const { object, name } = request.args.toObject() as Record<'object' | 'name', string>
    return [objects[object]!, current(objects[object]!)].map((given) => {
      try {
        return Reflect.set(given, name, 'x') && 'was set'
      } catch (error) {
        return `${(error as { code: string }).code}: ${(error as Error).message}`
      }
    })
  }
}

const application = makeApp({
  tipfy: { dev: false, urls: () => [new Rule('/', { endpoint: 'assign', handler: Assign })] },
})
afterAll(() => application.close())

test.each([
  ['request', 'path', 'Redirect to another path, or give its rule the same handler.'],
  ['request', 'remoteAddr', 'Name the proxies that report it in tipfy.trustedProxies and tipfy.trustedHeaders.'],
  ['request', 'args', 'Change a copy: new MultiDict(request.args).'],
  ['request', 'method', 'A request stays as the client sent it.'],
  ['response', 'headers', 'Set one after the other, response.headers.set(name, value)'],
  ['response', 'cacheControl', 'Set its parts, response.cacheControl.maxAge = 60'],
  ['response', 'isStream', 'It follows from the body'],
  ['app', 'settings', 'Set it in config.ts.'],
  ['app', 'requestListener', 'Return a function that calls it from a hook preRunApp.'],
])('%s.%s cannot be set, by the global or the object, and the error says what to do', async (object, name, remedy) => {
  const results = (await createClient(application).get('/', { query: { object, name } })).json()
  const message = expect.stringContaining(`TIPFY_E_READ_ONLY: \`${object}.${name}\` cannot be set. ${remedy}`)
  expect(results).toEqual([message, message])
})
