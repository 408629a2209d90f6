// The pieces of a body: one way to pull them from generators, lists, Node and web streams, and to end their source.
import { finished, Readable } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'
import { TipfyError } from '../../internal/errors.ts'
import type { Html } from '../html.ts'

/** A piece of a body: text, bytes, or what `html` returns. */
export type Piece = string | Uint8Array | Html

/** A body in pieces: Node and web streams, generators, lists. */
export type StreamSource = Readable | ReadableStream | AsyncIterable<Piece> | Iterable<Piece>

/** The pieces of a source, pulled one by one. */
export interface Pieces {
  next(): Promise<IteratorResult<unknown>>
  /**
   * Ends the source, also after its last piece. Resolves when it has cleaned up: a generator runs its `finally` when what it
   * awaits has settled.
   */
  end(): Promise<void>
}

export function piecesOf(source: StreamSource): Pieces {
  if (source instanceof Readable) return new NodePieces(source)
  return 'getReader' in source ? webPieces(source) : iteratorPieces(source)
}

/**
 * Piece by piece as they were written: the stream's own iterator would join what is waiting, in new memory each time. The source
 * does not read ahead of the first piece, as Node's streams do: the session is saved before anything of the second happens.
 */
class NodePieces implements Pieces {
  readonly #source: Readable
  #final: { done: true } | { error: unknown } | undefined
  #settle: (() => void) | undefined
  #piece: { value: unknown } | undefined
  #hasBegun = false
  #hasPiece = false
  readonly #readOn: () => void

  constructor(source: Readable) {
    this.#source = source
    if (source.errored) this.#final = { error: source.errored }
    else if (source.readableEnded) this.#final = { error: consumed() }
    else if (source.destroyed) this.#final = { error: prematureClose() }
    const finish = (final: { done: true } | { error: unknown }) => {
      this.#final ??= final
      this.#settle?.()
    }
    source
      .on('end', () => finish({ done: true }))
      .on('error', (error) => finish({ error }))
      .on('close', () => finish({ error: prematureClose() }))
    this.#readOn = holdBack(source, () => this.#hasPiece)
  }

  async next(): Promise<IteratorResult<unknown>> {
    if (this.#final === undefined) {
      const settled = new Promise<void>((resolve) => {
        this.#settle = resolve
      })
      if (this.#hasBegun) this.#readOn()
      else this.#begin()
      await settled
    }
    const piece = this.#piece
    this.#piece = undefined
    if (piece !== undefined) return { done: false, value: piece.value }
    if ('error' in this.#final!) throw this.#final.error
    return { done: true, value: undefined }
  }

  #begin(): void {
    this.#hasBegun = true
    const source = this.#source
    const onData = (value: unknown) => {
      source.pause()
      this.#hasPiece = true
      this.#piece = { value }
      this.#settle?.()
    }
    // Only now: a stream that flows keeps its buffer empty, and would read ahead.
    source.once('readable', () => {
      // Node 26 empties the buffer and reads on before it emits `data`.
      this.#hasPiece = source.readableLength > 0
      source.on('data', onData).resume()
    })
  }

  end(): Promise<void> {
    this.#source.destroy()
    // Until `close`, whose listeners belong to the request as well.
    return new Promise((resolve) => void finished(this.#source, () => resolve()))
  }
}

/** Keeps `source` from reading after its first piece, until the returned function is called, which makes it flow. */
function holdBack(source: Readable, hasPiece: () => boolean): () => void {
  const { _read } = source
  let isHeld = true
  let size: number | undefined
  source._read = (wanted) => {
    if (isHeld && (source.readableLength > 0 || hasPiece())) size = wanted
    else _read.call(source, wanted)
  }
  return () => {
    isHeld = false
    if (size !== undefined) _read.call(source, size)
    size = undefined
    source.resume()
  }
}

function prematureClose(): Error {
  return Object.assign(new Error('The stream was closed before its end'), { code: 'ERR_STREAM_PREMATURE_CLOSE' })
}

// Only reading it to its end ends a stream: what is left would be sent as an empty body.
function consumed(): TipfyError {
  return new TipfyError('TIPFY_E_RESPONSE_CONSUMED', { what: 'A stream' })
}

function webPieces(source: ReadableStream): Pieces {
  const reader = source.getReader()
  return {
    next: () => reader.read() as Promise<IteratorResult<unknown>>,
    // Not by the stream's own iterator, which would wait for a piece that may never come.
    end: () => reader.cancel(),
  }
}

function iteratorPieces(source: AsyncIterable<unknown> | Iterable<unknown>): Pieces {
  const iterator: Iterator<unknown> | AsyncIterator<unknown> =
    Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]()
  let isDone = false
  return {
    async next() {
      const { done, value } = await iterator.next()
      isDone = done === true
      return { done: isDone, value: await value } as IteratorResult<unknown>
    },
    async end() {
      if (!isDone) await iterator.return?.()
    },
  }
}
