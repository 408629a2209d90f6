// `static input` and `request.valid`: what schemas accept reaches the handler, converted; what they reject is a 422.
import { describe, expect, test } from '@jest/globals'
import { type } from 'arktype'
import {
  type Config,
  Forbidden,
  type HandlerClass,
  html,
  type Input,
  InvalidInput,
  makeApp,
  RequestHandler,
  Rule,
  request,
  response,
  type StandardSchema,
} from 'tipfy'
import { messages } from 'tipfy/ext/messages'
import { createClient } from 'tipfy/testing'
import * as v from 'valibot'
import { z } from 'zod'

function clientFor(handler: HandlerClass, accept = '*/*', config: Config = {}) {
  const urls = () => [new Rule('/<id>', { endpoint: 'page', handler })]
  const app = makeApp(
    { ...config, tipfy: { dev: false, logLevel: 'silent', urls, ...config.tipfy } },
    { root: import.meta.dirname },
  )
  return createClient(app, { headers: { accept } })
}

/** A schema that calls a function, as a library would. */
function schemaOf<Output>(
  validate: StandardSchema<unknown, Output>['~standard']['validate'],
): StandardSchema<unknown, Output> {
  return { '~standard': { version: 1, vendor: 'test', validate } }
}

const anything = schemaOf((value) => ({ value }))

describe.each<[string, StandardSchema<unknown, { title: string; seats: number }>]>([
  ['zod', z.object({ title: z.string().min(3), seats: z.coerce.number().int() })],
  [
    'zod, async',
    z.object({ title: z.string().refine(async (text) => text.length > 2), seats: z.coerce.number().int() }),
  ],
  [
    'valibot',
    v.object({
      title: v.pipe(v.string(), v.minLength(3)),
      seats: v.pipe(v.string(), v.transform(Number), v.integer()),
    }),
  ],
  ['arktype', type({ title: 'string >= 3', seats: 'string.integer.parse' })],
])('a schema of %s', (_, schema) => {
  class Tickets extends RequestHandler {
    static input = { post: { form: schema } }

    post({ id }: { id: string }, { form }: Input<typeof Tickets, 'post'>) {
      return { id, form }
    }
  }

  test('gives the method what it converts a form to', async () => {
    const sent = await clientFor(Tickets).post('/7', { form: { title: 'Opera', seats: '2' } })
    expect([sent.status, sent.json()]).toEqual([200, { id: '7', form: { title: 'Opera', seats: 2 } }])
  })

  test('names the fields that it rejects', async () => {
    const sent = await clientFor(Tickets, 'application/json').post('/7', { form: { title: 'O', seats: '2.5' } })
    expect([sent.status, sent.headers.get('content-type')]).toEqual([422, 'application/problem+json'])
    expect(sent.json()).toEqual({
      type: 'about:blank',
      title: 'Unprocessable Entity',
      status: 422,
      detail: 'The input is not valid.',
      errors: expect.arrayContaining(
        ['title', 'seats'].map((name) => ({ path: [name], message: expect.any(String), in: 'form' })),
      ),
    })
  })
})

class Everything extends RequestHandler {
  static input = {
    get: { query: anything },
    post: { form: anything, files: anything, query: anything },
    put: { form: anything, json: anything },
    patch: { json: anything },
  }

  get(_: object, input: object) {
    return input
  }
  post(_: object, { files, ...input }: { files?: unknown }) {
    const names = Object.entries(files as object).map(([name, file]) => [
      name,
      [file].flat().map((one) => one.filename),
    ])
    return { ...input, files: Object.fromEntries(names) }
  }
  put(_: object, input: object) {
    return input
  }
  patch(_: object, input: object) {
    return input
  }
}

