// A body that is streamed. Its first piece is pulled before anything is sent: an error in it is an ordinary error, and the
// session and the headers can still change.
import type { ServerResponse } from 'node:http'
import { isUint8Array } from 'node:util/types'
import { labelsOf } from '../../internal/describe-error.ts'
import { TipfyError } from '../../internal/errors.ts'
import { evaluate } from '../conditional.ts'
import { Html } from '../html.ts'
import type { Request } from '../request/request.ts'
import { EventStream } from './events.ts'
import { type Pieces, piecesOf, type StreamSource } from './pieces.ts'
import type { Response } from './response.ts'
import { isBodiless } from './send-buffered.ts'

/** The pieces of a body of which the first has been pulled. A body made of it, by a hook, pulls the rest through it. */
export class StartedStream implements AsyncIterableIterator<string | Uint8Array> {
  readonly #pieces: Pieces
  #first: IteratorResult<string | Uint8Array> | undefined
  #ended: Promise<void> | undefined
  #isDone = false

  constructor(pieces: Pieces) {
    this.#pieces = pieces
  }

  /** Pulls the first piece. A client that has left is no error: what its request changed is saved. */
  async begin(hasLeft: () => boolean): Promise<void> {
    try {
      const first = this.#pull()
      if (hasLeft()) this.end().catch(() => {})
      this.#first = await first
    } catch (error) {
      await this.end().catch(() => {})
      if (!hasLeft() || !isAbort(error)) throw error
      this.#first = { done: true, value: undefined }
    }
  }

  async next(): Promise<IteratorResult<string | Uint8Array>> {
    const first = this.#first
    if (first === undefined) return this.#pull()
    this.#first = undefined
    return first
  }

  async #pull(): Promise<IteratorResult<string | Uint8Array>> {
    if (this.#isDone || this.#ended !== undefined) return { done: true, value: undefined }
    const { done, value } = await this.#pieces.next()
    if (done) {
      this.#isDone = true
      return { done, value: undefined }
    }
    if (typeof value === 'string' || isUint8Array(value)) return { done: false, value }
    if (value instanceof Html) return { done: false, value: value.toString() }
    throw new TipfyError('TIPFY_E_STREAM_CHUNK', { given: value === null ? 'null' : typeof value })
  }

  /** Ends the source, once. Resolves when it has cleaned up, rejects with an error of that. */
  end(): Promise<void> {
    this.#ended ??= this.#end()
    return this.#ended
  }

  async #end(): Promise<void> {
    await this.#pieces.end()
  }

  /** For whatever reads the body: it needs no more of it. */
  async return(): Promise<IteratorResult<string | Uint8Array>> {
    await this.end()
    return { done: true, value: undefined }
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}

/** True for the errors by which work ends that was aborted, because its client left. */
export function isAbort(error: unknown): boolean {
  const { name, code } = labelsOf(error)
  return name === 'AbortError' || name === 'ClientDisconnected' || code === 'ERR_STREAM_PREMATURE_CLOSE'
}

/**
 * Pulls the first piece of the stream that is the body of `response`, unless it was pulled before, or none of it will be sent. Its
 * source is ended when the client leaves, and for HEAD at once.
 */
export async function beginStream(
  response: Response,
  request: Request,
  outgoing: ServerResponse | null = request.outgoing,
): Promise<void> {
  const { body } = response
  if (body instanceof StartedStream || isBodiless(response.status) || isUnchanged(response, request)) return
  const stream = new StartedStream(body instanceof EventStream ? body.open(request) : piecesOf(body as StreamSource))
  response.body = stream
  if (outgoing !== null) endWithClient(stream, outgoing)
  await stream.begin(() => outgoing?.destroyed === true)
  if (request.method === 'HEAD') await stream.end()
}

/** Not by a listener alone: what `end` calls of the source runs in the request, as this function does. */
async function endWithClient(stream: StartedStream, outgoing: ServerResponse): Promise<void> {
  if (!outgoing.destroyed) await new Promise<void>((resolve) => outgoing.once('close', resolve))
  if (!outgoing.writableFinished) await stream.end().catch(() => {}) // the sender reports it
}

/** Returns true if the response will be a 304 or 412 without content. */
function isUnchanged(response: Response, { method, message }: Request): boolean {
  const { etag, lastModified, isConditional, status } = response
  return isConditional && status === 200 && evaluate(method, message.headers, { etag, lastModified }) !== 200
}
