// Runs the preSendResponse hooks, which may replace the response or the stream that is its body.
import { type Body, endSource } from '../http/response/body.ts'
import type { Response } from '../http/response/response.ts'
import { beginStream } from '../http/response/started-stream.ts'
import type { App, RequestContext } from './types.ts'

/** Returns the response to send. Its stream has begun; a stream that is not sent any more is ended. */
export async function runSendHooks(app: App, context: RequestContext, response: Response): Promise<Response> {
  const { request } = context
  const stream = response.isStream ? response.body : null
  let sent: Response | undefined
  try {
    sent = (await app.hooks.intercept('preSendResponse', request, response, app)) as Response
    if (sent.isStream) await beginStream(sent, request)
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
