// A cookie that comes again is not decoded again: what one request does to its session must not be seen by another.
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { sessionStore } from 'tipfy/ext/session'
import { CopyOnRead } from '../../../../lib/ext/session/backends/copy-on-read.ts'
import type { SignedCookie } from '../../../../lib/ext/session/cookies/signing.ts'
import { encodeData } from '../../../../lib/ext/session/data/codec.ts'
import { free, serveSite, setCookies } from '../site.ts'

const dictionary = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 }), { maxKeys: 6 }) as fc.Arbitrary<
  Record<string, unknown>
>

function sharedOf(data: Record<string, unknown>): CopyOnRead | undefined {
  const cookie: SignedCookie = {
    text: encodeData(data),
    issued: 0,
    lifetime: undefined,
    created: 0,
    newest: true,
    memo: undefined,
  }
  for (let time = 0; time < 2; time++) expect(CopyOnRead.of(cookie)).toBeUndefined()
  return CopyOnRead.of(cookie)
}

// Objects may be changed in lists and dictionaries at every depth.
function change(value: unknown): void {
  if (Array.isArray(value)) {
    for (const item of value) change(item)
    value.push('changed')
  } else if (typeof value === 'object' && value !== null) {
    for (const item of Object.values(value)) change(item)
    Object.defineProperty(value, 'changed', { value: true, enumerable: true, configurable: true, writable: true })
  }
}

test('what is shared encodes to the very text, and is the same as what it was made from, owned or not', () => {
  fc.assert(
    fc.property(dictionary, (data) => {
      const original = sharedOf(data)
      // -0 is no JSON.
      if (encodeData(data).startsWith('~')) return expect(original).toBeUndefined()
      const shared = original!.share()
      for (const own of [() => {}, () => original!.ownAll(shared)]) {
        own()
        expect(encodeData(shared)).toBe(encodeData(data))
        expect(original!.isIn(shared)).toBe(true)
      }
    }),
  )
})

test('what was made its own can be changed, key by key or all at once, and nobody else sees it', () => {
  fc.assert(
    fc.property(dictionary, fc.array(fc.nat()), fc.boolean(), (data, picks, all) => {
      const text = encodeData(data)
      const original = sharedOf(data)
      if (original === undefined) return
      const shared = original.share()
      const keys = Object.keys(shared)
      const owned = new Set(all ? keys : picks.flatMap((pick) => keys.slice(pick % 7, (pick % 7) + 1)))
      if (all) original.ownAll(shared)
      for (const key of owned) {
        original.own(shared, key)
        const value = shared[key]
        original.own(shared, key)
        expect(shared[key]).toBe(value)
        change(value)
      }
      const isObject = (key: string) => typeof shared[key] === 'object' && shared[key] !== null
      expect(original.isIn(shared)).toBe(![...owned].some(isObject))
      expect(encodeData(original.share())).toBe(text)
    }),
  )
})

test('a value that a request was given is its own, one that it was not given cannot be changed by it', async () => {
  const site = await serveSite('securecookie', {
    '/set': () => {
      free.a = { list: [1] }
      free.b = { list: [2] }
      free.n = 1
      return ''
    },
    '/get': () => JSON.stringify(free),
    '/one': () => {
      const { a } = free
      expect(free.a).toBe(a)
      a.list.push('mine')
      expect(Object.keys(free)).toEqual(['a', 'b', 'n'])
      return JSON.stringify(free)
    },
    '/replace': () => {
      free.a = free.b
      free.a.list.push('mine')
      delete free.n
      expect(free.b).toBe(free.a)
      throw new Error('nothing is saved')
    },
    '/values': () => {
      for (const value of free.values() as Iterable<{ list?: unknown[] }>) value.list?.push('mine')
      for (const [, value] of free as Iterable<[string, { list?: unknown[] }]>) value.list?.push('too')
      throw new Error('nothing is saved')
    },
  })
  const visitor = site.visitor()
  await visitor.ask('/set')
  const cookies = new Map(visitor.cookies)
  const fresh = '{"a":{"list":[1]},"b":{"list":[2]},"n":1}'
  for (let time = 0; time < 3; time++) {
    expect((await visitor.ask('/get')).text).toBe(fresh)
    expect((await visitor.ask('/values')).status).toBe(500)
    expect((await visitor.ask('/replace')).status).toBe(500)
  }
  for (let time = 0; time < 3; time++) {
    visitor.cookies.clear()
    for (const [name, value] of cookies) visitor.cookies.set(name, value)
    expect((await visitor.ask('/one')).text).toBe('{"a":{"list":[1,"mine"]},"b":{"list":[2]},"n":1}')
    // It was saved.
    expect((await visitor.ask('/get')).text).toBe('{"a":{"list":[1,"mine"]},"b":{"list":[2]},"n":1}')
  }
})

