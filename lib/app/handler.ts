// The base class of handlers: one method per verb.

/** The verbs, as names of a handler's methods. */
export const verbs = ['get', 'head', 'post', 'put', 'patch', 'delete', 'options', 'trace'] as const

/** The name of a handler's method. */
export type Verb = (typeof verbs)[number]

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
  /**
   * Calls the method of the request's verb with the rule's variables. Override it for code that all verbs share.
   *
   * @param method the name of one of this class's methods: `get` for a GET
   */
  dispatch(method: Verb, args: Readonly<Record<string, unknown>>): unknown {
    return (this as unknown as Record<Verb, (args: unknown) => unknown>)[method](args)
  }
}

/** A class of handlers. */
export type HandlerClass = new () => RequestHandler

/** Returns the methods of a handler class in capitals: also HEAD if it has a `get`, and OPTIONS always. */
export function methodsOf(handler: HandlerClass): string[] {
  const prototype = handler.prototype as Record<string, unknown>
  const methods = verbs.filter((verb) => typeof prototype[verb] === 'function').map((verb) => verb.toUpperCase())
  if (methods.includes('GET') && !methods.includes('HEAD')) methods.splice(methods.indexOf('GET') + 1, 0, 'HEAD')
  if (!methods.includes('OPTIONS')) methods.push('OPTIONS')
  return methods
}

const names = new Map<string, Verb>(verbs.map((verb) => [verb.toUpperCase(), verb]))

/** Returns the verb of `handler` for an HTTP method, or undefined; `get` handles HEAD if there is no `head`. */
export function verbFor(handler: HandlerClass, method: string): Verb | undefined {
  const prototype = handler.prototype as Record<string, unknown>
  const verb = names.get(method)
  if (verb !== undefined && typeof prototype[verb] === 'function') return verb
  return verb === 'head' && typeof prototype.get === 'function' ? 'get' : undefined
}
