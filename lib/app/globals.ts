// The importable globals: each is a Proxy that finds the object of the current request at every use.
import { executionAsyncResource } from 'node:async_hooks'
import { inspect } from 'node:util'
import type { Request } from '../http/request/request.ts'
import type { Response } from '../http/response/response.ts'
import { checkFunction } from '../internal/arguments.ts'
import { TipfyError } from '../internal/errors.ts'
import { mustBeTheOnlyCopy } from '../internal/single-copy.ts'
import { applications, type Context, contextStorage } from './context.ts'
import { checkForeignName } from './foreign-names.ts'
import type { App } from './types.ts'

/** Thrown when a global is used outside a request. */
export class OutsideRequestError extends TipfyError<'TIPFY_E_OUTSIDE_REQUEST'> {
  override name = 'OutsideRequestError'
}

/** Thrown when a global is used by work that outlived its request. */
export class RequestFinishedError extends TipfyError<'TIPFY_E_REQUEST_FINISHED'> {
  override name = 'RequestFinishedError'
}

// From a global to the function that finds its real object.
const finders = new WeakMap<object, () => object>()

// Properties that await, console.log, JSON.stringify and expect() read of any value: they never throw.
const probes = new Set(['then', 'toJSON', 'asymmetricMatch', '$$typeof', 'nodeType', 'nodeName', 'tagName', 'inspect'])

function isProbe(key: PropertyKey): boolean {
  return (
    typeof key === 'symbol' || probes.has(key as string) || (key as string).startsWith('@@') || key in Object.prototype
  )
}

/** The sources of callbacks that run in the request of another, or in none, by the classes of Node's resources. */
const sources: readonly (readonly [RegExp, string])[] = [
  [/^(?:TCP|TLS|UDP|HTTPClient|Pipe|JSStream)/, 'a network connection or a pipe'],
  [/^(?:Worker|MessagePort)/, 'a worker'],
  [/^(?:Process|FSEvent|StatWatcher|Signal)/, 'another process or a file watcher'],
]

/** Says if the running code is a callback of something that requests share. Costs nothing until an error is made. */
function describeSource(): string {
  const resource = executionAsyncResource() as object | undefined
  const kind = resource?.constructor?.name ?? ''
  const found = sources.find(([pattern]) => pattern.test(kind))
  return found === undefined ? '' : `, in a callback of ${found[1]}, which runs as what opened it`
}

function unusable(name: string, context: Context | undefined): TipfyError {
  if (context === undefined) mustBeTheOnlyCopy()
  if (context === undefined && name === 'app') {
    const { count } = applications
    const known = count === 0 ? 'has none' : `has ${count}, of which no request chooses one`
    return new TipfyError('TIPFY_E_NO_APP', { known })
  }
  const where = describeSource()
  if (context?.isOver !== true) return new OutsideRequestError('TIPFY_E_OUTSIDE_REQUEST', { name, where })
  context.end(Date.now())
  const { method, target, at } = context.ended!
  const request = `request ${context.id} (${method} ${target.split('?', 1)[0]})`
  const age = `${Math.round((Date.now() - at) / 1000)} s`
  return new RequestFinishedError('TIPFY_E_REQUEST_FINISHED', { name, request, age, where })
}

type Setter = (this: unknown, value: unknown) => void

function settersOf(real: object): Map<PropertyKey, Setter> {
  const members = Object.entries(Object.getOwnPropertyDescriptors(Object.getPrototypeOf(real)))
  return new Map(members.flatMap(([name, { set }]) => (set === undefined ? [] : [[name, set]])))
}

/** Describes objects that have a Proxy of their own. */
export interface Proxied<T> {
  readonly handler: Required<Omit<ProxyHandler<T & object>, 'apply' | 'construct' | 'getPrototypeOf' | 'isExtensible'>>
  /** Returns the Proxy of an object. */
  readonly proxyOf: (real: T) => object
}

/**
 * Makes a global: an object that acts as `resolve(context)` of the current request. All objects that it resolves to are of one
 * class.
 *
 * @param name its name in error messages
 * @param resolve returns the real object of a request
 * @param otherwise returns the real object outside requests, if there is one
 * @param proxied for real objects that have a Proxy of their own, which this one replaces
 */