describe('a part of the input', () => {
  const client = clientFor(Everything)

  test('has a text for each name, a list for one that is repeated, and __proto__ like any other', async () => {
    const query = await client.get('/1?a=1&b=2&b=3&__proto__=4&constructor=5')
    expect(query.text).toBe('{"query":{"a":"1","b":["2","3"],"__proto__":"4","constructor":"5"}}')
    const body = 'a=1&b=2&b=3&__proto__=4&__proto__=5'
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const form = await client.post('/1', { body, headers })
    expect(form.text).toBe('{"form":{"a":"1","b":["2","3"],"__proto__":["4","5"]},"query":{},"files":{}}')
  })

  test('is read for HEAD as for GET', async () => {
    expect((await client.head('/1?a=1')).status).toBe(200)
  })

  test('may be files', async () => {
    const form = new FormData()
    form.append('title', 'Holiday')
    form.append('photo', new File(['x'], 'a.png'))
    form.append('more', new File(['y'], 'b.png'))
    form.append('more', new File(['z'], 'c.png'))
    const sent = await client.post('/1', { multipart: form })
    expect(sent.json()).toEqual({
      form: { title: 'Holiday' },
      files: { photo: ['a.png'], more: ['b.png', 'c.png'] },
      query: {},
    })
  })

  test('is the JSON or the form, by the content type, where both have schemas', async () => {
    expect((await client.put('/1', { json: [1] })).json()).toEqual({ json: [1] })
    expect((await client.put('/1', { form: { a: '1' } })).json()).toEqual({ form: { a: '1' } })
  })

  test('of another content type is a 415, and broken JSON a 400', async () => {
    const headers = { 'content-type': 'text/plain' }
    for (const send of [client.post, client.put, client.patch]) {
      expect((await send.call(client, '/1', { body: 'a=1', headers })).status).toBe(415)
    }
    expect((await client.post('/1', { json: {} })).status).toBe(415)
    expect((await client.patch('/1', { form: { a: '1' } })).status).toBe(415)
    expect((await client.patch('/1', { body: '{', headers: { 'content-type': 'application/json' } })).status).toBe(400)
  })

  test('without a body is a form without fields', async () => {
    expect((await client.post('/1')).json()).toEqual({ form: {}, files: {}, query: {} })
  })
})

describe('input that is not valid', () => {
  class Strict extends RequestHandler {
    static input = {
      post: {
        form: z.object({ title: z.string(), tags: z.array(z.string().min(2)) }),
        query: z.object({ page: z.string() }).refine(() => false, 'Never.'),
      },
      put: { json: z.object({ items: z.array(z.object({ name: z.string('No <name>.') })) }) },
    }
    post() {
      return 'not reached'
    }
    put() {
      return 'not reached'
    }
  }

  test('is reported for all parts at once', async () => {
    const sent = await clientFor(Strict, 'application/json').post('/1?page=2', { form: { tags: ['ab', 'c'] } })
    expect((sent.json() as { errors: unknown }).errors).toEqual([
      { path: ['title'], message: expect.any(String), in: 'form' },
      { path: ['tags', 1], message: expect.any(String), in: 'form' },
      { path: [], message: 'Never.', in: 'query' },
    ])
  })

  test('is a page with escaped messages for a browser, and a text for a terminal', async () => {
    const json = { items: [{}] }
    const page = await clientFor(Strict, 'text/html').put('/1', { json })
    expect([page.status, page.headers.get('content-type')]).toEqual([422, 'text/html; charset=utf-8'])
    expect(page.text).toContain('<li>items.0.name: No &lt;name&gt;.</li>')
    const text = await clientFor(Strict, 'text/plain').put('/1', { json })
    expect(text.text).toBe('422 Unprocessable Entity\n\nThe input is not valid.\nitems.0.name: No <name>.\n')
  })

  test('is JSON for a client that sent JSON and accepts anything', async () => {
    expect((await clientFor(Strict).put('/1', { json: {} })).headers.get('content-type')).toBe(
      'application/problem+json',
    )
    expect((await clientFor(Strict).post('/1', { form: {} })).headers.get('content-type')).toMatch('text/html')
  })

  test('has the type of all other errors of the same request', async () => {
    const types = async (headers: Record<string, string>) => {
      const ask = async (body: string, type = 'application/json', path = '/1') => {
        const sent = await clientFor(Strict).put(path, { body, headers: { 'content-type': type, ...headers } })
        return [sent.status, sent.headers.get('content-type')!.split(';')[0]]
      }
      return [
        await ask('{}'),
        await ask('{'),
        await ask('{}', 'application/cbor+json'),
        await ask('{}', undefined, '/a/b'),
      ]
    }
    const problem = 'application/problem+json'
    const json = 'application/json'
    const html = 'text/html'
    expect(await types({ accept: '*/*' })).toEqual([
      [422, problem],
      [400, json],
      [422, problem],
      [404, json],
    ])
    expect(await types({ accept: html })).toEqual([
      [422, html],
      [400, html],
      [422, html],
      [404, html],
    ])
    expect(await types({ accept: problem })).toEqual([
      [422, problem],
      [400, problem],
      [422, problem],
      [404, problem],
    ])
  })

  test('is reported with at most 100 errors', async () => {
    const json = { items: new Array(1000).fill({}) }
    const sent = await clientFor(Strict).put('/1', { json })
    expect((sent.json() as { errors: unknown[] }).errors).toHaveLength(100)
  })

  test('is what a schema rejects without a reason, too', async () => {
    class Silent extends RequestHandler {
      static input = { post: { form: schemaOf(() => ({ issues: [] })) } }
      post() {
        return 'not reached'
      }
    }
    const sent = await clientFor(Silent, 'text/plain').post('/1', { form: {} })
    expect([sent.status, sent.text]).toEqual([422, expect.stringContaining('This is not valid.')])
  })

  test('reaches the error handler of 422', async () => {
    const errorHandlers = { 422: (error: unknown) => ({ own: (error as InvalidInput).errors.length }) }
    const sent = await clientFor(Strict, '*/*', { tipfy: { errorHandlers } }).put('/1', { json: {} })
    expect([sent.status, sent.json()]).toEqual([422, { own: 1 }])
  })
})

