import { afterEach, expect, test } from '@jest/globals'
import { Validator } from '@seriousme/openapi-schema-validator'
import { toStandardJsonSchema } from '@valibot/to-json-schema'
import { type } from 'arktype'
import { BaseConverter, makeApp, RequestHandler, Rule, type RuleFactory, Subdomain, type UploadedFile } from 'tipfy'
import * as v from 'valibot'
import { z } from 'zod'
import { describeApp, type Operation } from '../../../lib/app/openapi/document.ts'

class Hex extends BaseConverter<string> {
  override regex = '[0-9a-f]+'
}

let app: ReturnType<typeof makeApp> | undefined
afterEach(async () => {
  await app?.close()
  app = undefined
})

async function describe(...rules: RuleFactory[]) {
  const serverName = 'shop.example'
  app = makeApp({ tipfy: { dev: false, urls: () => rules, serverName, urlMap: { converters: { hex: Hex } } } })
  await app.ready()
  const described = await describeApp(app)
  const { valid, errors } = await new Validator().validate(JSON.parse(JSON.stringify(described.document)))
  expect({ valid, errors }).toEqual({ valid: true, errors: undefined })
  return described
}

class Plain extends RequestHandler {
  get() {}
  post() {}
}
const order = z.object({ product: z.string().min(1), count: z.coerce.number().int().default(1) })

class Orders extends RequestHandler {
  static input = {
    get: { query: z.object({ page: z.coerce.number().int().min(1).default(1), q: z.string().describe('Words.') }) },
    post: { json: order, form: order, query: z.object({ dry: z.string().optional() }) },
    put: { form: z.object({ title: z.string() }), files: z.object({ photo: z.custom<UploadedFile>() }) },
    query: { json: z.object({ near: z.string() }) },
  }
  get() {}
  post() {}
  put() {}
  query() {}
}

test('an object in a query is sent with brackets, as the schema is given it', async () => {
  class Filtered extends RequestHandler {
    static input = { get: { query: z.object({ filter: z.object({ name: z.string() }).optional(), q: z.string() }) } }
    get() {}
  }
  const { document } = await describe(new Rule('/', { endpoint: 'all', handler: Filtered }))
  const { parameters } = document.paths['/']!.get as Operation
  expect(parameters!.map(({ name, style, explode }) => [name, style, explode])).toEqual([
    ['filter', 'deepObject', true],
    ['q', undefined, undefined],
  ])
})

test('a query made of other schemas has the parameters of all; those that one choice leaves out are optional', async () => {
  const paged = z.object({ page: z.coerce.number().int() })
  const chosen = { either: z.object({ kind: z.literal('a'), a: z.string() }), or: z.object({ kind: z.literal('b') }) }
  const folder = z.object({
    name: z.string(),
    get inside() {
      return z.array(folder)
    },
  })
  const queries = {
    merged: paged.and(z.object({ q: z.string().optional() })),
    union: z.union([chosen.either, chosen.or]),
    both: z.discriminatedUnion('kind', [chosen.either, chosen.or]).and(paged),
    folder,
    record: z.record(z.string(), z.string()),
  }
  const rules = Object.entries(queries).map(([endpoint, query]) => {
    class Search extends RequestHandler {
      static input = { get: { query } }
      get() {}
    }
    return new Rule(`/${endpoint}`, { endpoint, handler: Search })
  })
  const { document } = await describe(...rules)
  const shown = Object.entries(document.paths).map(([path, { get }]) => [
    path,
    (get!.parameters ?? []).map(({ name, required }) => (required ? name : `${name}?`)),
  ])
  expect(Object.fromEntries(shown)).toEqual({
    '/merged': ['page', 'q?'],
    '/union': ['kind', 'a?'],
    '/both': ['page', 'kind', 'a?'],
    '/folder': ['name', 'inside'],
    '/record': [],
  })
})

test('a list of files is one of files', async () => {
  class Photos extends RequestHandler {
    static input = { post: { files: z.object({ photos: z.array(z.custom<UploadedFile>()) }) } }
    post() {}
  }
  const { document } = await describe(new Rule('/', { endpoint: 'photos', handler: Photos }))
  const items = { type: 'string', contentMediaType: 'application/octet-stream' }
  expect(document.paths['/']!.post!.requestBody!.content).toMatchObject({
    'multipart/form-data': { schema: { properties: { photos: { type: 'array', items } } } },
  })
})

test('rules that differ in the names or converters of their variables share a path, as OpenAPI wants it', async () => {
  const { document, problems } = await describe(
    new Rule('/p/<int:id>', { endpoint: 'show', handler: Plain, methods: ['GET'] }),
    new Rule('/p/<name>', { endpoint: 'change', handler: Plain, methods: ['POST'] }),
    new Rule('/p/<slug>', { endpoint: 'named', handler: Plain }),
  )
  expect(Object.keys(document.paths)).toEqual(['/p/{id}'])
  const { get, post } = document.paths['/p/{id}']!
  expect([get, post].map((one) => one!.operationId)).toEqual(['show.get', 'change.post'])
  expect([get, post].map((one) => one!.parameters!.map(({ name, schema }) => [name, schema.type]))).toEqual([
    [['id', 'integer']],
    [['id', 'string']],
  ])
  expect(problems).toEqual(['named (GET, POST): to OpenAPI its path is that of show'])
})