export function makeGlobal<T extends object>(
  name: string,
  resolve: (context: Context) => T,
  otherwise?: () => T | undefined,
  proxied?: Proxied<T>,
): T {
  const handler = proxied?.handler
  const reach = handler ?? Reflect
  function peek(): T | undefined {
    const context = contextStorage.getStore()
    if (context !== undefined && !context.isOver) return resolve(context)
    return otherwise?.()
  }
  function find(): T {
    const real = peek()
    if (real === undefined) throw unusable(name, contextStorage.getStore())
    return real
  }
  // Methods run on the real object, since a Proxy has no private fields. Each method gets one forwarder, once: a call binds and
  // allocates nothing.
  const forwarders = new WeakMap<Function, Function>()
  function forward(method: Function): Function {
    const known = forwarders.get(method)
    if (known !== undefined) return known
    // Methods of Object.prototype read properties, which are those of the Proxy.
    const isForProxy = proxied !== undefined && Reflect.get(Object.prototype, method.name) === method
    function forwarder(this: unknown, ...args: unknown[]): unknown {
      if (this !== proxy && this !== undefined) return Reflect.apply(method, this, args)
      const real = find()
      if (proxied === undefined) return Reflect.apply(method, real, args)
      if (isForProxy) return Reflect.apply(method, proxied.proxyOf(real), args)
      const result: unknown = Reflect.apply(method, real, args)
      return result === real ? proxied.proxyOf(real) : result
    }
    forwarders.set(method, forwarder)
    return forwarder
  }
  // V8 takes five times as long to find a setter by name as to call it.
  let setters: Map<PropertyKey, Setter> | undefined
  const target = Object.defineProperty({}, inspect.custom, {
    configurable: true,
    value: (_depth: number, options: object) => {
      const real = peek()
      return real === undefined ? `[${name}: no request]` : inspect(real, options)
    },
  })
  function shown(real: T, key: string | symbol): unknown {
    const value = handler === undefined ? (real as Record<PropertyKey, unknown>)[key] : handler.get(real, key, proxy)
    if (value === undefined) checkForeignName(name, key)
    return typeof value === 'function' && key !== 'constructor' ? forward(value) : value
  }
  function getOutside(key: string | symbol): unknown {
    const real = isProbe(key) ? peek() : find()
    return real === undefined ? Reflect.get(target, key) : shown(real, key)
  }
  const proxy = new Proxy(target, {
    get(_, key) {
      const context = contextStorage.getStore()
      return context === undefined || context.isOver ? getOutside(key) : shown(resolve(context), key)
    },
    set(_, key, value) {
      const real = find()
      if (handler !== undefined) return handler.set(real, key, value, proxy)
      setters ??= settersOf(real)
      const setter = setters.get(key)
      // Not Reflect.set, which takes three times as long; a property without a setter throws by itself.
      if (setter === undefined) (real as Record<PropertyKey, unknown>)[key] = value
      else setter.call(real, value)
      return true
    },
    has(_, key) {
      const real = isProbe(key) ? peek() : find()
      return real === undefined ? Reflect.has(target, key) : reach.has(real, key)
    },
    deleteProperty: (_, key) => reach.deleteProperty(find(), key),
    defineProperty(_, key, descriptor) {
      const real = find()
      setters ??= settersOf(real)
      setters.delete(key) // hidden by the own property
      return reach.defineProperty(real, key, { ...descriptor, configurable: true })
    },
    ownKeys() {
      const real = peek()
      return real === undefined ? [] : (reach.ownKeys(real) as string[])
    },
    getPrototypeOf: () => Reflect.getPrototypeOf(peek() ?? target),
    // The target is that of all requests: frozen by one, it would be of no use to any other.
    preventExtensions: () => false,
    setPrototypeOf: () => false,
    getOwnPropertyDescriptor(_, key) {
      const real = peek()
      const descriptor = real && reach.getOwnPropertyDescriptor(real, key)
      // The target has none of these properties; a Proxy must report those as configurable.
      return descriptor && { ...descriptor, configurable: true }
    },
  }) as T
  finders.set(proxy, proxied === undefined ? find : () => proxied.proxyOf(find()))
  return proxy
}

/** Returns true inside a request, where the globals may be used. */
export function hasRequest(): boolean {
  const context = contextStorage.getStore()
  return context !== undefined && !context.isOver
}

/**
 * Returns the real object behind a global, where identity counts: a WeakMap key, `===`, a library that clones.
 *
 * @throws {OutsideRequestError} outside a request
 */
export function current<T extends object>(global: T): T {
  return (finders.get(global)?.() ?? global) as T
}

/** Binds `fn` to the current request, for listeners on emitters that requests share. */
export function bindContext<This, Args extends unknown[], Result>(
  fn: (this: This, ...args: Args) => Result,
): (this: This, ...args: Args) => Result {
  checkFunction('The argument of bindContext()', fn)
  const context = contextStorage.getStore() as Context
  return function (this: This, ...args: Args): Result {
    return contextStorage.run(context, () => fn.apply(this, args))
  }
}

/** Runs `fn` outside any request: for work and connections that outlive the request that starts them. */
export function runOutside<Result>(fn: () => Result): Result {
  checkFunction('The argument of runOutside()', fn)
  return contextStorage.run(undefined as never, fn)
}

/** The current request. */
export const request = makeGlobal<Request>('request', (context) => context.request as Request)

/** The response to the current request. */
export const response = makeGlobal<Response>('response', (context) => context.response as Response)

/** The application; also in its init hooks, and anywhere in a process with exactly one application. */
export const app = makeGlobal<App>(
  'app',
  (context) => context.app as App,
  () => applications.current() as App | undefined,
)
