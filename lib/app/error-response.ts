// The responses to errors, wherever in a request they were thrown.
import type { ServerResponse } from 'node:http'
import { BadHost, HTTPException, InternalServerError, ServiceUnavailable } from '../http/exceptions.ts'
import type { Request } from '../http/request/request.ts'
import { isResponse, replacement } from '../http/response/convert.ts'
import { Response } from '../http/response/response.ts'
import { sendResponse } from '../http/response/send.ts'
import { beginStream } from '../http/response/started-stream.ts'
import { describeError, type ErrorDescription, isInstance } from '../internal/describe-error.ts'
import { escapeControls } from '../internal/redact.ts'
import { RequestRedirect } from '../routing/index.ts'
import { RepeatedErrors } from './repeated-errors.ts'
import { responseOf, runSendHooks, useResponse } from './sent-response.ts'
import type { App, RequestContext } from './types.ts'

/** Statuses that any client can cause, as often as it likes: they are not logged as failures of the server. */
const causedByClients = new Set([501, 505])

/**
 * Makes the response to an error: a hook's, that of the status's error handler, the error's own, or a 500 that says nothing of
 * what happened. Never rejects.
 */
export async function errorResponse(app: App, context: RequestContext, thrown: unknown): Promise<Response> {
  const { request } = context
  let error = request.abortReason(thrown) ?? thrown
  try {
    error = thrownError(error, request)
    if (isInstance(error, RequestRedirect)) return useResponse(context, error.toResponse())
    if (app.hooks.has('preHandleException')) {
      const response = await app.hooks.intercept('preHandleException', error, app)
      if (response !== undefined) return await begun(response as Response, context)
    }
  } catch (hookError) {
    error = hookError
  }
  try {
    // abort(response) may be given the global one: its stream is sent.
    if (!isInstance(error, HTTPException) || error.response?.body !== context.response.body) context.response.dropBody()
    return await begun(await errorPage(app, context, error), context)
  } catch (pageError) {
    app.log.error({ err: pageError }, `${nameOf(request)}: the error page could not be made`)
    return useResponse(context, plainFailure())
  }
}

/** Returns what was thrown or, for a response, `throw redirect('/login')`, the error that abort() would throw. */
export function thrownError(thrown: unknown, request: Request): unknown {
  if (!isResponse(thrown) || isInstance(thrown, HTTPException)) return thrown
  return new HTTPException(undefined, { response: thrown instanceof Response ? thrown : replacement(thrown, request)! })
}

/** As `errorResponse`, for an error of a preSendResponse hook or one after them: the others run for this response, too. */
export async function laterErrorResponse(app: App, context: RequestContext, error: unknown): Promise<Response> {
  const response = await errorResponse(app, context, error)
  try {
    return await runSendHooks(app, context, response)
  } catch (hookError) {
    return errorResponse(app, context, hookError)
  }
}

async function begun(response: Response, context: RequestContext): Promise<Response> {
  useResponse(context, response)
  if (response.isStream) await beginStream(response, context.request)
  return response
}

async function errorPage(app: App, context: RequestContext, error: unknown): Promise<Response> {
  const { request } = context
  const thrown = isInstance(error, HTTPException) ? error : null
  const isBusy = thrown === null && isOutOfDescriptors(describeError(error))
  const isExpected = thrown !== null || isBusy
  const exception =
    thrown ??
    (isBusy
      ? new ServiceUnavailable(undefined, { cause: error, retryAfter: 1 })
      : new InternalServerError(undefined, { cause: error }))
  if (exception.code >= 500 && !causedByClients.has(exception.code)) {
    const err = isExpected ? (exception.cause ?? exception) : (error ?? `${error} was thrown`)
    logFailure(app, `${nameOf(request)}: ${exception.code}`, err, exception)
  }
  if (app.dev && exception.code === 413) {
    app.log.info(`${nameOf(request)}: 413, by tipfy.maxBodySize, request.maxBodySize or a similar limit`)
  }
  if (app.dev && isInstance(error, BadHost) && app.settings.serverName !== null) {
    const asked = request.headers.get('host', 'none')
    app.log.info(`400 for the host ${asked}: tipfy.serverName allows ${app.settings.serverName} and names below it`)
  }
  if (app.errorPage !== null && !isExpected) return app.errorPage(error, context)
  const handler = exception.response === null ? app.errorHandlers.get(exception.code) : undefined
  if (handler === undefined) {
    const isMissed = exception.code === 404 && request.rule === null && exception.response === null
    return app.errorPage !== null && isMissed ? app.errorPage(exception, context) : exception.toResponse(request)
  }
  // The page may use the session, also where the rule loads none or the error came before it was open.
  if (context.session === undefined) await app.sessionInterface?.openSession(context)
  useResponse(context, new Response(null, { status: exception.code, headers: exception.headers }))
  return responseOf(context, await handler(exception, app))
}

