// The dictionary `session`: methods, and values by bracket through one Proxy handler that all sessions share. It knows nothing of
// cookies and records; the backend behind it opens the data at first use, and throws when it is too late to write.
import { inspect } from 'node:util'
import { notText, wrongArgument } from '../../internal/arguments.ts'
import { TipfyError } from '../../internal/errors.ts'
import { isDictionary } from '../../internal/settings.ts'
import { encodeData } from './data/codec.ts'
import { clearVisible, storedKey, visible, visibleEntries } from './data/reserved.ts'
import type { SessionData, ValueOf } from './data/session-data.ts'
import { checkValue, put } from './data/values.ts'

/** The session behind a dictionary. */
export interface Dictionary {
  /** Returns the data to look at, decoded at first use; marks the session as used. Throws if it could not be loaded. */
  look(): Record<string, unknown>
  /** Returns the value of a stored key that is there, to be handed out: an object may be changed by those who get it. */
  handOut(key: string): unknown
  /** Returns the data to hand out. */
  read(): Record<string, unknown>
  /** Returns the data to write. Throws if it is too late. */
  write(): Record<string, unknown>
  /** True if console.log may show the data. */
  readonly dev: boolean
}

const behind = Symbol('tipfy.session')
const bracketed = Symbol('tipfy.session.bracketed')

/** A dictionary that outlives the request. Values are plain and keep their identity. */
export class Session {
  readonly [behind]: Dictionary;
  [bracketed]: Session | undefined = undefined

  constructor(dictionary: Dictionary) {
    this[behind] = dictionary
  }

  /** Returns the value of `key`, or `fallback` if there is none. */
  get<Key extends string>(key: Key): ValueOf<Key> | undefined
  get<Key extends keyof SessionData>(key: Key, fallback: SessionData[Key]): SessionData[Key]
  get<Key extends string, Fallback>(key: Key, fallback: Fallback): ValueOf<Key> | Fallback
  get(key: string, fallback?: unknown): unknown {
    const value = lookUp(this[behind], key)
    return value === missing ? fallback : value
  }

  /** Sets `key`. Throws TIPFY_E_SESSION_VALUE, naming the path, for a value that no session can hold. */
  set<Key extends string>(key: Key, value: ValueOf<Key>): this {
    const stored = storedKey(key)
    const data = this[behind].write()
    checkValue(value, key)
    put(data, stored, value)
    return this
  }

  /** Returns true if `key` has a value, even undefined. */
  has(key: string): boolean {
    return Object.hasOwn(this[behind].look(), storedKey(key))
  }

  /** Returns the value of `key`, after setting it to `value` if there is none. */
  setDefault<Key extends string, Value extends ValueOf<Key>>(
    key: Key,
    value: Value,
  ): Key extends keyof SessionData ? SessionData[Key] : unknown
  setDefault(key: string, value: unknown): unknown {
    if (!this.has(key)) this.set(key, value as never)
    return this.get(key)
  }

  /** Removes `key` and returns its value, or `fallback` if there is none. */
  pop<Key extends string>(key: Key): ValueOf<Key> | undefined
  pop<Key extends keyof SessionData>(key: Key, fallback: SessionData[Key]): SessionData[Key]
  pop<Key extends string, Fallback>(key: Key, fallback: Fallback): ValueOf<Key> | Fallback
  pop(key: string, fallback?: unknown): unknown {
    const value = this.get(key, fallback)
    this.delete(key)
    return value
  }

  /** Removes `key`; returns true if it was there. */
  delete(key: string): boolean {
    const stored = storedKey(key)
    const data = this[behind].write()
    return Object.hasOwn(data, stored) && delete data[stored]
  }

  /** Sets every key of `values`, or none if one of them cannot be kept. */
  assign(values: Partial<SessionData> & Record<string, unknown>): this {
    if (!isDictionary(values) || values instanceof Map || values instanceof Set) throw notValues(values)
    const data = this[behind].write()
    checkValue(values)
    for (const [key, value] of Object.entries(values)) put(data, storedKey(key), value)
    return this
  }

  /** Removes every key. The session itself stays; to end it: `sessionStore.destroy()`. */
  clear(): void {
    clearVisible(this[behind].write())
  }

  keys(): IterableIterator<string> {
    return visibleEntries(this[behind].look())
      .map(([key]) => key)
      .values()
  }

  values(): IterableIterator<unknown> {
    return visibleEntries(this[behind].read())
      .map(([, value]) => value)
      .values()
  }