describe('the method `invalid`', () => {
  const password = z.string().min(8, 'Too short.')
  class Form extends RequestHandler {
    static input = { post: { form: z.object({ email: z.email('No address.'), password }) } }

    show(old: InvalidInput['old'], errors: InvalidInput['messages']) {
      return html`<input name="email" value="${old.email}">${errors.email}<input name="password">${errors.password}${old.constructor}${errors.constructor}`
    }
    post() {
      return 'saved'
    }
    override invalid({ id }: { id: string }, { errors, old, messages }: InvalidInput): unknown {
      response.headers.set('x-errors', `${id}:${errors.length}`)
      return this.show(old, messages)
    }
  }

  test('shows the form again with what was sent and the messages of each field', async () => {
    const sent = await clientFor(Form, 'text/html').post('/7', { form: { email: '"me"', password: 'x' } })
    expect([sent.status, sent.headers.get('x-errors'), sent.headers.get('vary')]).toEqual([422, '7:2', 'Accept'])
    expect(sent.text).toBe('<input name="email" value="&quot;me&quot;">No address.<input name="password">Too short.')
  })

  test('is given no passwords', async () => {
    const names = ['password', 'newPassword', 'passwd', 'user_pwd', 'clientSecret', 'pin', 'cvc']
    const others = ['keyword', 'compass', 'spinner', 'author', 'token_count']
    class Secrets extends Form {
      override invalid(_: object, { old }: InvalidInput) {
        return Object.keys(old).join(' ')
      }
    }
    const form = Object.fromEntries([...names, ...others].map((name) => [name, 'x']))
    expect((await clientFor(Secrets, 'text/html').post('/7', { form })).text).toBe(others.join(' '))
  })

  test('is not called for a client that prefers JSON, nor for valid input', async () => {
    const json = await clientFor(Form, 'application/json').post('/7', { form: {} })
    expect([json.status, json.headers.get('content-type')]).toEqual([422, 'application/problem+json'])
    const valid = await clientFor(Form).post('/7', { form: { email: 'a@b.de', password: '12345678' } })
    expect([valid.status, valid.text]).toEqual([200, 'saved'])
  })

  test('may add a message about the form', async () => {
    class WithMessage extends Form {
      override async invalid() {
        messages.addFormError()
        return html`${(await messages.get()).map(({ level, body }) => `${level}: ${body}`)}`
      }
    }
    const sent = await clientFor(WithMessage, 'text/html', {
      tipfy: { hooks: { posInitApp: 'tipfy/ext/session:setSecureCookieSession' } },
      'tipfy/ext/session': { secretKey: 'a secret of more than thirty-two characters' },
    }).post('/7', { form: {} })
    expect([sent.status, sent.text]).toEqual([
      422,
      'error: A problem occurred. Please correct the errors listed in the form.',
    ])
  })
})

