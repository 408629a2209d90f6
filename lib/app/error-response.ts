// What is answered when a request ends with an error, wherever it was thrown.
import type { ServerResponse } from 'node:http'
import type { App, RequestContext } from '../app.ts'
import { HTTPException, InternalServerError } from '../http/exceptions.ts'
import { makeResponse } from '../http/response/convert.ts'
import { Response } from '../http/response/response.ts'
import { sendResponse } from '../http/response/send.ts'
import { isInstance } from '../internal/describe-error.ts'
import { RequestRedirect } from '../routing/index.ts'

/** Shows an uncaught error to a developer. */
export type ErrorPage = (error: unknown, context: RequestContext) => Promise<Response>

/**
 * Makes the page of a status (config `tipfy.errorHandlers`): what it returns becomes the answer as a handler's would, with
 * the error's status and headers unless it is a response of its own.
 */
export type ErrorHandler = (error: HTTPException, app: App) => unknown

/** What is wrong with a request, not with the server: anybody can ask for it, as often as they like. */
const beyondUs = new Set([501, 505])

/**
 * The answer for an error: a hook's, its status's handler's, the error's own, or a 500 that says nothing of what happened.
 * Never rejects.
 */
export async function errorAnswer(app: App, context: RequestContext, thrown: unknown): Promise<Response> {
  const { request } = context
  let error = thrown
  try {
    if (isInstance(error, RequestRedirect)) return error.toResponse()
    if (app.hooks.has('preHandleException')) {
      const answer = await app.hooks.respond('preHandleException', error, app)
      if (answer) return answer
    }
  } catch (hookError) {
    error = hookError
  }
  try {
    context.response.dropBody()
    return await pageOf(app, context, error)
  } catch (pageError) {
    app.log.error({ err: pageError }, `${request.method} ${request.rawPath}: the error page could not be made`)
    return plainFailure()
  }
}

async function pageOf(app: App, context: RequestContext, error: unknown): Promise<Response> {
  const { request } = context
  const isAnswer = isInstance(error, HTTPException)
  const answer = isAnswer ? error : new InternalServerError(undefined, { cause: error })
  if (answer.code >= 500 && !beyondUs.has(answer.code)) {
    const err = isAnswer ? (answer.cause ?? answer) : (error ?? `${error} was thrown`)
    app.log.error({ err }, `${request.method} ${request.rawPath}: ${answer.code}`)
  }
  if (app.dev && answer.code === 413) {
    app.log.info(
      `${request.method} ${request.rawPath}: 413, by tipfy.maxBodySize (or request.maxBodySize) or a limit beside it`,
    )
  }
  if (app.errorPage !== null && !isAnswer) return app.errorPage(error, context)
  const handler = answer.response === null ? app.errorHandlers.get(answer.code) : undefined
  if (handler === undefined) return answer.toResponse(request)
  const base = new Response(null, { status: answer.code, headers: answer.headers })
  return makeResponse(await handler(answer, app), base, request)
}

/** The answer where the session could not be saved. What acted at once, `destroy()`, still has its cookie to send. */
export async function unsavedAnswer(app: App, context: RequestContext, error: unknown): Promise<Response> {
  const answer = await errorAnswer(app, context, error)
  try {
    await app.sessionInterface!.saveSession(context, answer, true)
  } catch (again) {
    app.log.error({ err: again }, 'The session has no cookie to send either')
  }
  return answer
}

/** What is left to do for an answer that could not be sent: another one if nothing of it has left, else an end to it. */
export async function sendFailure(
  app: App,
  context: RequestContext,
  error: unknown,
  unsent: Response,
  outgoing: ServerResponse,
): Promise<void> {
  const { request } = context
  if (outgoing.headersSent || outgoing.destroyed) {
    app.log.error({ err: error }, `${request.method} ${request.rawPath}: the answer broke off`)
    outgoing.destroy()
    return
  }
  // The session was saved with the answer that failed: its cookies belong to what is sent instead.
  const cookies = unsent.headers.getAll('set-cookie')
  const send = (answer: Response) => {
    for (const cookie of cookies) answer.headers.add('set-cookie', cookie)
    return sendResponse(answer, request, outgoing)
  }
  try {
    await send(await errorAnswer(app, context, error))
  } catch (pageError) {
    app.log.error({ err: pageError }, `${request.method} ${request.rawPath}: the error page could not be sent`)
    if (outgoing.headersSent || outgoing.destroyed) outgoing.destroy()
    else await send(plainFailure())
  }
}

/** What is left to say where even the error's page fails. */
function plainFailure(): Response {
  return new Response('Internal Server Error', { status: 500, mimetype: 'text/plain' })
}