  entries(): IterableIterator<[string, unknown]> {
    return visibleEntries(this[behind].read()).values()
  }

  [Symbol.iterator](): IterableIterator<[string, unknown]> {
    return this.entries()
  }

  get size(): number {
    return visibleEntries(this[behind].look()).length
  }

  /** Shows the data in development, and only its size in production. */
  [inspect.custom](depth: number, options: object): string {
    const shown = describe(this[behind])
    return `Session ${typeof shown === 'string' ? shown : inspect(shown, { ...options, depth: depth < 0 ? 0 : null })}`
  }
}

function notValues(given: unknown): TipfyError {
  const remedy = 'Write { name: value }; Object.fromEntries() makes it of a Map.'
  return wrongArgument('The argument of session.assign()', 'an object of keys and values', given, remedy)
}

const missing = Symbol('missing')

function lookUp(dictionary: Dictionary, key: string): unknown {
  const data = dictionary.look()
  const stored = storedKey(key)
  if (!Object.hasOwn(data, stored)) return missing
  const value = data[stored]
  return typeof value === 'object' && value !== null ? dictionary.handOut(stored) : value
}

function describe(dictionary: Dictionary): string | Record<string, unknown> {
  try {
    const data = dictionary.look()
    if (dictionary.dev) return visible(data)
    return `{ ${visibleEntries(data).length} keys, ${encodeData(data).length} bytes }`
  } catch {
    return '{ not available }'
  }
}

/** Names that are never data by bracket: methods, those of every object, and those that tools probe for. */
const isReserved = (key: string) => key in Session.prototype || key === 'then' || key === 'toJSON'
const methods = new Set(Object.getOwnPropertyNames(Session.prototype)) // checked first: most uses are of these

/** Sets a value by bracket. */
function assign(session: Session, key: PropertyKey, value: unknown): boolean {
  if (typeof key === 'symbol') throw notText('A key of a session', key)
  if (isReserved(key as string)) throw new TipfyError('TIPFY_E_SESSION_RESERVED', { key })
  // Other frameworks want this for a change; here it would be stored, and mean nothing.
  if (key === 'modified') throw new TipfyError('TIPFY_E_SESSION_MODIFIED')
  session.set(key as string, value as never)
  return true
}

// One handler for all sessions; the target has the state. Methods run with the proxy as `this` and reach what is behind the
// target by a symbol, through any number of proxies.
const handler = {
  get(target, key) {
    if (typeof key === 'symbol' || methods.has(key) || isReserved(key)) {
      return (target as unknown as Record<PropertyKey, unknown>)[key]
    }
    const value = lookUp(target[behind], key)
    return value === missing ? undefined : value
  },
  set: assign,
  has(target, key) {
    return typeof key === 'symbol' || isReserved(key) ? Reflect.has(target, key) : target.has(key)
  },
  deleteProperty(target, key) {
    if (typeof key === 'symbol') return false
    if (isReserved(key)) throw new TipfyError('TIPFY_E_SESSION_RESERVED', { key })
    target.delete(key)
    return true
  },
  ownKeys(target) {
    return [...target.keys()].filter((key) => !isReserved(key))
  },
  getOwnPropertyDescriptor(target, key) {
    if (typeof key === 'symbol' || isReserved(key) || !target.has(key)) return undefined
    return { value: target.get(key), writable: true, enumerable: true, configurable: true }
  },
  defineProperty(target, key, descriptor) {
    if (typeof key === 'symbol' || !('value' in descriptor)) return false
    return assign(target, key, descriptor.value)
  },
  preventExtensions: () => false,
  setPrototypeOf: () => false,
} satisfies ProxyHandler<Session>

/** The handler, for the global, which replaces this Proxy. */
export const proxied = { handler, proxyOf: (session: Session): object => withBrackets(session) }

type MethodNames<Data> = Extract<keyof Data, keyof Session | 'then' | 'toJSON' | keyof Object>

/** The type of `session` for the keys of `Data`; if one of them is the name of a method, a type that says so. */
export type SessionOf<Data> = [MethodNames<Data>] extends [never]
  ? Session & Partial<Data>
  : { 'SessionData declares a key that is the name of a method of session': MethodNames<Data> }

/** Returns a session with its values by bracket. */
export function withBrackets(session: Session): SessionOf<SessionData> {
  session[bracketed] ??= new Proxy(session, handler)
  return session[bracketed] as SessionOf<SessionData>
}