test('a rule with a host of its own names it, and is said where OpenAPI has no place for it', async () => {
  const { document, problems } = await describe(
    new Rule('/', { endpoint: 'home', handler: Plain, methods: ['GET'] }),
    new Subdomain('api', [
      new Rule('/', { endpoint: 'api', handler: Plain }),
      new Rule('/orders/<int:id>', { endpoint: 'orders', handler: Plain, methods: ['GET'] }),
    ]),
    new Subdomain('<user>', [new Rule('/blog', { endpoint: 'blog', handler: Plain, methods: ['GET'] })]),
  )
  expect(document.paths['/']!.get!.servers).toBeUndefined()
  expect(document.paths['/orders/{id}']!.get!.servers).toEqual([{ url: '//api.shop.example' }])
  expect(document.paths['/blog']!.get).toMatchObject({
    servers: [{ url: '//{user}.shop.example', variables: { user: { default: 'user' } } }],
  })
  expect(document.paths['/blog']!.get!.parameters).toBeUndefined()
  expect(problems).toEqual(['api (GET): to OpenAPI its path is that of home'])
})

test('the texts of a path are quoted, so that none of them is a variable or begins a query', async () => {
  const { document } = await describe(
    new Rule('/a{b}/<x>', { endpoint: 'braces', handler: Plain, methods: ['GET'] }),
    new Rule('/für uns?', { endpoint: 'question', handler: Plain, methods: ['GET'] }),
  )
  expect(Object.keys(document.paths)).toEqual(['/a%7Bb%7D/{x}', '/f%C3%BCr%20uns%3F'])
})

test('rules become paths, and their converters parameters', async () => {
  const path =
    '/<int:i>/<int(min=5,max=9):j>/<int(signed=true):k>/<float:f>/<uuid:u>/<any(a,"b (c)"):one>/<s>/<string(length=2):t>/<hex:h>/<path:p>'
  const { document, problems } = await describe(new Rule(path, { endpoint: 'all', handler: Plain, methods: ['GET'] }))
  const shown = '/{i}/{j}/{k}/{f}/{u}/{one}/{s}/{t}/{h}/{p}'
  expect(Object.keys(document.paths)).toEqual([shown])
  expect(Object.keys(document.paths[shown]!)).toEqual(['get'])
  const { parameters } = document.paths[shown]!.get as Operation
  expect(parameters!.every((one) => one.in === 'path' && one.required)).toBe(true)
  expect(Object.fromEntries(parameters!.map(({ name, schema }) => [name, schema]))).toEqual({
    i: { type: 'integer', minimum: 0 },
    j: { type: 'integer', minimum: 5, maximum: 9 },
    k: { type: 'integer' },
    f: { type: 'number', minimum: 0 },
    u: { type: 'string', format: 'uuid' },
    one: { type: 'string', enum: ['a', 'b (c)'] },
    s: { type: 'string' },
    t: { type: 'string', pattern: '^[^/]{2}$' },
    h: { type: 'string', pattern: '^[0-9a-f]+$' },
    p: { type: 'string', pattern: '^[^/][^\\n]*?$' },
  })
  expect(problems).toEqual([])
})

test('schemas become parameters of the query, bodies by type, and a 422', async () => {
  const { document, problems } = await describe(new Rule('/orders', { endpoint: 'orders', handler: Orders }))
  const item = document.paths['/orders']!
  expect(Object.keys(item).sort()).toEqual(['get', 'post', 'put', 'x-query'])
  expect(item.get!.parameters).toMatchObject([
    { name: 'page', in: 'query', required: false, schema: { type: 'integer', minimum: 1, default: 1 } },
    { name: 'q', in: 'query', required: true, schema: { type: 'string' }, description: 'Words.' },
  ])
  expect(item.get!.requestBody).toBeUndefined()
  expect(Object.keys(item.post!.requestBody!.content as object)).toEqual([
    'application/json',
    'application/x-www-form-urlencoded',
    'multipart/form-data',
  ])
  expect(item.post!.requestBody).toMatchObject({
    required: true,
    content: { 'application/json': { schema: { required: ['product'], properties: { product: { minLength: 1 } } } } },
  })
  expect(item.put!.requestBody!.content).toMatchObject({
    'multipart/form-data': {
      schema: {
        allOf: [
          { properties: { title: { type: 'string' } } },
          { properties: { photo: { type: 'string', contentMediaType: 'application/octet-stream' } } },
        ],
      },
    },
  })
  expect(item.post!.responses['422']).toMatchObject({
    content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
  })
  expect(problems).toEqual([])
})

