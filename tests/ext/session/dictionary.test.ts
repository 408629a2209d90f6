import { inspect } from 'node:util'
import { describe, expect, test } from '@jest/globals'
import type { SessionData } from 'tipfy/ext/session'
import { type Dictionary, Session, type SessionOf, withBrackets } from '../../../lib/ext/session/session.ts'
import type { Free } from './site.ts'

declare module 'tipfy/ext/session' {
  interface SessionData {
    products: string[]
  }
}

const makeSession = (dictionary: Dictionary) => withBrackets(new Session(dictionary))

function open(data: Record<string, unknown> = {}, dev = true) {
  const reads = { count: 0 }
  const session = makeSession({
    dev,
    look: () => {
      reads.count++
      return data
    },
    handOut: (key) => data[key],
    read: () => data,
    write: () => data,
  }) as unknown as Free
  return { session, data, reads }
}

describe('by bracket', () => {
  test('keys are read, written, deleted, asked for, listed and spread', () => {
    const { session } = open({ a: 1 })
    session.b ??= []
    session.b.push('x')
    session.c = 3
    expect(session.a).toBe(1)
    expect(session.missing).toBeUndefined()
    expect('b' in session).toBe(true)
    expect('missing' in session).toBe(false)
    expect(delete session.c).toBe(true)
    expect(Object.keys(session)).toEqual(['a', 'b'])
    expect({ ...session }).toEqual({ a: 1, b: ['x'] })
    expect(Object.entries(session)).toEqual([
      ['a', 1],
      ['b', ['x']],
    ])
    expect(JSON.stringify(session)).toBe('{"a":1,"b":["x"]}')
    expect(Object.assign(session, { d: 4 })).toBe(session)
    expect(session.get('d')).toBe(4)
    Object.defineProperty(session, 'e', { value: 5 })
    expect(session.e).toBe(5)
  })

  test('values keep their identity', () => {
    const { session } = open()
    const value = { nested: { n: 1 } }
    session.a = value
    expect(session.a).toBe(value)
    expect(session.get('a')).toBe(value)
    const list: string[] = []
    expect(session.setDefault('list', list)).toBe(list)
  })

  test.each([
    'get',
    'set',
    'has',
    'size',
    'keys',
    'clear',
    'then',
    'toJSON',
    'toString',
    'constructor',
    'hasOwnProperty',
    '__proto__',
  ])('%s is never data: not read, and refused on write with a word on set()', (name) => {
    const { session, reads } = open(JSON.parse(`{"${name}":"data"}`))
    reads.count = 0
    expect(session[name]).not.toBe('data')
    if (name !== 'size') expect(reads.count).toBe(0)
    expect(() => {
      session[name] = 1
    }).toThrow(
      expect.objectContaining({ code: 'TIPFY_E_SESSION_RESERVED', message: expect.stringContaining(`set('${name}'`) }),
    )
    expect(session.get(name)).toBe('data')
    session.set(name, 2)
    expect(session.get(name)).toBe(2)
    expect(session.pop(name)).toBe(2)
    expect(session.has(name)).toBe(false)
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
  })

  test('a class instance or a function is refused at the assignment, by path', () => {
    const { session, data } = open()
    class Friend {}
    expect(() => {
      session.user = { friend: new Friend() }
    }).toThrow(
      expect.objectContaining({
        code: 'TIPFY_E_SESSION_VALUE',
        message: expect.stringContaining('`session.user.friend`'),
      }),
    )
    expect(() => session.set('odd key', () => 1)).toThrow('`session["odd key"]`')
    expect(() => session.assign({ fine: 1, bad: Symbol('s') })).toThrow('`session.bad`')
    expect(data).toEqual({})
  })

  test('nothing can be hung on it beside its data', () => {
    const { session } = open()
    expect(() => {
      Reflect.set(session, Symbol('s'), 1) || Object.assign(session, { [Symbol('s')]: 1 })
    }).toThrow(expect.objectContaining({ code: 'TIPFY_E_ARGUMENT' }))
    expect(() => Object.freeze(session)).toThrow(TypeError)
    expect(() => Object.setPrototypeOf(session, {})).toThrow(TypeError)
    expect(() => Object.defineProperty(session, 'a', { get: () => 1 })).toThrow(TypeError)
  })
})

