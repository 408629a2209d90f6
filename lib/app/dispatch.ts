// From a matched rule to its handler's answer, and what is answered where there is no method for the request.
import type { App } from '../app.ts'
import { MethodNotAllowed } from '../http/exceptions.ts'
import type { Request } from '../http/request/request.ts'
import { Response } from '../http/response/response.ts'
import { steps, traced } from '../internal/tracing.ts'
import type { Rule } from '../routing/index.ts'
import { type HandlerClass, methodsOf, type RequestHandler, type Verb, verbFor, verbs } from './handler.ts'

/**
 * What the request's handler returns: at once if its class is loaded and its method is not async.
 *
 * @param routeError why no rule matched; thrown here, where the session is open
 */
export function dispatch(app: App, request: Request, routeError: unknown): unknown {
  if (routeError !== undefined) {
    if (routeError instanceof MethodNotAllowed) return answerMethods(app, request)
    if (request.target === '*' && request.method === 'OPTIONS')
      return optionsAnswer(verbs.map((verb) => verb.toUpperCase()))
    throw routeError
  }
  const handler = app.handlers.load(request.rule as Rule)
  return handler instanceof Promise ? callLoaded(app, request, handler) : callHandler(app, request, handler)
}

async function callLoaded(app: App, request: Request, handler: Promise<HandlerClass>): Promise<unknown> {
  const loading = steps.hasSubscribers ? traced('handler', 'import', () => handler) : handler
  return callHandler(app, request, await loading)
}

function callHandler(app: App, request: Request, handler: HandlerClass): unknown {
  const verb = verbFor(handler, request.method)
  if (verb === undefined) return answerMethods(app, request)
  const made = new handler()
  return steps.hasSubscribers ? callTraced(made, verb, request) : made.dispatch(verb, request.ruleArgs)
}

// Functions of their own hold what a closure needs: where there is one, its variables are allocated on every call.
function callTraced(handler: RequestHandler, verb: Verb, { ruleArgs }: Request): unknown {
  return traced('handler', `${handler.constructor.name}.${verb}`, () => handler.dispatch(verb, ruleArgs))
}

/** OPTIONS is answered with the methods of this path, anything else refused with them (RFC 9110, 9.3.7 and 15.5.6). */
async function answerMethods(app: App, request: Request): Promise<Response> {
  const allow = new Set<string>()
  for (const rule of app.urlMap!.rulesFor(request)) {
    // A rule that redirects has no handler, only the methods that it redirects.
    const methods =
      rule.redirectTo === undefined ? methodsOf(await app.handlers.load(rule)) : [...(rule.methods ?? []), 'OPTIONS']
    for (const method of methods)
      if (rule.methods === null || rule.methods.has(method) || method === 'OPTIONS') allow.add(method)
  }
  if (request.method !== 'OPTIONS') throw new MethodNotAllowed([...allow])
  return optionsAnswer([...allow])
}

function optionsAnswer(methods: readonly string[]): Response {
  return new Response(null, { status: 204, headers: { allow: methods.join(', ') }, contentType: '' })
}
