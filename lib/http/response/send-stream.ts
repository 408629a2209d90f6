// Answers that stream: begun with their first piece, so that a source that fails at once can still be answered; at the
// client's pace; ended when the client goes away; cut off, never ended well, when the source fails on the way.
import type { ServerResponse } from 'node:http'
import { type Readable, Transform, type TransformCallback } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { isUint8Array } from 'node:util/types'
import { TipfyError } from '../../internal/errors.ts'
import { watchStandstill } from '../connection/stalled-client.ts'
import type { Request } from '../request/request.ts'
import type { StreamSource } from './body.ts'
import { type Coding, codingFor, compressor } from './compress.ts'
import type { Response } from './response.ts'
import { readable } from './to-readable.ts'

/** Sends a response whose body is a stream or an iterable. */
export async function sendStream(response: Response, request: Request, outgoing: ServerResponse): Promise<void> {
  const length = response.headers.get('content-length')
  const coding = codingFor(response, request, length === null ? null : Number(length))
  if (request.method === 'HEAD') {
    response.dropBody()
    outgoing.writeHead(response.status, response.wire(-1)).end()
    return
  }
  await pump(readable(response.body as StreamSource), response, outgoing, coding)
}

/** Pumps `source` into the answer, through `coding`, holding it to the response's Content-Length if it has one. */
export async function pump(
  source: Readable,
  response: Response,
  outgoing: ServerResponse,
  coding: Coding | null,
): Promise<void> {
  // Errors are seen by those who wait; one that comes when nobody does must not bring the process down.
  source.on('error', () => {})
  const unwatch = watchStandstill(outgoing)
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
  // A pipeline alone adds seven, which in development is one more than Node has without a warning.
  outgoing.setMaxListeners(outgoing.getMaxListeners() + 10)
  outgoing.writeHead(response.status, response.wire(-1))
  // Whether the client closed before the source did.
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

/** Waits for the first piece. False, with the source ended, if the client went away meanwhile. */
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

// While there is still an answer to be had that tells: for an iterable that was not meant to stream (a Map, a session).
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

/** Lets text and bytes through, and no more or less of them than `length` promised. */
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
