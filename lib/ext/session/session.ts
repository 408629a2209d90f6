// The dictionary that `session` is: methods, and by bracket through one Proxy handler that all sessions share. It knows
// nothing of cookies and stores; a slot behind it opens the data at first use and says when writing is too late.
import { inspect } from 'node:util'
import { TipfyError } from '../../internal/errors.ts'
import { encodeData } from './data/codec.ts'
import { clearVisible, storedKey, visible, visibleEntries } from './data/reserved.ts'
import type { SessionData, ValueOf } from './data/session-data.ts'
import { checkValue, put } from './data/values.ts'

/** What a dictionary needs of the session's life behind it. */
export interface Dictionary {
  /**
   * The data, decoded at first use, for a look that hands out nothing that can be changed. Marks the session as used;
   * throws if it could not be loaded.
   */
  look(): Record<string, unknown>
  /** The value of a stored key that is there, to be handed out: whoever has an object may change it. */
  give(key: string): unknown
  /** The data as `look` gives it, to be handed out. */
  read(): Record<string, unknown>
  /** The same, to be written; throws if it is too late for that. */
  write(): Record<string, unknown>
  /** Whether console.log may show what is inside. */
  readonly dev: boolean
}

const behind = Symbol('tipfy.session')
const bracketed = Symbol('tipfy.session.bracketed')

/** A user's session: a dictionary that outlives the request. Values are plain and keep their identity. */
export class Session {
  readonly [behind]: Dictionary;
  [bracketed]: Session | undefined = undefined

  constructor(dictionary: Dictionary) {
    this[behind] = dictionary
  }

  /** The value of `key`, or `fallback` where there is none. */
  get<Key extends string>(key: Key): ValueOf<Key> | undefined
  get<Key extends keyof SessionData>(key: Key, fallback: SessionData[Key]): SessionData[Key]
  get<Key extends string, Fallback>(key: Key, fallback: Fallback): ValueOf<Key> | Fallback
  get(key: string, fallback?: unknown): unknown {
    const value = lookUp(this[behind], key)
    return value === missing ? fallback : value
  }

  /** Sets `key`. Throws TIPFY_E_SESSION_VALUE, naming the path, for what no session can hold. */
  set<Key extends string>(key: Key, value: ValueOf<Key>): this {
    const data = this[behind].write()
    checkValue(value, key)
    put(data, storedKey(key), value)
    return this
  }

  /** Whether there is a value of `key`, be it undefined. */
  has(key: string): boolean {
    return Object.hasOwn(this[behind].look(), storedKey(key))
  }

  /** The value of `key`, which is set to `value` first where there is none. */
  setDefault<Key extends string, Value extends ValueOf<Key>>(
    key: Key,
    value: Value,
  ): Key extends keyof SessionData ? SessionData[Key] : unknown
  setDefault(key: string, value: unknown): unknown {
    if (!this.has(key)) this.set(key, value as never)
    return this.get(key)
  }

  /** Removes `key` and gives its value, or `fallback` where there is none. */
  pop<Key extends string>(key: Key): ValueOf<Key> | undefined
  pop<Key extends keyof SessionData>(key: Key, fallback: SessionData[Key]): SessionData[Key]
  pop<Key extends string, Fallback>(key: Key, fallback: Fallback): ValueOf<Key> | Fallback
  pop(key: string, fallback?: unknown): unknown {
    const value = this.get(key, fallback)
    this.delete(key)
    return value
  }

  /** Removes `key`; true if it was there. */
  delete(key: string): boolean {
    const data = this[behind].write()
    const stored = storedKey(key)
    return Object.hasOwn(data, stored) && delete data[stored]
  }

  /** Sets every key of `values`, or none if one of them cannot be kept. */
  assign(values: Partial<SessionData> & Record<string, unknown>): this {
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

  /** In development the data; in production only how much of it there is. */
  [inspect.custom](depth: number, options: object): string {
    const shown = describe(this[behind])
    return `Session ${typeof shown === 'string' ? shown : inspect(shown, { ...options, depth: depth < 0 ? 0 : null })}`
  }
}

const missing = Symbol('missing')

function lookUp(dictionary: Dictionary, key: string): unknown {
  const data = dictionary.look()
  const stored = storedKey(key)
  if (!Object.hasOwn(data, stored)) return missing
  const value = data[stored]
  return typeof value === 'object' && value !== null ? dictionary.give(stored) : value
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

/** Names that by bracket are never data: methods, what every object has, and what tools probe for. */
const isReserved = (key: string) => key in Session.prototype || key === 'then' || key === 'toJSON'
const methods = new Set(Object.getOwnPropertyNames(Session.prototype)) // asked first: most uses are of these

/** Sets what is set by bracket. */
function assign(session: Session, key: PropertyKey, value: unknown): boolean {
  if (typeof key === 'symbol') return false
  if (isReserved(key as string)) throw new TipfyError('TIPFY_E_SESSION_RESERVED', { key })
  session.set(key as string, value as never)
  return true
}

// One handler for all sessions; the target carries the state. Methods run with the proxy as `this` and reach the target's
// slot by a symbol, so any number of proxies may lie in between.
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

/** For the global, which takes the place of this Proxy. */
export const proxied = { handler, proxyOf: (session: Session): object => withBrackets(session) }

type MethodNames<Data> = Extract<keyof Data, keyof Session | 'then' | 'toJSON' | keyof Object>

/** The type of `session` for the keys of `Data`: unusable, with the reason in its name, if one of them is a method's. */
export type SessionOf<Data> = [MethodNames<Data>] extends [never]
  ? Session & Partial<Data>
  : { 'SessionData declares a key that is the name of a method of session': MethodNames<Data> }

/** A session as code sees it: with its values by bracket, too. */
export function withBrackets(session: Session): SessionOf<SessionData> {
  session[bracketed] ??= new Proxy(session, handler)
  return session[bracketed] as SessionOf<SessionData>
}
