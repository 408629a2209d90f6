// Sends streams: the headers after the first piece; at the client's pace; ended when the client leaves; broken off, never
// ended normally, when the source fails on the way. Everything that is called of a source is called in its request.
import type { ServerResponse } from 'node:http'
import type { Writable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import { TipfyError } from '../../internal/errors.ts'
import { watchForStall } from '../connection/stalled-client.ts'
import type { Request } from '../request/request.ts'
import { type Coding, codingFor, compressor } from './compress.ts'
import type { Response } from './response.ts'
import { writeHead } from './send-buffered.ts'
import { beginStream, isAbort, type StartedStream } from './started-stream.ts'

/** Sends a response whose body is a stream or an iterable. */
export async function sendStream(response: Response, request: Request, outgoing: ServerResponse): Promise<void> {
  await beginStream(response, request, outgoing)
  const length = response.headers.get('content-length')
  const coding = codingFor(response, request, length === null ? null : Number(length))
  if (request.method === 'HEAD') {
    response.dropBody()
    writeHead(response, outgoing, -1)
    outgoing.end()
    return
  }
  await pump(response.body as unknown as StartedStream, response, outgoing, coding)
}

/** Pumps `stream` into the response, through `coding`, and checks it against the Content-Length if there is one. */
export async function pump(
  stream: StartedStream,
  response: Response,
  outgoing: ServerResponse,
  coding: Coding | null,
): Promise<void> {
  const length = response.headers.get('content-length')
  const unwatch = watchForStall(outgoing)
  writeHead(response, outgoing, -1)
  const target = coding === null ? outgoing : compressor(coding)
  if (target !== outgoing) target.pipe(outgoing)
  try {
    await copy(stream, target, outgoing, length)
    await finish(target, outgoing)
  } catch (error) {
    if (outgoing.destroyed && isAbort(error)) return
    // The pieces before the error still leave: Node writes them at the end of the turn.
    await setImmediate()
    throw error
  } finally {
    unwatch()
    if (target !== outgoing) target.destroy()
    // Cleaned up before the request is over: code of the source may use it.
    await stream.end()
  }
}

async function copy(
  stream: StartedStream,
  target: Writable,
  outgoing: ServerResponse,
  length: string | null,
): Promise<void> {
  let wake = () => {}
  const onClose = () => wake()
  outgoing.on('close', onClose)
  /** Waits for `work`, or until the client has left: then it returns undefined. */
  const unlessGone = <T>(work: (done: (value?: T) => void, fail: (error: unknown) => void) => void) =>
    new Promise<T | undefined>((resolve, reject) => {
      wake = () => resolve(undefined)
      work(resolve, reject)
    })
  let sent = 0
  try {
    while (!outgoing.destroyed) {
      const next = await unlessGone<IteratorResult<string | Uint8Array>>((done, fail) => stream.next().then(done, fail))
      if (next === undefined || next.done) break
      const piece = typeof next.value === 'string' ? Buffer.from(next.value) : next.value
      sent += piece.byteLength
      if (length !== null && sent > Number(length)) throw wrongLength(sent, length)
      if (piece.byteLength === 0) outgoing.flushHeaders()
      else if (!target.write(piece) && !outgoing.destroyed)
        await unlessGone((done) => target.once('drain', () => done()))
    }
  } finally {
    outgoing.off('close', onClose)
  }
  if (!outgoing.destroyed && length !== null && sent !== Number(length)) throw wrongLength(sent, length)
}

/** Ends the response; waits until it has been sent or the client has left. */
function finish(target: Writable, outgoing: ServerResponse): Promise<void> | undefined {
  if (outgoing.destroyed) return
  return new Promise((resolve) => {
    outgoing.once('finish', resolve).once('close', resolve)
    target.end()
  })
}

export function wrongLength(given: number, length: number | string): TipfyError {
  return new TipfyError('TIPFY_E_STREAM_LENGTH', { given, length })
}
