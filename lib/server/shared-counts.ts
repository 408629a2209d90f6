// Counts in memory that expire, and counts that all workers share: the primary process keeps them, and workers send it messages.
import cluster, { type Worker } from 'node:cluster'

/** A count and the time at which it ends, in ms since 1970. */
export interface Count {
  readonly count: number
  readonly expires: number
}

/** Returns a count with more hits: `known`, or a new one that ends after `window` ms where there is none, or it has ended. */
export function addHits(known: Count | undefined, hits: number, window: number, now: number): Count {
  return known !== undefined && known.expires > now
    ? { count: known.count + hits, expires: known.expires }
    : { count: hits, expires: now + window }
}

/** The counts of the primary process; those that were not used for the longest time are forgotten first. */
const maxCounts = 100_000

/** Counts in memory, at most as many as `max`. */
export class MemoryCounts {
  readonly #counts = new Map<string, Count>()
  readonly #max: number

  constructor(max = maxCounts) {
    this.#max = max
  }

  /** Adds to the count of a key. A new one ends after `window` ms. */
  add(key: string, hits: number, window: number, now: number): Count {
    const count = addHits(this.#counts.get(key), hits, window, now)
    this.#counts.delete(key) // a Map is in the order of insertion
    this.#counts.set(key, count)
    if (this.#counts.size > this.#max) this.#counts.delete(this.#counts.keys().next().value!)
    return count
  }

  delete(key: string): void {
    this.#counts.delete(key)
  }
}

type CountMessage =
  | { tipfy: 'count'; call: number; key: string; hits: number; window: number }
  | { tipfy: 'uncount'; call: number; key: string }
type CountedMessage = { tipfy: 'counted'; call: number } & Count

/** The environment variable of workers whose primary process keeps counts. */
export const sharingVariable = 'TIPFY_SHARED_COUNTS'

/** Keeps, in the primary process, the counts of all workers. */
export function keepCounts(): void {
  const counts = new MemoryCounts()
  cluster.on('message', (from: Worker, message: CountMessage) => {
    if (message.tipfy !== 'count' && message.tipfy !== 'uncount') return
    let counted: Count = { count: 0, expires: 0 }
    if (message.tipfy === 'count') counted = counts.add(message.key, message.hits, message.window, Date.now())
    else counts.delete(message.key)
    if (from.isConnected()) from.send({ tipfy: 'counted', call: message.call, ...counted }, () => {})
  })
}

/** The counts that the primary process keeps, as a worker sees them. */
export class PrimaryCounts {
  readonly #waiting = new Map<number, (count: Count) => void>()
  #calls = 0

  /** Returns true in a worker of `tipfy serve --workers`. */
  static get areKept(): boolean {
    return cluster.isWorker && process.env[sharingVariable] === '1'
  }

  constructor() {
    process.on('message', (message: CountedMessage) => {
      if (message.tipfy !== 'counted') return
      this.#waiting.get(message.call)?.(message)
      this.#waiting.delete(message.call)
    })
  }

  add(key: string, hits: number, window: number): Promise<Count> {
    return this.#ask((call) => ({ tipfy: 'count', call, key, hits, window }))
  }

  async delete(key: string): Promise<void> {
    await this.#ask((call) => ({ tipfy: 'uncount', call, key }))
  }

  #ask(message: (call: number) => CountMessage): Promise<Count> {
    const call = ++this.#calls
    return new Promise((resolve, reject) => {
      this.#waiting.set(call, resolve)
      process.send!(message(call), undefined, undefined, (error) => {
        if (error === null) return
        this.#waiting.delete(call)
        reject(error)
      })
    })
  }
}
