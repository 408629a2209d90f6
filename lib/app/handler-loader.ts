// From a rule to its handler class, which is imported at first use and kept.
import { TipfyError } from '../internal/errors.ts'
import { describeGiven, isClass } from '../internal/has-text.ts'
import { importString, parseImportString } from '../internal/import-string.ts'
import { mustBeTheOnlyCopy } from '../internal/single-copy.ts'
import type { Rule } from '../routing/index.ts'
import { applications } from './context.ts'
import { type HandlerClass, type Middleware, methodsOf, RequestHandler, verbs, withMethod } from './handler.ts'
import { withInput } from './input.ts'
import type { App, Handlers } from './types.ts'

function isHandlerClass(value: unknown): value is HandlerClass {
  return typeof value === 'function' && value.prototype instanceof RequestHandler
}

/** Throws for middleware that would never run, and let every request through. */
function checkMiddleware(handler: HandlerClass): void {
  const list: unknown = handler.middleware
  if (!Array.isArray(list)) {
    throw new TipfyError('TIPFY_E_MIDDLEWARE_PLACE', { handler: handler.name, given: describeGiven(list) })
  }
  const methods = ['beforeDispatch', 'afterDispatch', 'handleException'] as const
  const wrong = handler.middleware.findIndex(
    (one?: Middleware) => !methods.some((name) => typeof one?.[name] === 'function'),
  )
  if (wrong !== -1) throw new TipfyError('TIPFY_E_MIDDLEWARE', { handler: handler.name, number: wrong + 1 })
}

/** Throws for a method like `GET`, as other frameworks call it: no request would. */
function checkMethodNames(handler: HandlerClass): void {
  const methods = handler.prototype as unknown as Record<string, unknown>
  for (let at: object = methods; at !== RequestHandler.prototype; at = Object.getPrototypeOf(at)) {
    for (const given of Object.getOwnPropertyNames(at)) {
      const verb = verbs.find((name) => name === given.toLowerCase())
      // `Child.prototype.post = undefined` removes a method of the class above.
      if (verb === undefined || verb === given || typeof methods[verb] === 'function') continue
      throw new TipfyError('TIPFY_E_METHOD_NAME', { handler: handler.name, given, verb })
    }
  }
}

/** Throws for a method that is static, or a field of a class without methods: every request would be a 405. */
function checkMethodPlaces(handler: HandlerClass): void {
  const { prototype } = handler as { prototype: object }
  const fail = (verb: string, given: string) =>
    new TipfyError('TIPFY_E_METHOD_PLACE', { handler: handler.name, verb, given })
  const fixed = verbs.find((verb) => !(verb in prototype) && typeof Reflect.get(handler, verb) === 'function')
  if (fixed !== undefined) throw fail(fixed, 'a static method')
  if (methodsOf(handler).length > 1 || 'options' in prototype) return
  const fields = fieldsOf(handler)
  const field = verbs.find((verb) => fields.has(verb))
  if (field !== undefined) throw fail(field, 'a field')
}

/** Returns the names of the fields of a class's instances; none where it needs a request. */
function fieldsOf(handler: HandlerClass): ReadonlySet<string> {
  try {
    return new Set(Object.keys(new handler()))
  } catch {
    return new Set()
  }
}

/** Returns the methods that a rule takes: those of its class; those of the rule if the class cannot be imported, null for any. */
export async function methodsFor(handlers: Handlers, rule: Rule): Promise<string[] | null> {
  const declared = rule.methods === null ? null : [...rule.methods]
  if (!rule.hasHandler) return declared
  try {
    const methods = methodsOf(await handlers.load(rule))
    return methods.filter((method) => declared === null || declared.includes(method) || method === 'OPTIONS')
  } catch {
    return declared
  }
}

/** Returns true for the error that the same module gave before. */
function isSame(one: unknown, other: unknown): boolean {
  return one === other || (one instanceof TipfyError && other instanceof TipfyError && one.message === other.message)
}

/** Finds the handler classes of one application. */
export class HandlerLoader implements Handlers {
  readonly #app: Pick<App, 'root' | 'folders'>
  readonly #loaded = new Map<Rule, HandlerClass>()

  constructor(app: Pick<App, 'root' | 'folders'>) {
    this.#app = app
  }

  /**
   * Returns the handler class of `rule`, or a promise of it if it was not loaded before.
   *
   * @throws {TipfyError} TIPFY_E_MODULE_NOT_FOUND, TIPFY_E_EXPORT_NOT_FOUND or TIPFY_E_NOT_A_HANDLER, naming the rule;
   * TIPFY_E_MIDDLEWARE or TIPFY_E_INPUT…, naming the class
   */
  load(rule: Rule): HandlerClass | Promise<HandlerClass> {
    return this.#loaded.get(rule) ?? applications.start(this.#app, () => this.#import(rule))
  }

  /** Imports the handlers of all rules; returns the errors of those that cannot be imported, the error of a module once. */
  async loadAll(rules: Iterable<Rule>): Promise<{ rule: Rule; error: unknown }[]> {
    const failures: { rule: Rule; error: unknown }[] = []
    for (const rule of rules) {
      if (!rule.hasHandler) continue
      try {
        await this.load(rule)
      } catch (error) {
        if (!failures.some((known) => isSame(known.error, error))) failures.push({ rule, error })
      }
    }
    return failures
  }

  async #import(rule: Rule): Promise<HandlerClass> {
    const handler: unknown = rule.handler ?? rule.endpoint
    const found = isClass(handler)
      ? handler
      : typeof handler === 'function'
        ? await handler()
        : await this.#importNamed(String(handler), `rule "${rule.path}"`)
    if (!isHandlerClass(found)) {
      mustBeTheOnlyCopy()
      const given = found === null ? 'null' : isClass(found) ? 'another class' : typeof found
      const named = isClass(handler) ? `class ${handler.name}` : String(handler)
      throw new TipfyError('TIPFY_E_NOT_A_HANDLER', { handler: named, rule: rule.path, given })
    }
    checkMiddleware(found)
    checkMethodNames(found)
    checkMethodPlaces(found)
    const ready = withInput(found)
    this.#loaded.set(rule, ready)
    return ready
  }

  /** Imports 'module:Class', 'module:Class.method' or 'module:function'. */
  async #importNamed(text: string, wantedBy: string): Promise<unknown> {
    const { module, name } = parseImportString(text, wantedBy)
    const [exported = '', method] = name.split(/\.(.*)/s)
    const found = await importString({ module, name: exported }, { ...this.#app, wantedBy })
    if (method !== undefined) {
      // Not what every class has: `constructor`, `toString`.
      const isOwn = isHandlerClass(found) && !(method in RequestHandler.prototype)
      const member: unknown = isOwn && found.prototype[method as keyof RequestHandler]
      return typeof member === 'function' ? withMethod(found as HandlerClass, member as () => unknown) : undefined
    }
    if (typeof found !== 'function' || isClass(found)) return found
    return withMethod(RequestHandler, found as (args: unknown) => unknown)
  }
}
