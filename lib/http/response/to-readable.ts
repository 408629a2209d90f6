// Converts the source of a response to a stream of Node, with its errors replaced where Node could not handle them: Node reads
// properties of an error where nothing catches, and takes a falsy one for none.
import { Readable } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'
import { safeError } from '../../internal/describe-error.ts'
import type { StreamSource } from './body.ts'

/** Converts `source` to a stream of Node, whatever it throws. */
export function toReadable(source: StreamSource): Readable {
  if (source instanceof Readable) return source
  const isWeb = 'getReader' in source
  const iterator = isWeb ? readerOf(source) : iteratorOf(source)
  return Readable.from({ [Symbol.asyncIterator]: () => guarded(iterator) }, { objectMode: !isWeb })
}

type Pieces = Iterator<unknown> | AsyncIterator<unknown>

function readerOf(source: ReadableStream): Pieces {
  const reader = source.getReader()
  return {
    next: () => reader.read() as Promise<IteratorResult<unknown>>,
    // The stream's own iterator would wait for a piece that may never come.
    return: async () => ({ done: true, value: await reader.cancel() }),
  }
}

function iteratorOf(source: AsyncIterable<unknown> | Iterable<unknown>): Pieces {
  return Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]()
}

function guarded(iterator: Pieces): AsyncIterator<unknown> {
  type Step = (value?: unknown) => IteratorResult<unknown> | Promise<IteratorResult<unknown>>
  const guard = (step: Step) => async (given?: unknown) => {
    try {
      const { done, value } = await step.call(iterator, given)
      return { done: done === true, value: await value }
    } catch (error) {
      throw safeError(error)
    }
  }
  const guardedIterator: AsyncIterator<unknown> = { next: guard(iterator.next as Step) }
  if (iterator.return) guardedIterator.return = guard(iterator.return as Step)
  if (iterator.throw) guardedIterator.throw = guard(iterator.throw as Step)
  return guardedIterator
}