const repeatedErrors = new WeakMap<App, RepeatedErrors>()

/** Logs an error of the server; those of a store that is down, which every request has, once a minute with their number. */
function logFailure(app: App, message: string, err: unknown, { code, cause }: HTTPException): void {
  if (code !== 503 || cause === undefined) {
    app.log.error({ err }, message)
    return
  }
  const errors = repeatedErrors.get(app) ?? new RepeatedErrors()
  repeatedErrors.set(app, errors)
  const repeated = errors.count(err)
  if (repeated !== undefined) app.log.error(repeated === 0 ? { err } : { err, repeated }, message)
}

/** Returns true for an error of a process that has too many files and connections open, whatever it was doing. */
function isOutOfDescriptors({ code, message, cause }: ErrorDescription): boolean {
  if (code === 'EMFILE' || code === 'ENFILE' || /too many open files/.test(message)) return true
  return cause !== undefined && isOutOfDescriptors(cause)
}

/** Makes the response for a session that could not be saved. What acted at once, `destroy()`, still sets its cookie. */
export async function unsavedResponse(app: App, context: RequestContext, error: unknown): Promise<Response> {
  const response = await laterErrorResponse(app, context, error)
  try {
    await app.sessionInterface!.saveSession(context, response, true)
  } catch (again) {
    app.log.error({ err: again }, 'The cookie of the session could not be set either')
  }
  return response
}

/** Handles a response that could not be sent: sends another one if nothing of it has left, else breaks the connection off. */
export async function sendFailure(
  app: App,
  context: RequestContext,
  error: unknown,
  unsent: Response,
  outgoing: ServerResponse,
): Promise<void> {
  const { request } = context
  if (outgoing.headersSent || outgoing.destroyed) {
    app.log.error({ err: error }, `${nameOf(request)}: the response broke off`)
    breakOff(request, outgoing, error)
    return
  }
  // The session was saved with the response that failed: its cookies belong to the one that is sent instead.
  const cookies = unsent.headers.getAll('set-cookie')
  const send = (response: Response) => {
    for (const cookie of cookies) response.headers.add('set-cookie', cookie)
    return sendResponse(response, request, outgoing)
  }
  try {
    await send(await laterErrorResponse(app, context, error))
  } catch (pageError) {
    app.log.error({ err: pageError }, `${nameOf(request)}: the error page could not be sent`)
    if (outgoing.headersSent || outgoing.destroyed) breakOff(request, outgoing, pageError)
    else await send(plainFailure())
  }
}

declare module '../http/request/request.ts' {
  interface RequestNotes {
    /** The name of the error at which its response broke off. */
    brokenBy?: string
  }
}

function breakOff(request: Request, outgoing: ServerResponse, error: unknown): void {
  request.notes ??= {}
  request.notes.brokenBy = describeError(error).name ?? 'Error'
  outgoing.destroy()
}

/** Names a request in a log line. */
function nameOf({ method, rawPath }: Request): string {
  return escapeControls(`${method} ${rawPath}`)
}

/** The last resort, when the error page fails too. */
function plainFailure(): Response {
  return new Response('Internal Server Error', { status: 500, mimetype: 'text/plain' })
}
