// Sends streams: the headers with the first piece, so that a source that fails at once still gets an error response; at the
// client's pace; ended when the client leaves; broken off, never ended normally, when the source fails on the way.
import type { ServerResponse } from 'node:http'
import { type Readable, Transform, type TransformCallback } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { isUint8Array } from 'node:util/types'
import { TipfyError } from '../../internal/errors.ts'
import { watchForStall } from '../connection/stalled-client.ts'
import type { Request } from '../request/request.ts'
import type { StreamSource } from './body.ts'
import { type Coding, codingFor, compressor } from './compress.ts'
import type { Response } from './response.ts'
import { toReadable } from './to-readable.ts'

/** Sends a response whose body is a stream or an iterable. */
export async function sendStream(response: Response, request: Request, outgoing: ServerResponse): Promise<void> {
  const length = response.headers.get('content-length')
  const coding = codingFor(response, request, length === null ? null : Number(length))
  if (request.method === 'HEAD') {
    response.dropBody()
    outgoing.writeHead(response.status, response.toWire(-1)).end()
    return
  }
  await pump(toReadable(response.body as StreamSource), response, outgoing, coding)
}

/** Pumps `source` into the response, through `coding`, and checks it against the Content-Length if there is one. */
export async function pump(
  source: Readable,
  response: Response,
  outgoing: ServerResponse,
  coding: Coding | null,
): Promise<void> {
  // Whatever waits for the source sees its errors; one that comes at another time must not end the process.
  source.on('error', () => {})
  const unwatch = watchForStall(outgoing)
  try {
    if (!(await begins(source, outgoing))) return
    if (source.readableObjectMode) checkFirst(source)
    await run(source, response, outgoing, coding)
  } finally {
    unwatch()
  }
}

async function run(
  source: Readable,
  response: Response,
  outgoing: ServerResponse,
  coding: Coding | null,
): Promise<void> {
  const length = response.headers.get('content-length')
  // A pipeline adds seven listeners, in development one more than Node allows without a warning.
  outgoing.setMaxListeners(outgoing.getMaxListeners() + 10)
  outgoing.writeHead(response.status, response.toWire(-1))
  // True if the client closed before the source did.
  let gone = false
  outgoing.once('close', () => {
    gone = !source.destroyed || source.readableEnded
  })
  try {
    const pieces = source.readableObjectMode || length !== null ? [checked(length)] : []
    await pipeline([source, ...pieces, ...(coding === null ? [] : [compressor(coding)]), outgoing])
  } catch (error) {
    if (!gone || (error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error
  }
}

/** Waits for the first piece. Resolves to false, with the source ended, if the client has left. */
function begins(source: Readable, outgoing: ServerResponse): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const settle = () => {
      source.off('readable', ready).off('error', failed).off('close', ready)
      outgoing.off('close', gone)
    }
    const ready = () => {
      settle()
      resolve(true)
    }
    const failed = (error: Error) => {
      settle()
      reject(error)
    }
    const gone = () => {
      settle()
      source.destroy()
      resolve(false)
    }
    if (outgoing.destroyed) return gone()
    if (source.errored) return failed(source.errored)
    if (source.destroyed || source.readableEnded) return ready()
    source.on('readable', ready).on('error', failed).on('close', ready)
    outgoing.on('close', gone)
  })
}

// While an error response is still possible: for an iterable that was not meant to be streamed (a Map, a session).
function checkFirst(source: Readable): void {
  const first: unknown = source.read()
  if (first === null) return
  if (isPiece(first)) {
    source.unshift(first)
    return
  }
  source.destroy()
  throw notPiece(first)
}

const isPiece = (chunk: unknown): chunk is string | Uint8Array => typeof chunk === 'string' || isUint8Array(chunk)

const notPiece = (chunk: unknown) =>
  new TipfyError('TIPFY_E_STREAM_CHUNK', { given: chunk === null ? 'null' : typeof chunk })

/** Passes text and bytes, exactly `length` bytes if given. */
function checked(length: string | null): Transform {
  let sent = 0
  return new Transform({
    writableObjectMode: true,
    transform(chunk: unknown, _encoding, done: TransformCallback) {
      if (!isPiece(chunk)) return done(notPiece(chunk))
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
      sent += bytes.byteLength
      if (length !== null && sent > Number(length)) done(wrongLength(sent, length))
      else done(null, bytes)
    },
    flush(done) {
      done(length !== null && sent !== Number(length) ? wrongLength(sent, length) : null)
    },
  })
}

export function wrongLength(given: number, length: number | string): TipfyError {
  return new TipfyError('TIPFY_E_STREAM_LENGTH', { given, length })
}
