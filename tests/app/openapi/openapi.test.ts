import { afterEach, expect, test } from '@jest/globals'
import { Validator } from '@seriousme/openapi-schema-validator'
import { toStandardJsonSchema } from '@valibot/to-json-schema'
import { type } from 'arktype'
import { BaseConverter, makeApp, RequestHandler, Rule, type UploadedFile } from 'tipfy'
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

async function describe(...rules: Rule[]) {
  app = makeApp({ tipfy: { dev: false, urls: () => rules, urlMap: { converters: { hex: Hex } } } })
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
