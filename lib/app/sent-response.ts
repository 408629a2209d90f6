// The response that a request sends: made of what its code returned, and replaced by middleware, hooks and errors. The global
// `response` means it at any time, so that no change of it is lost.
import { type Body, endSource } from '../http/response/body.ts'
import { makeResponse } from '../http/response/convert.ts'
import type { Response } from '../http/response/response.ts'
import { beginStream } from '../http/response/started-stream.ts'
import { response as globalResponse } from './globals.ts'
import type { App, RequestContext } from './types.ts'

/** Makes `response` the one to send. Changes of the one before it throw from now on. */
export function useResponse(context: RequestContext, response: Response): Response {
  if (response === context.response) return response
  context.response.close()
  context.response = response
  return response
}

/** Makes the response for a return value. Returns a promise only for a file, which has to be located. */
export function responseOf(context: RequestContext, returned: unknown): Response | Promise<Response> {
  // To return the global `response` is to return nothing: it is a Proxy of context.response, not another response.
  const made = makeResponse(returned === globalResponse ? undefined : returned, context.response, context.request)
  return made instanceof Promise ? made.then((located) => useResponse(context, located)) : useResponse(context, made)
}

/** As `responseOf`, with the first piece of a stream. */
export async function begunResponse(context: RequestContext, returned: unknown): Promise<Response> {
  const response = await responseOf(context, returned)
  if (response.isStream) await beginStream(response, context.request)
  return response
}

/**
 * Runs the preSendResponse hooks, which may replace the response or the stream that is its body. Returns no promise where hooks
 * that wait for nothing leave a text as it is: most of them look, or set headers.
 */
export function runSendHooks(app: App, context: RequestContext, response: Response): Response | Promise<Response> {
  const run = () => app.hooks.intercept('preSendResponse', context.request, response, app)
  if (!response.isBuffered) return replacing(context, response, run)
  const returned = run()
  return returned === response && response.isBuffered ? response : replacing(context, response, () => returned)
}

/**
 * Returns the response that `replace` makes in place of `response`. Its stream has begun; a stream that is not sent any more is
 * ended.
 */
export async function replacing(
  context: RequestContext,
  response: Response,
  replace: () => unknown,
): Promise<Response> {
  const stream = response.isStream ? response.body : null
  let sent: Response | undefined
  try {
    sent = await begunResponse(context, await replace())
    return sent
  } finally {
    if (stream !== null && sent?.body !== stream) endReplaced(stream, sent, context)
  }
}

/** The new body may be made of the old one, which then ends with it: when the response has closed. */
async function endReplaced(stream: Body, sent: Response | undefined, { request }: RequestContext): Promise<void> {
  const { outgoing } = request
  if (sent?.isStream && outgoing !== null && !outgoing.closed)
    await new Promise<void>((resolve) => outgoing.once('close', resolve))
  endSource(stream as object)
}
