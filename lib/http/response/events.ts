// Server-sent events: a stream of messages that a page reads with EventSource, by the HTML standard (9.2).
import { checkNumber } from '../../internal/arguments.ts'
import { TipfyError } from '../../internal/errors.ts'
import { clearTimeout, setTimeout } from '../../internal/timers.ts'
import { writeJson } from '../../internal/write-json.ts'
import type { Pieces } from './pieces.ts'

/** One message for a page. */
export interface ServerEvent {
  /** Text as it is; anything else as JSON. */
  data?: unknown
  /** The type that the page listens to. Default: `message`. */
  event?: string
  /** Sent back as Last-Event-ID when the browser connects again. */
  id?: string | number
  /** Milliseconds that the browser waits before it connects again. */
  retry?: number
}

/** Options of `response.events`. */
export interface EventOptions {
  /** Seconds without an event after which a comment is sent, so that proxies keep the connection. Default: 15. */
  keepAlive?: number
  /** Milliseconds that the browser waits before it connects again. Default: the browser's own, some seconds. */
  retry?: number
}

export const eventOptions = ['keepAlive', 'retry'] satisfies (keyof EventOptions)[]

/**
 * Makes the events of one page; text is an event with that data.
 *
 * @param signal aborted when the page leaves or the server stops: pass it on to all that waits
 * @param lastEventId the `id` of the last event that the page received before it connected again; '' if there is none
 */
export type EventSourceFunction = (signal: AbortSignal, lastEventId: string) => AsyncIterable<ServerEvent | string>

/** The part of a request that its events need. */
interface EventRequest {
  readonly signal: AbortSignal
  readonly headers: { get(name: string, fallback: string): string }
}

const comment = ':\n\n'

/** A body of events, before its request is known. */
export class EventStream {
  readonly #make: EventSourceFunction
  readonly #options: EventOptions

  constructor(make: EventSourceFunction, options: EventOptions) {
    if (options.keepAlive !== undefined) checkNumber('`keepAlive` of events()', options.keepAlive)
    if (options.retry !== undefined) checkNumber('`retry` of events()', options.retry)
    this.#make = make
    this.#options = options
  }

  open(request: EventRequest): Pieces {
    return new EventPieces(this.#make, this.#options, request)
  }
}

/** The first piece is a comment, so that the session is saved and the headers leave before the events begin. */
class EventPieces implements Pieces {
  readonly #make: EventSourceFunction
  readonly #keepAlive: number
  readonly #request: EventRequest
  #opening: string | undefined
  #iterator: AsyncIterator<ServerEvent | string> | undefined
  #pending: Promise<IteratorResult<ServerEvent | string>> | undefined
  #wake: (() => void) | undefined

  constructor(make: EventSourceFunction, { keepAlive = 15, retry }: EventOptions, request: EventRequest) {
    this.#make = make
    this.#keepAlive = keepAlive * 1000
    this.#request = request
    this.#opening = retry === undefined ? comment : `retry: ${Math.ceil(retry)}\n\n`
  }

  async next(): Promise<IteratorResult<unknown>> {
    const opening = this.#opening
    if (opening !== undefined) {
      this.#opening = undefined
      return { done: false, value: opening }
    }
    const { signal } = this.#request
    if (this.#iterator === undefined) this.#begin(signal)
    if (signal.aborted) return { done: true, value: undefined }
    this.#pending ??= this.#iterator!.next()
    const result = await this.#within(this.#pending, signal)
    if (result === 'quiet') return { done: false, value: comment }
    if (result === 'aborted') return { done: true, value: undefined }
    this.#pending = undefined
    return result.done ? { done: true, value: undefined } : { done: false, value: frame(result.value) }
  }

  #begin(signal: AbortSignal): void {
    // Browsers send UTF-8, which Node reads as Latin-1.
    const id = Buffer.from(this.#request.headers.get('last-event-id', ''), 'latin1').toString()
    this.#iterator = this.#make(signal, id)[Symbol.asyncIterator]()
    signal.addEventListener('abort', () => this.#wake?.(), { once: true })
  }

  /** Waits for `pending`, but not longer than until the next comment is due, or the signal is aborted. */
  async #within<T>(pending: Promise<T>, signal: AbortSignal): Promise<T | 'quiet' | 'aborted'> {
    let timer: NodeJS.Timeout | undefined
    try {
      return await new Promise<T | 'quiet' | 'aborted'>((resolve, reject) => {
        this.#wake = () => resolve('aborted')
        timer = setTimeout(() => resolve('quiet'), this.#keepAlive)
        pending.then(resolve, (error) => (signal.aborted ? resolve('aborted') : reject(error)))
      })
    } finally {
      clearTimeout(timer)
      this.#wake = undefined
    }
  }

  async end(): Promise<void> {
    this.#pending?.catch(() => {}) // aborted
    await this.#iterator?.return?.()
  }
}

function frame(event: ServerEvent | string): string {
  const { data, event: type, id, retry } = typeof event === 'string' ? ({ data: event } as ServerEvent) : event
  let text = ''
  if (type !== undefined) text += `event: ${checkLine('event', type)}\n`
  if (id !== undefined) text += `id: ${checkLine('id', String(id))}\n`
  if (retry !== undefined) text += `retry: ${Math.ceil(retry)}\n`
  if (data !== undefined) {
    const lines = (typeof data === 'string' ? data : (writeJson(data) ?? '')).split(/\r\n|\r|\n/)
    for (const line of lines) text += `data: ${line}\n`
  }
  return `${text}\n`
}

function checkLine(field: string, text: string): string {
  if (/[\r\n\0]/.test(text)) throw new TipfyError('TIPFY_E_EVENT_FIELD', { field, given: JSON.stringify(text) })
  return text
}
