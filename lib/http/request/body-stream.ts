// Delivers a body's bytes: from the connection, through gzip where needed, never more than the limits allow. Every failure
// becomes an HTTP error.
import type { IncomingMessage } from 'node:http'
import { Readable, Transform, type TransformCallback } from 'node:stream'
import { createGunzip, createInflate } from 'node:zlib'
import { TipfyError } from '../../internal/errors.ts'
import {
  BadRequest,
  ClientDisconnected,
  HTTPException,
  RequestEntityTooLarge,
  UnsupportedMediaType,
} from '../exceptions.ts'

// Asks a client that waits (Expect: 100-continue) for its body; filled in by server.ts.
const waiting = new WeakMap<IncomingMessage, () => void>()

/** Has `go` called when the body of `incoming` is first read. */
export function continueWith(incoming: IncomingMessage, go: () => void): void {
  waiting.set(incoming, go)
}

/** Returns true while the client waits for permission to send its body. */
export function isWaiting(incoming: IncomingMessage): boolean {
  return waiting.has(incoming)
}

/** Returns true if the request has a body, even an empty one. */
export function hasBody(incoming: IncomingMessage): boolean {
  const { headers } = incoming
  return headers['transfer-encoding'] !== undefined || headers['content-length'] !== undefined
}

const encodings = ['identity', 'gzip', 'x-gzip', 'deflate']

/** Throws what is known before a byte is read, and lets a waiting client send. */
function begin(incoming: IncomingMessage, limit: number): string {
  const { 'content-encoding': given, 'content-length': length } = incoming.headers
  // Of nothing at all there is no compressed form, whatever a client names for all of its requests.
  const encoding = given === undefined || length === '0' ? 'identity' : given.trim().toLowerCase()
  if (!encodings.includes(encoding)) {
    throw new UnsupportedMediaType(`This server does not read content that is encoded as ${encoding}.`, {
      headers: { 'accept-encoding': 'gzip, deflate' },
    })
  }
  if (Number(length ?? 0) > limit) throw new RequestEntityTooLarge()
  if (incoming.readableEnded) throw new TipfyError('TIPFY_E_BODY_TAKEN', { how: 'incoming' })
  if (incoming.destroyed) throw new ClientDisconnected()
  const go = waiting.get(incoming)
  if (go !== undefined) {
    waiting.delete(incoming)
    go()
  }
  return encoding
}

function toHttpError(error: Error): HTTPException {
  if (error instanceof HTTPException) return error
  const code = (error as NodeJS.ErrnoException).code ?? ''
  if (code.startsWith('Z_') || code === 'ERR_TRAILING_JUNK_AFTER_STREAM_END') {
    return new BadRequest('The compressed content is broken.', { cause: error })
  }
  return new ClientDisconnected(undefined, { cause: error })
}

/** Collects the body in one buffer. Rejects with 413 as soon as there are more than `limit` bytes. */
export function collect(incoming: IncomingMessage, limit: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const encoding = begin(incoming, limit)
    const source = encoding === 'identity' ? incoming : expanded(incoming, limit, encoding)
    const chunks: Buffer[] = []
    let length = 0
    let settled = false
    source.on('data', onData)
    source.on('end', onEnd)
    source.on('error', onError)
    source.on('close', onClose)

    function onData(chunk: Buffer) {
      length += chunk.length
      if (length > limit) onError(new RequestEntityTooLarge())
      else chunks.push(chunk)
    }
    function onEnd() {
      if (settled) return
      settled = true
      // Otherwise Node removes it when the response is sent, in a way that costs several times as much.
      source.off('data', onData)
      resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, length))
    }
    // This listener stays: a connection that breaks later must not end the process. The other listeners stay too; calling
    // them once settled costs less than removing them.
    function onError(error: Error) {
      if (settled) return
      settled = true
      source.off('data', onData)
      source.pause()
      reject(toHttpError(error))
    }
    function onClose() {
      if (!settled) onError(new ClientDisconnected())
    }
  })
}

/** The body as a stream that fails with 413 after `limit` bytes. Destroying it keeps the connection for the response. */
export function openSource(incoming: IncomingMessage, limit: number): Readable {
  const encoding = begin(incoming, limit)
  return encoding === 'identity' ? limited(incoming, limit) : expanded(incoming, limit, encoding)
}

/** An empty body as a stream. */
export function emptySource(): Readable {
  return Readable.from([])
}

function limited(incoming: Readable, limit: number): Readable {
  let length = 0
  const out = new Transform({
    transform(chunk: Buffer, _encoding, done: TransformCallback) {
      length += chunk.length
      if (length > limit) done(new RequestEntityTooLarge())
      else done(null, chunk)
    },
  })
  return join(incoming, out)
}

function expanded(incoming: IncomingMessage, limit: number, encoding: string): Readable {
  const unzip = encoding === 'deflate' ? createInflate() : createGunzip()
  return limited(join(limited(incoming, limit), unzip), limit)
}

// stream.pipeline would destroy the connection when the reader gives up, and with it the response that says why.
function join<Out extends Transform>(source: Readable, out: Out): Out {
  source.on('error', (error: Error) => out.destroy(toHttpError(error)))
  source.on('close', () => {
    if (!source.readableEnded) out.destroy(new ClientDisconnected())
  })
  out.on('error', () => {})
  out.on('close', () => {
    source.unpipe(out)
    if (source instanceof Transform) source.destroy()
  })
  return source.pipe(out)
}