describe('input is checked', () => {
  test('after `dispatch` and middleware, which may reject a request unread', async () => {
    let checked = 0
    class Members extends RequestHandler {
      static input = { post: { form: schemaOf((value) => ({ value, checked: checked++ })) } }
      override dispatch(method: 'post', args: object): unknown {
        if (request.args.has('stranger')) throw new Forbidden()
        return super.dispatch(method, args as Record<string, unknown>)
      }
      post(_: object, { form }: { form: unknown }) {
        return form as object
      }
    }
    const client = clientFor(Members)
    expect((await client.post('/1?stranger', { form: {} })).status).toBe(403)
    expect(checked).toBe(0)
    expect((await client.post('/1', { form: { a: '1' } })).json()).toEqual({ a: '1' })
  })

  test('before `handleException`, which sees what is not valid', async () => {
    class Handles extends RequestHandler {
      static input = { post: { form: schemaOf(() => ({ issues: [{ message: 'No.' }] })) } }
      post() {
        return ''
      }
      override handleException(error: unknown) {
        return error instanceof InvalidInput ? { seen: error.messages[''] } : undefined
      }
    }
    expect((await clientFor(Handles).post('/1', { form: {} })).json()).toEqual({ seen: ['No.'] })
  })

  test('in a class that middleware and static members know as their own', async () => {
    class Own extends RequestHandler {
      static input = { get: { query: anything } }
      static #greeting = 'Hello'
      static greeting() {
        return Own.#greeting
      }
      static override middleware = [
        {
          beforeDispatch: (handler: RequestHandler) =>
            void response.headers.set('x-own', `${handler.constructor === Own}`),
        },
      ]
      get() {
        return (this.constructor as typeof Own).greeting()
      }
    }
    const sent = await clientFor(Own).get('/1')
    expect([sent.text, sent.headers.get('x-own')]).toEqual(['Hello', 'true'])
  })

  test('not again where a method is called with input', async () => {
    class Calls extends RequestHandler {
      static input = { get: { query: z.object({ page: z.coerce.number() }) } }
      get(_: object, { query }: Input<typeof Calls, 'get'>) {
        return { page: query.page }
      }
      post(args: object) {
        return this.get(args, { query: { page: 3 } })
      }
    }
    expect((await clientFor(Calls).post('/1')).json()).toEqual({ page: 3 })
  })

  test('with an error of the schema itself as a 500', async () => {
    const broken = schemaOf(() => {
      throw new TypeError('The schema is broken.')
    })
    const later = schemaOf(async () => Promise.reject(new TypeError('The schema is broken.')))
    for (const form of [broken, later]) {
      class Broken extends RequestHandler {
        static input = { post: { form } }
        post() {
          return ''
        }
      }
      expect((await clientFor(Broken).post('/1', { form: {} })).status).toBe(500)
    }
  })

  test.each<[unknown, string]>([
    [undefined, 'undefined'],
    [null, 'null'],
    ['a text', 'a string'],
    [{ name: 'ann' }, 'object'],
    [{ issues: 'wrong' }, 'object'],
    [Promise.resolve(undefined), 'undefined'],
  ])('with an error that says what a schema must return, and not %j', async (returned, given) => {
    class Broken extends RequestHandler {
      static input = { post: { form: schemaOf(() => returned as never) } }
      post() {
        return ''
      }
      override handleException(error: unknown) {
        return `${(error as { code: string }).code}: ${(error as Error).message}`
      }
    }
    const { text } = await clientFor(Broken).post('/1', { form: {} })
    expect(text).toMatch(
      new RegExp(
        `^TIPFY_E_INPUT_RESULT: The schema for \`form\` .* returned .*(${given}), not .*object with \`value\``,
      ),
    )
  })
})

