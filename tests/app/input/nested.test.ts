// Names of fields with brackets: objects and lists for the schemas of `static input`.
import { describe, expect, test } from '@jest/globals'
import { type } from 'arktype'
import { type HandlerClass, type InvalidInput, makeApp, RequestHandler, Rule, type StandardSchema } from 'tipfy'
import { createClient } from 'tipfy/testing'
import * as v from 'valibot'
import { z } from 'zod'

function clientFor(handler: HandlerClass, accept = 'text/html') {
  const urls = () => [new Rule('/', { endpoint: 'page', handler })]
  const app = makeApp({ tipfy: { dev: false, logLevel: 'silent', urls } }, { root: import.meta.dirname })
  return createClient(app, { headers: { accept } })
}

const anything: StandardSchema = { '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }) } }

class Everything extends RequestHandler {
  static input = { get: { query: anything }, post: { form: anything, files: anything } }

  get(_: object, { query }: { query?: unknown }) {
    return query
  }
  post(_: object, { form, files }: { form?: unknown; files?: unknown }) {
    return { form, files }
  }
}

/** The JSON of the value that the schema of a query is given. */
async function nest(pairs: readonly (readonly [string, string])[]): Promise<string> {
  return (await clientFor(Everything).get(`/?${new URLSearchParams(pairs as [string, string][])}`)).text
}

const numbered = (...names: string[]) => names.map((name, at) => [name, `${at + 1}`] as const)

test.each<[string[], object]>([
  [['address[city]', 'address[zip]'], { address: { city: '1', zip: '2' } }],
  [['items[0].name', 'items[0].price', 'items[1].name'], { items: [{ name: '1', price: '2' }, { name: '3' }] }],
  [['items[0][name]', 'items[1][name]'], { items: [{ name: '1' }, { name: '2' }] }],
  [['items[1]', 'items[0]'], { items: ['2', '1'] }],
  [
    ['items[10]', ...Array.from({ length: 10 }, (_, at) => `items[${at}]`)],
    { items: '2,3,4,5,6,7,8,9,10,11,1'.split(',') },
  ],
  [['tags[]'], { tags: ['1'] }],
  [['tags[]', 'tags[]'], { tags: ['1', '2'] }],
  [['tags', 'tags'], { tags: ['1', '2'] }],
  [['a[tags][]', 'a[tags][]'], { a: { tags: ['1', '2'] } }],
  [['grid[0][0]', 'grid[0][1]', 'grid[1][0]'], { grid: [['1', '2'], ['3']] }],
  [['role[ann@example.org]'], { role: { 'ann@example.org': '1' } }],
])('%j are objects and lists', async (names, made) => {
  expect(await nest(numbered(...names))).toBe(JSON.stringify(made))
})

test.each<[string[], object]>([
  [['count[17]', 'count[23]'], { count: { '17': '1', '23': '2' } }],
  [['items[0]', 'items[2]'], { items: { '0': '1', '2': '2' } }],
  [['items[0]', 'items[x]'], { items: { '0': '1', x: '2' } }],
  [['items[00]', 'items[01]'], { items: { '00': '1', '01': '2' } }],
  [['items[-1]'], { items: { '-1': '1' } }],
  [['items[4294967296]'], { items: { '4294967296': '1' } }],
])('%j: other keys than the numbers from 0 make objects', async (names, made) => {
  expect(JSON.parse(await nest(numbered(...names)))).toEqual(made)
})

test.each([
  [['hub.mode', 'items.0.name', 'x.y']],
  [['a[', 'a]', '[a]', '[]', 'a[]b', 'a[b]c', 'a[[b]]', 'a[b].', 'a[].b', 'a[b]..c', ']', '[', 'a[b][][]']],
  [['a', 'a[b]', 'a[b][c]', 'a[]']],
  [['a[b]', 'a', 'a[0]']],
  [['__proto__[admin]', 'a[__proto__][admin]', 'constructor[prototype][admin]', 'a[0].__proto__', 'a[constructor]']],
  [['a[1][2][3][4][5][6][7][8]']],
])('names that are not nested, or do not fit, stay as they were sent: %j', async (names) => {
  const sent = numbered(...names)
  expect(Object.entries(JSON.parse(await nest(sent))).sort()).toEqual([...sent].sort())
  expect(({} as { admin?: unknown }).admin).toBeUndefined()
})

test('a name of many brackets and a form of many names cost no more than their length', async () => {
  const names = Array.from({ length: 900 }, (_, at) => `a[${at}].b[${at % 7}]`)
  const form = Object.fromEntries(
    [...names, `a${'['.repeat(3000)}`, `b${'[c]'.repeat(3000)}`].map((name) => [name, 'x']),
  )
  const { text } = await clientFor(Everything).post('/', { form })
  expect((JSON.parse(text) as { form: { a: unknown[] } }).form.a).toHaveLength(900)
})

test('files are nested too', async () => {
  const form = new FormData()
  for (const name of ['photos[0].image', 'photos[1].image']) form.append(name, new Blob(['x']), 'x.txt')
  class Uploads extends RequestHandler {
    static input = { post: { files: anything } }
    post(_: object, { files }: { files?: unknown }) {
      const { photos } = files as { photos: { image: { filename: string } }[] }
      return photos.map(({ image }) => image.filename)
    }
  }
  const { text } = await clientFor(Uploads).post('/', { multipart: form })
  expect(text).toBe('["x.txt","x.txt"]')
})

describe.each<[string, StandardSchema]>([
  ['zod', z.object({ items: z.array(z.object({ name: z.string().min(2) })), address: z.object({ city: z.string() }) })],
  [
    'valibot',
    v.object({
      items: v.array(v.object({ name: v.pipe(v.string(), v.minLength(2)) })),
      address: v.object({ city: v.string() }),
    }),
  ],
  ['arktype', type({ items: type({ name: 'string >= 2' }).array(), address: { city: 'string' } })],
])('errors of a schema of %s', (_, form) => {
  class Order extends RequestHandler {
    static input = { post: { form } }
    post() {}
    override invalid(_: object, { messages, old }: InvalidInput) {
      return { names: Object.keys(messages), old }
    }
  }
  const sent = { 'items[0].name': 'tea', 'items[1].name': 'x', 'address[zip]': '1' }

  test('are by the names that were sent, or as the field would be named', async () => {
    const { text, status } = await clientFor(Order).post('/', { form: sent })
    expect(status).toBe(422)
    const { names, old } = JSON.parse(text) as { names: string[]; old: object }
    expect(names.sort()).toEqual(['address[city]', 'items[1].name'])
    expect(old).toEqual(sent)
  })

  test('have path and field as JSON', async () => {
    const { errors } = (await clientFor(Order, 'application/json').post('/', { form: sent })).json() as {
      errors: object[]
    }
    expect(errors).toContainEqual(
      expect.objectContaining({ path: ['items', 1, 'name'], in: 'form', field: 'items[1].name' }),
    )
  })
})

test('an error in a list that is one repeated field, or a JSON, is by its first key', async () => {
  const list = z.object({ tags: z.array(z.string().min(2)) })
  class Both extends RequestHandler {
    static input = { post: { form: list, json: list } }
    post() {}
    override invalid(_: object, { messages }: InvalidInput) {
      return { names: Object.keys(messages) }
    }
  }
  const client = clientFor(Both)
  for (const body of ['tags=ab&tags=c', 'tags[]=c']) {
    const { text } = await client.post('/', { body, headers: { 'content-type': 'application/x-www-form-urlencoded' } })
    expect(text).toBe(body.includes('[') ? '{"names":["tags[]"]}' : '{"names":["tags"]}')
  }
  expect((await client.post('/', { json: { tags: ['c'] } })).text).toBe('{"names":["tags"]}')
})

test('a password in a nested field is not shown again', async () => {
  class Signup extends RequestHandler {
    static input = { post: { form: z.object({ user: z.object({ name: z.string().min(9) }) }) } }
    post() {}
    override invalid(_: object, { old }: InvalidInput) {
      return { old }
    }
  }
  const form = { 'user[name]': 'ann', 'user[password]': 'p', 'card[cvc]': '1', 'users[0].pin': '2', 'otp[]': '3' }
  expect((await clientFor(Signup).post('/', { form })).text).toBe('{"old":{"user[name]":"ann"}}')
})
