// Records the last requests and their steps, a bounded number, in memory.
import cluster from 'node:cluster'
import { randomUUID } from 'node:crypto'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Context, contextStorage } from '../../app/context.ts'
import type { Request } from '../../http/request/request.ts'
import type { Step } from '../../internal/tracing.ts'

/** One request, finished or not. */
export interface Recording {
  readonly id: number
  readonly method: string
  /** Path and query, as requested. */
  readonly target: string
  readonly requestHeaders: readonly [string, string][]
  responseHeaders: readonly [string, string][]
  /** The time it came: ms since 1970, and on the clock of the steps. */
  readonly at: number
  readonly start: number
  end: number | null
  readonly steps: Step[]
  /** The number of steps that were not kept. */
  leftOut: number
  status: number | null
  /** True if the connection was lost before the whole response was sent. */
  brokenOff: boolean
  rule: { readonly endpoint: string; readonly path: string } | null
  args: Readonly<Record<string, unknown>>
}

export const maxRecordings = 200
/** Per request. */
const maxSteps = 500

export class Recorder {
  /** Identifies this run of the server. */
  readonly run = randomUUID()
  readonly #recordings = new Map<number, Recording>()
  readonly #byMessage = new WeakMap<IncomingMessage, Recording>()
  readonly #byContext = new WeakMap<Context, Recording>()
  readonly #watchers = new Set<(recording: Recording) => void>()
  // Processes that share a port give different numbers.
  #count = (cluster.worker?.id ?? 0) * 1_000_000

  constructor() {
    subscribe('tipfy.step', this.#step)
  }

  close(): void {
    unsubscribe('tipfy.step', this.#step)
  }

  /** The recordings, latest first. */
  get recordings(): Recording[] {
    return [...this.#recordings.values()].sort((a, b) => b.at - a.at || b.id - a.id)
  }

  find(id: number): Recording | undefined {
    return this.#recordings.get(id)
  }

  /** Calls `fn` when a request begins or ends. Returns a function that stops it. */
  watch(fn: (recording: Recording) => void): () => void {
    this.#watchers.add(fn)
    return () => this.#watchers.delete(fn)
  }

  /** Starts to record a request. */
  record(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const recording: Recording = {
      id: ++this.#count,
      method: incoming.method ?? '',
      target: incoming.url ?? '',
      requestHeaders: pairs(incoming.rawHeaders),
      responseHeaders: [],
      at: Date.now(),
      start: performance.now(),
      end: null,
      steps: [],
      leftOut: 0,
      status: null,
      brokenOff: false,
      rule: null,
      args: {},
    }
    this.#byMessage.set(incoming, recording)
    noteHeaders(outgoing, recording)
    // The last byte is sent; the time until `close` is the client's and the network's.
    outgoing.once('finish', () => this.#finish(recording, outgoing))
    outgoing.once('close', () => {
      if (recording.end === null) this.#finish(recording, outgoing)
    })
    this.add(recording)
  }

  /** Adds a recording, of this or another process, and removes the oldest beyond the limit. */
  add(recording: Recording): void {
    this.#recordings.set(recording.id, recording)
    const [oldest] = this.#recordings.keys()
    if (this.#recordings.size > maxRecordings) this.#recordings.delete(oldest!)
    this.#notify(recording)
  }

  #finish(recording: Recording, outgoing: ServerResponse): void {
    recording.end = performance.now()
    recording.status = outgoing.headersSent ? outgoing.statusCode : null
    if (recording.responseHeaders.length === 0) {
      recording.responseHeaders = Object.entries(outgoing.getHeaders()).map(([name, value]) => [name, String(value)])
    }
    recording.brokenOff = !outgoing.writableFinished
    this.#notify(recording)
  }

  #notify(recording: Recording): void {
    for (const fn of this.#watchers) fn(recording)
  }

  readonly #step = (message: unknown): void => {
    const context = contextStorage.getStore()
    if (context === undefined) return
    const request = context.request as Request | undefined
    const recording = this.#byContext.get(context) ?? (request && this.#byMessage.get(request.message))
    if (recording === undefined) return
    this.#byContext.set(context, recording)
    if (request !== undefined && request.rule !== null) {
      recording.rule = request.rule
      recording.args = request.ruleArgs
    }
    if (recording.steps.length < maxSteps) recording.steps.push(message as Step)
    else recording.leftOut++
  }
}

function pairs(flat: readonly string[]): [string, string][] {
  const list: [string, string][] = []
  for (let at = 0; at + 1 < flat.length; at += 2) list.push([flat[at]!, flat[at + 1]!])
  return list
}

// Node does not keep headers that writeHead gets as a list.
function noteHeaders(outgoing: ServerResponse, recording: Recording): void {
  const { writeHead } = outgoing
  outgoing.writeHead = function (this: ServerResponse, ...args: unknown[]) {
    const given = args.at(-1)
    if (Array.isArray(given)) recording.responseHeaders = pairs(given.map(String))
    else if (typeof given === 'object' && given !== null)
      recording.responseHeaders = Object.entries(given).map(([name, value]) => [name, String(value)])
    return Reflect.apply(writeHead, this, args)
  } as typeof writeHead
}