describe('request.valid', () => {
  const schema = z.object({ page: z.coerce.number().int('Not whole.') })
  class Valid extends RequestHandler {
    async get() {
      const { page } = await request.valid(schema)
      return { page: page + 1 }
    }
    post() {
      return this.get()
    }
    async put() {
      return { problem: await request.valid('schema' as unknown as typeof schema).catch((error) => error.message) }
    }
  }
  const client = clientFor(Valid)

  test('checks the query of a GET, and JSON or a form by the content type', async () => {
    for (const sent of [
      await client.get('/1?page=2'),
      await client.post('/1', { json: { page: 2 } }),
      await client.post('/1', { form: { page: '2' } }),
    ]) {
      expect(sent.json()).toEqual({ page: 3 })
    }
  })

  test('fails with 422, 415 for another body', async () => {
    const sent = await client.post('/1', { json: { page: 2.5 } })
    expect([sent.status, (sent.json() as { errors: unknown }).errors]).toEqual([
      422,
      [{ path: ['page'], message: 'Not whole.', in: 'json' }],
    ])
    expect((await client.post('/1', { body: 'x', headers: { 'content-type': 'text/plain' } })).status).toBe(415)
  })

  test('names what is no schema', async () => {
    expect((await client.put('/1')).text).toMatch(
      'The argument of request.valid() is string, not a Standard Schema. Pass a schema of zod',
    )
  })
})

describe('an `input` that would check nothing is an error when the class is imported:', () => {
  test.each<[string, object | string, RegExp]>([
    ['TIPFY_E_INPUT', 'schema', /`input` of the handler Wrong is string, not an object.*static input = \{ post:/],
    ['TIPFY_E_INPUT', { post: anything }, /`input\.post` .* is a schema/],
    ['TIPFY_E_INPUT', { post: z.object({}) }, /`input\.post` .* is a schema/],
    ['TIPFY_E_INPUT', { post: null }, /`input\.post` .* is null/],
    ['TIPFY_E_INPUT_METHOD', { POST: { form: anything } }, /`input\.POST` .*\(get, post\)/],
    ['TIPFY_E_INPUT_METHOD', { put: { form: anything } }, /`input\.put` .*\(get, post\)/],
    ['TIPFY_E_INPUT_METHOD', { dispatch: { form: anything } }, /`input\.dispatch`/],
    ['TIPFY_E_INPUT_PART', { post: { body: anything } }, /`input\.post` .* has "body".*Use form, files, json, query/],
    ['TIPFY_E_INPUT_PART', { get: { form: anything } }, /`input\.get` .* has "form".*Use query\./],
    ['TIPFY_E_INPUT_SCHEMA', { post: { form: { title: 'string' } } }, /`input\.post\.form` .* is object/],
    ['TIPFY_E_INPUT_SCHEMA', { post: { form: undefined } }, /`input\.post\.form` .* is undefined/],
    ['TIPFY_E_INPUT_SCHEMA', { post: { form: { '~standard': { version: 2 } } } }, /is object/],
  ])('%s for %p', async (code, input, message) => {
    class Wrong extends RequestHandler {
      static input = input
      get() {
        return ''
      }
      post() {
        return ''
      }
    }
    const rule = new Rule('/', { endpoint: 'page', handler: Wrong as unknown as HandlerClass })
    const app = makeApp(
      { tipfy: { dev: false, logLevel: 'silent', urls: () => [rule] } },
      { root: import.meta.dirname },
    )
    await app.ready()
    const loading = (async () => app.handlers.load(rule))()
    await expect(loading).rejects.toMatchObject({ code, message: expect.stringMatching(message) })
  })
})
