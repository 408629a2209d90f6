// From a matched rule to what its handler returns, and the response where the handler has no method for the request.
import { MethodNotAllowed } from '../http/exceptions.ts'
import type { Request } from '../http/request/request.ts'
import { Response } from '../http/response/response.ts'
import { TipfyError } from '../internal/errors.ts'
import { steps, traced } from '../internal/tracing.ts'
import type { Rule } from '../routing/index.ts'
import { thrownError } from './error-response.ts'
import {
  type HandlerClass,
  httpMethods,
  methodsOf,
  queryTypesOf,
  type RequestHandler,
  type Verb,
  verbFor,
} from './handler.ts'
import { begunResponse, replacing } from './sent-response.ts'
import type { App, RequestContext } from './types.ts'

/**
 * Calls the request's handler. Returns a promise only if its class must be imported, is async, or has middleware.
 *
 * @param routeError the error if no rule matches; thrown here, where the session is open
 */
export function dispatch(app: App, context: RequestContext, routeError: unknown): unknown {
  const { request } = context
  if (routeError !== undefined) {
    if (routeError instanceof MethodNotAllowed) return respondWithMethods(app, request)
    if (request.target === '*' && request.method === 'OPTIONS') return optionsResponse(httpMethods)
    throw routeError
  }
  const handler = app.handlers.load(request.rule as Rule)
  return handler instanceof Promise ? callLoaded(context, handler) : callHandler(context, handler)
}

async function callLoaded(context: RequestContext, handler: Promise<HandlerClass>): Promise<unknown> {
  const loading = steps.hasSubscribers ? traced('handler', 'import', () => handler) : handler
  return callHandler(context, await loading)
}

function callHandler(context: RequestContext, handler: HandlerClass): unknown {
  const { app, request } = context
  const verb = verbFor(handler, request.method)
  if (verb === undefined) return respondWithMethods(app, request)
  const made = new handler()
  // A field, as in `middleware = [onlyAdmins]`, would let every request through.
  if ('middleware' in made)
    throw new TipfyError('TIPFY_E_MIDDLEWARE_PLACE', { handler: handler.name, given: 'a field of its instances' })
  if (handler.middleware.length > 0 || made.handleException !== undefined)
    return callAround(context, made, handler, verb)
  return callMethod(request, made, verb)
}

function callMethod(request: Request, made: RequestHandler, verb: Verb): unknown {
  return steps.hasSubscribers ? callTraced(made, verb, request) : made.dispatch(verb, request.ruleArgs)
}

// A function of its own: the variables of a closure are allocated on every call of the function around it.
function callTraced(handler: RequestHandler, verb: Verb, { ruleArgs }: Request): unknown {
  return traced('handler', `${handler.constructor.name}.${verb}`, () => handler.dispatch(verb, ruleArgs))
}

/** Calls a handler with the middleware of its class around it. */
async function callAround(
  context: RequestContext,
  made: RequestHandler,
  { middleware }: HandlerClass,
  verb: Verb,
): Promise<Response> {
  const reversed = middleware.toReversed()
  let returned: unknown
  for (const one of middleware) {
    returned = await one.beforeDispatch?.(made)
    if (returned !== undefined) break
  }
  let response: Response
  try {
    response = await begunResponse(
      context,
      returned === undefined ? await callMethod(context.request, made, verb) : returned,
    )
  } catch (thrown) {
    const error = thrownError(thrown, context.request)
    let handled: unknown
    for (const one of reversed) handled ??= await one.handleException?.(made, error)
    handled ??= await made.handleException?.(error)
    if (handled === undefined) throw error
    response = await begunResponse(context, handled)
  }
  for (const one of reversed) {
    response = await replacing(context, response, () => one.afterDispatch?.(made, response))
  }
  return response
}

/** Responds to OPTIONS with the methods of this path; throws a 405 with them for other methods (RFC 9110, 9.3.7 and 15.5.6). */
export async function respondWithMethods(app: App, request: Request): Promise<Response> {
  const allow = new Set<string>()
  const queryTypes = new Set<string>()
  // The first rule that takes a method serves it, or has no method for it: a later one never does.
  const taken = new Set<string>()
  for (const rule of app.urlMap!.rulesFor(request)) {
    // A rule that redirects has no handler, only the methods that it redirects.
    const handler = rule.redirectTo === undefined ? await app.handlers.load(rule) : null
    const methods = handler === null ? [...(rule.methods ?? []), 'OPTIONS'] : methodsOf(handler)
    for (const method of methods)
      if (method === 'OPTIONS' || (!taken.has(method) && rule.methods?.has(method) !== false)) allow.add(method)
    if (handler !== null && !taken.has('QUERY')) for (const type of queryTypesOf(handler)) queryTypes.add(type)
    if (rule.methods === null) break
    for (const method of rule.methods) taken.add(method)
  }
  if (request.method !== 'OPTIONS') throw new MethodNotAllowed([...allow])
  const response = optionsResponse([...allow])
  if (allow.has('QUERY') && queryTypes.size > 0) response.headers.set('accept-query', [...queryTypes].join(', '))
  return response
}

function optionsResponse(methods: readonly string[]): Response {
  return new Response(null, { status: 204, headers: { allow: methods.join(', ') }, contentType: '' })
}