test('data is the same only if it encodes to the same text, but for the order of keys', () => {
  const sorted = (text: string) => [...text].sort().join('')
  fc.assert(
    fc.property(dictionary, dictionary, (data, other) => {
      const original = sharedOf(data)
      if (original?.isIn(other)) expect(sorted(encodeData(other))).toBe(sorted(encodeData(data)))
    }),
  )
  const original = sharedOf({ n: 0, list: [1, 2], inner: { a: 1 }, __proto__: null })!
  for (const other of [
    { n: -0, list: [1, 2], inner: { a: 1 } },
    { n: 0, list: [1], inner: { a: 1 } },
    { n: 0, list: { 0: 1, 1: 2 }, inner: { a: 1 } },
    { n: 0, list: [1, 2], inner: { a: 1, b: undefined } },
    { n: 0, list: [1, 2], inner: { b: 1 } },
    {
      n: 0,
      list: [1, 2],
      inner: new (class A {
        a = 1
      })(),
    },
    { n: 0, list: [1, 2], inner: { a: 1, [Symbol('s')]: 1 } },
    { n: 0, list: [1, 2], inner: [1] },
    { n: 0, list: [1, 2], inner: null },
    { n: 0, list: [1, 2] },
  ]) {
    expect(original.isIn(other)).toBe(false)
  }
})

test('what a request puts on what update() handed out is looked at, though the cookie is remembered', async () => {
  const site = await serveSite('securecookie', {
    '/set': () => {
      free.a = 1
      return ''
    },
    '/get': () => String(free.a),
    '/symbol': async () => {
      let handed: Record<PropertyKey, unknown> = {}
      await sessionStore.update((data) => {
        handed = data as Record<PropertyKey, unknown>
      })
      handed[Symbol('s')] = 1
      void Object.keys(free)
      return ''
    },
  })
  const visitor = site.visitor()
  await visitor.ask('/set')
  for (let time = 0; time < 3; time++) {
    expect((await visitor.ask('/get')).text).toBe('1')
    expect((await visitor.ask('/symbol')).status).toBe(500)
  }
})

test('what one request did in vain, or only for itself, no other request sees', async () => {
  const site = await serveSite('securecookie', {
    '/set': () => {
      free.user = { tags: ['a'], by: JSON.parse('{"__proto__":{"deep":[1]}}') }
      return ''
    },
    '/fail': () => {
      free.user.tags.push('b')
      Object.values<{ deep: number[] }>(free.user.by)[0]!.deep.push(2)
      free.other = 1
      throw new Error('nothing is saved')
    },
    '/get': () => JSON.stringify(free),
    '/push': () => {
      free.user.tags.push('c')
      return JSON.stringify(free)
    },
  })
  const visitor = site.visitor()
  await visitor.ask('/set')
  const cookies = new Map(visitor.cookies)
  for (let time = 0; time < 4; time++) {
    const read = await visitor.ask('/get')
    expect(read.text).toBe('{"user":{"tags":["a"],"by":{"__proto__":{"deep":[1]}}}}')
    expect(setCookies(read)).toEqual([])
    expect((await visitor.ask('/fail')).status).toBe(500)
  }
  for (let time = 0; time < 2; time++) {
    // The same old cookie again, as from a second tab.
    visitor.cookies.clear()
    for (const [name, value] of cookies) visitor.cookies.set(name, value)
    expect((await visitor.ask('/push')).text).toContain('["a","c"]')
  }
})

test.each([
  'securecookie',
  'datastore',
] as const)('a value that is read after another key was set is the own one of the request, in a %s session', async (kind) => {
  const list = () => (free.a as { list: unknown[] }).list
  const site = await serveSite(kind, {
    '/set': () => {
      free.a = { list: [1] }
      free.n = 0
      return ''
    },
    '/change': () => {
      free.n = (free.n as number) + 1
      list().push('saved')
      return ''
    },
    '/fail': () => {
      free.n = 100
      list().push('lost')
      throw new Error('this request saves nothing')
    },
    '/get': () => JSON.stringify([free.n, list()]),
  })
  const visitor = site.visitor()
  await visitor.ask('/set')
  for (let time = 0; time < 3; time++) {
    expect((await visitor.ask('/fail')).status).toBe(500)
    expect((await visitor.ask('/get')).text).toBe('[0,[1]]')
  }
  await visitor.ask('/change')
  expect((await visitor.ask('/get')).text).toBe('[1,[1,"saved"]]')
})
