// The base class of handlers: one method per verb, and what surrounds them.
import { MethodNotAllowed } from '../http/exceptions.ts'
import type { InvalidInput } from '../http/invalid-input.ts'
import type { InputSchemas } from '../http/request/valid.ts'
import type { Response } from '../http/response/response.ts'

/** The verbs, as names of a handler's methods. */
export const verbs = ['get', 'head', 'post', 'put', 'patch', 'delete', 'options', 'trace', 'query'] as const

/** The name of a handler's method. */
export type Verb = (typeof verbs)[number]

/** Code around the methods of handler classes: entries of `static middleware`. Each method may be async. */
export interface Middleware {
  /** Runs before the handler's method; a value that it returns is taken as the handler's, and the method does not run. */
  beforeDispatch?(handler: RequestHandler): unknown
  /** Runs after it, in reverse order; a value that it returns replaces the response. */
  afterDispatch?(handler: RequestHandler, response: Response): unknown
  /** Runs in reverse order for an error of the method; a value that it returns is taken as the handler's. */
  handleException?(handler: RequestHandler, error: unknown): unknown
}

/**
 * Handles the requests of one or more rules. Each request gets a new instance.
 *
 * @example
 * export class Hello extends RequestHandler {
 *   get({ name }: { name: string }) {
 *     return html`Hello, ${name}!`
 *   }
 * }
 */
export class RequestHandler {
  /** Runs around the methods of this class and its subclasses. */
  static readonly middleware: readonly Middleware[] = []

  /** Runs for an error of this class's methods, after those of middleware; a value that it returns is taken as the method's. */
  handleException?(error: unknown): unknown

  /**
   * Makes the response to input that does not fit `static input`, with the status 422, for clients that prefer a page: the form
   * again, with `input.old` and `input.messages`. Without it, and for clients that prefer JSON, the error is thrown.
   *
   * @param input the errors, and the form as it was sent
   */
  invalid?(args: Readonly<Record<string, unknown>>, input: InvalidInput): unknown

  /**
   * Calls the method of the request's verb with the rule's variables. Override it for code that all verbs share; a class that has
   * no methods but this one gets every method that its rule allows.
   *
   * @param method the name of one of this class's methods: `get` for a GET
   * @throws {MethodNotAllowed} if the class does not have it
   */
  dispatch(method: Verb, args: Readonly<Record<string, unknown>>): unknown {
    const methods = this as unknown as Record<Verb, ((args: unknown) => unknown) | undefined>
    if (typeof methods[method] !== 'function') throw new MethodNotAllowed(methodsOf(this.constructor as HandlerClass))
    return methods[method](args)
  }
}

/**
 * The `static input` of a handler class: schemas by method and part, `{ post: { form: schema } }`. What fits them is the second
 * parameter of the method.
 */
export type HandlerInput = { readonly [Method in Verb]?: InputSchemas }

/** A class of handlers. */
export type HandlerClass = (new () => RequestHandler) & {
  readonly middleware: readonly Middleware[]
  /** The input of its methods; see {@link Input}. */
  readonly input?: HandlerInput
}

const names = new Map<string, Verb>(verbs.map((verb) => [verb.toUpperCase(), verb]))

/** The HTTP methods that a handler may have, in capitals. */
export const httpMethods: readonly string[] = [...names.keys()]

/** Returns the methods of a handler class in capitals: also HEAD if it has a `get`, and OPTIONS always. */
export function methodsOf(handler: HandlerClass): string[] {
  const methods = httpMethods.filter((name) => verbFor(handler, name) !== undefined)
  return methods.includes('OPTIONS') ? methods : [...methods, 'OPTIONS']
}

/** Returns the verb of `handler` for an HTTP method, or undefined; `get` handles HEAD if there is no `head`. */
export function verbFor(handler: HandlerClass, method: string): Verb | undefined {
  const prototype = handler.prototype as Record<string, unknown>
  const verb = names.get(method)
  if (verb !== undefined && typeof prototype[verb] === 'function') return verb
  if (verb === 'head' && typeof prototype.get === 'function') return 'get'
  return onlyDispatches(handler) ? verb : undefined
}

/** Returns the media types that a class's `query` takes by its `static input`, for Accept-Query (RFC 10008, 3). */
export function queryTypesOf({ input }: HandlerClass): string[] {
  const { json, form, files } = input?.query ?? {}
  return [
    ...(json === undefined ? [] : ['application/json']),
    ...(form === undefined ? [] : ['application/x-www-form-urlencoded']),
    ...(form === undefined && files === undefined ? [] : ['multipart/form-data']),
  ]
}

function onlyDispatches({ prototype }: HandlerClass): boolean {
  const hasVerb = verbs.some((verb) => typeof prototype[verb as keyof RequestHandler] === 'function')
  return !hasVerb && prototype.dispatch !== RequestHandler.prototype.dispatch
}

/** Makes a subclass that handles every verb by `method`: of a rule with the handler 'module:Class.method', or a function. */
export function withMethod(base: HandlerClass, method: (this: RequestHandler, args: unknown) => unknown): HandlerClass {
  const handler = subclass(base, base === RequestHandler ? method.name : base.name)
  for (const verb of verbs) Object.defineProperty(handler.prototype, verb, { value: method, writable: true })
  return handler
}

/** Makes a subclass with a name. */
export function subclass(base: HandlerClass, name: string): HandlerClass {
  return Object.defineProperty(class extends base {}, 'name', { value: name })
}