test('zod, arktype and valibot say the same', async () => {
  const schemas = {
    zod: z.object({ name: z.string().min(1), age: z.number().optional() }),
    arktype: type({ name: 'string > 0', 'age?': 'number' }),
    valibot: toStandardJsonSchema(v.object({ name: v.pipe(v.string(), v.minLength(1)), age: v.optional(v.number()) })),
  }
  const rules = Object.entries(schemas).map(([name, json]) => {
    class Handler extends RequestHandler {
      static input = { post: { json } }
      post() {}
    }
    return new Rule(`/${name}`, { endpoint: name, handler: Handler })
  })
  const { document, problems } = await describe(...rules)
  for (const name of Object.keys(schemas)) {
    expect(document.paths[`/${name}`]!.post!.requestBody!.content).toMatchObject({
      'application/json': {
        schema: {
          type: 'object',
          required: ['name'],
          properties: { name: { type: 'string', minLength: 1 }, age: { type: 'number' } },
        },
      },
    })
  }
  expect(problems).toEqual([])
})

const category = z.object({
  name: z.string(),
  get children() {
    return z.array(category)
  },
})
const price = z.object({ cents: z.int() }).meta({ id: 'Price' })
const otherPrice = z.object({ euros: z.number() })

test('schemas that refer to themselves and to others are components, with references that lead there', async () => {
  class Shop extends RequestHandler {
    static input = {
      post: { json: category },
      put: { json: z.object({ was: price, is: price }) },
      patch: { json: z.object({ is: price }) },
    }
    post() {}
    put() {}
    patch() {}
  }
  class Other extends RequestHandler {
    static input = {
      post: {
        json: {
          '~standard': {
            ...otherPrice['~standard'],
            jsonSchema: { input: () => ({ $ref: '#/$defs/Price', $defs: { Price: { type: 'number' } } }) },
          },
        },
      },
    }
    post() {}
  }
  const { document } = await describe(
    new Rule('/shop', { endpoint: 'shop', handler: Shop }),
    new Rule('/other', { endpoint: 'other', handler: Other as never }),
  )
  const { schemas } = document.components
  expect(Object.keys(schemas).sort()).toEqual(['Price', 'Price2', 'Problem', 'shop.post.json'])
  const references = JSON.stringify(document).match(/"\$ref":"[^"]*"/g)!
  for (const reference of references) {
    const name = /^"\$ref":"#\/components\/schemas\/([^"]+)"$/.exec(reference)?.[1]
    expect(Object.keys(schemas)).toContain(name)
  }
})

test('the parts of a query that say something of one name are put together', async () => {
  const shared = { $ref: '#/$defs/Base' }
  const $defs = { Base: { type: 'object', properties: { page: { type: 'number' } }, required: ['page'] } }
  const schema = {
    $defs,
    properties: { q: { type: 'string' } },
    required: ['q'],
    anyOf: [{ allOf: [shared, { properties: { q: { const: 'x' } } }] }, { allOf: [shared] }],
  }
  class Search extends RequestHandler {
    static input = {
      get: { query: { '~standard': { ...otherPrice['~standard'], jsonSchema: { input: () => schema } } } },
    }
    get() {}
  }
  const { document } = await describe(new Rule('/', { endpoint: 'search', handler: Search as never }))
  expect(document.paths['/']!['get']!.parameters).toEqual([
    expect.objectContaining({ name: 'q', required: true, schema: { allOf: [{ type: 'string' }, { const: 'x' }] } }),
    expect.objectContaining({ name: 'page', required: true, schema: { type: 'number' } }),
  ])
})

test('a schema that cannot be written is left open, and said', async () => {
  class Handler extends RequestHandler {
    static input = { post: { json: v.object({ a: v.string() }) }, put: { json: z.object({ when: z.date() }) } }
    post() {}
    put() {}
  }
  const { document, problems } = await describe(
    new Rule('/x', { endpoint: 'x', handler: Handler }),
    new Rule('/y', { endpoint: 'y', handler: 'nowhere:Y' }),
  )
  expect(problems).toEqual([
    'x.post.json: wrap it in toStandardJsonSchema() of @valibot/to-json-schema',
    expect.stringMatching(/^\/y: There is no module "nowhere"/),
  ])
  expect(document.paths['/x']!.put!.requestBody!.content).toMatchObject({
    'application/json': { schema: { properties: { when: {} } } },
  })
})

test('rules that only build or redirect are left out, the first of two with one path wins, and ids are unique', async () => {
  const { document } = await describe(
    new Rule('/a', { endpoint: 'a', handler: Plain, methods: ['GET'] }),
    new Rule('/a', { endpoint: 'b', handler: Plain }),
    new Rule('/a2', { endpoint: 'a', handler: Plain }),
    new Rule('/old', { endpoint: 'old', redirectTo: '/a' }),
    new Rule('/built', { endpoint: 'built', buildOnly: true }),
  )
  const ids = Object.values(document.paths).flatMap((item) => Object.values(item).map(({ operationId }) => operationId))
  expect(ids).toEqual(['a.get', 'b.post', 'a.get.2', 'a.post'])
})
