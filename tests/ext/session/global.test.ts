// The global `session` takes the place of the Proxy that a session has of its own: it must do all that this one does.
import { inspect } from 'node:util'
import { expect, test } from '@jest/globals'
import { current } from 'tipfy'
import { session, sessionStore } from 'tipfy/ext/session'
import { type Free, free, serveSite } from './site.ts'

const outcome = (work: () => unknown): unknown => {
  try {
    return work()
  } catch (error) {
    return (error as { code?: string }).code ?? (error as Error).name
  }
}

const call = (s: Free, method: string, ...args: unknown[]) => s[method](...args)

/** The operations on a session by name, bracket and reflection. */
const uses: Record<string, (s: Free) => unknown> = {
  bracket: (s) => [s.a, s.missing, Reflect.set(s, 'b', 2), s.b],
  in: (s) => ['a' in s, 'missing' in s, 'get' in s, 'toString' in s],
  delete: (s) => [delete s.b, 'b' in s, outcome(() => Reflect.deleteProperty(s, 'get'))],
  keys: (s) => [Object.keys(s), { ...s }, Object.entries(s), [...s], [...s.keys()]],
  json: (s) => JSON.stringify(s),
  own: (s) =>
    ['a', 'b', 'get'].map((key) => [
      Object.hasOwn(s, key),
      call(s, 'hasOwnProperty', key),
      call(s, 'propertyIsEnumerable', key),
    ]),
  walk: (s) => {
    const found = []
    for (const key in s) if (call(s, 'hasOwnProperty', key)) found.push(key)
    return found
  },
  getter: (s) => [outcome(() => call(s, '__defineGetter__', 'x', () => 1)), 'x' in s],
  describe: (s) => [Object.getOwnPropertyDescriptor(s, 'a'), Object.getOwnPropertyDescriptor(s, 'get')],
  define: (s) => [outcome(() => Reflect.defineProperty(s, 'd', { value: 4 })), s.d],
  reserved: (s) => [
    outcome(() => Reflect.set(s, 'get', 1)),
    outcome(() => Object.assign(s, { toString: 1 })),
    typeof s.get,
  ],
  chain: (s) => [s.set('c', 1).set('c', 2).c, s.assign({ e: 1 }).e, s.set('c', 3) === current(session)],
  frozen: (s) => [
    ...[Object.freeze, Object.seal, Object.preventExtensions].map((freeze) => outcome(() => freeze(s))),
    outcome(() => Object.setPrototypeOf(s, {})),
    Object.isExtensible(s),
    Object.keys(s),
  ],
  borrowed: (s) => {
    const { set, get } = s
    return [set.call(s, 'f', 1), get.call(s, 'f', 0), s.f]
  },
  kind: (s) => [s instanceof Object, s.constructor.name, `${s}`, s.valueOf() === current(session), inspect(s)],
  then: async (s) => [(await (s as unknown)) === s, s.then],
  size: (s) => [s.size, s.pop('a'), s.size, s.clear(), s.size],
}

test('as the session that getSession() gives', async () => {
  const compared: string[] = []
  const site = await serveSite('securecookie', {
    '/': async () => {
      for (const [name, use] of Object.entries(uses)) {
        const answers = []
        for (const one of [free, (await sessionStore.getSession()) as unknown as Free]) {
          free.clear()
          free.a = 1
          answers.push(inspect(await use(one), { depth: 9 }))
        }
        compared.push(name)
        expect([name, answers[0]]).toEqual([name, answers[1]])
      }
      expect(current(session)).toBe(await sessionStore.getSession())
      const { set, assign } = session as unknown as Free
      expect([set('g', 1).g, assign({ h: 2 }).h, session.get('g')]).toEqual([1, 2, 1])
      return 'the same'
    },
  })
  const { text } = await site.visitor().ask('/')
  expect([compared, site.lines.map(({ fields }) => String(fields.err))]).toEqual([Object.keys(uses), []])
  expect(text).toBe('the same')
})