describe('by methods', () => {
  test('as a dictionary has them', () => {
    const { session } = open({ a: 1, u: undefined })
    expect(session.get('a')).toBe(1)
    expect(session.get('b')).toBeUndefined()
    expect(session.get('b', 'fallback')).toBe('fallback')
    expect(session.get('u', 'fallback')).toBeUndefined()
    expect(session.has('u')).toBe(true)
    expect(session.set('b', 2)).toBe(session)
    expect(session.setDefault('b', 3)).toBe(2)
    expect(session.setDefault('c', 3)).toBe(3)
    expect(session.pop('c')).toBe(3)
    expect(session.pop('c')).toBeUndefined()
    expect(session.pop('c', 'none')).toBe('none')
    expect(session.delete('b')).toBe(true)
    expect(session.delete('b')).toBe(false)
    expect(session.assign({ x: 1, y: 2 })).toBe(session)
    expect([...session.keys()]).toEqual(['a', 'u', 'x', 'y'])
    expect([...session.values()]).toEqual([1, undefined, 1, 2])
    expect([...session.entries()]).toEqual([...session])
    expect(new Map(session).get('y')).toBe(2)
    expect(session.size).toBe(4)
    session.clear()
    expect(session.size).toBe(0)
  })

  test('what the framework keeps beside the data is not seen, and any name of yours is your own', () => {
    const { session, data } = open({ $flash: [1], $$mine: 2 })
    expect([...session]).toEqual([['$mine', 2]])
    expect(session.$flash).toBeUndefined()
    session.$flash = 'user'
    expect(session.$flash).toBe('user')
    expect('$flash' in session).toBe(true)
    session.clear()
    expect(data).toEqual({ $flash: [1] })
  })
})

describe('console.log(session)', () => {
  test('shows the data in development, in production only how much there is', () => {
    const data = { products: ['secret'], deep: { a: { b: { c: { d: 1 } } } } }
    expect(inspect(open(data).session)).toContain("products: [ 'secret' ]")
    expect(inspect(open(data).session)).toContain('d: 1')
    expect(inspect(open(data, false).session)).toBe(`Session { 2 keys, ${JSON.stringify(data).length} bytes }`)
  })

  test('never throws', () => {
    const session = makeSession({
      dev: true,
      write: () => ({}),
      read: () => ({}),
      handOut: () => undefined,
      look: () => {
        throw new Error('no store')
      },
    })
    expect(inspect(session)).toBe('Session { not available }')
  })
})

test('types: declared keys are checked, others are unknown through methods and an error by bracket', () => {
  const session = makeSession({
    dev: true,
    look: () => ({}),
    handOut: () => undefined,
    read: () => ({}),
    write: () => ({}),
  }) as SessionOf<SessionData>
  session.products = ['a']
  const products: string[] | undefined = session.get('products')
  const list: string[] = session.setDefault('products', [])
  const fallback: string[] | number = session.get('products', 5)
  const first: string | undefined = session.get('products', [])[0] ?? session.pop('products', [])[0]
  const unknown: unknown = session.get('undeclared')
  session.set('undeclared', 5)
  // @ts-expect-error a declared key takes its own type only
  session.set('products', 5)
  // @ts-expect-error a declared key takes its own type only
  expect(() => session.setDefault('products', 5)).not.toThrow()
  // @ts-expect-error the values of undeclared keys are unknown
  const text: string = session.get('undeclared')
  // @ts-expect-error undeclared keys are errors by bracket
  session.undeclared
  type Clash = SessionOf<{ get: string; fine: number }>
  // @ts-expect-error a key that is a method's name makes the session unusable, and says so
  const clash = (one: Clash) => one.fine
  const named: 'get' = {} as Clash['SessionData declares a key that is the name of a method of session']
  expect([products, list, fallback, first, unknown, text, clash, named].length).toBe(8)
})
