// The counters of the repository: plain numbers, so that counting costs nothing worth measuring.
import type { CacheCounters } from '../cache/ports.ts'
import type { CacheServerState } from './ports.ts'

/** Calls of one kind: how many, how many failed, how long they took. */
export class Calls {
  count = 0
  failed = 0
  #total = 0
  /** Durations by powers of √2, from 10 µs. */
  readonly #steps = new Uint32Array(48)

  add(ms: number, failed: boolean): void {
    this.count++
    if (failed) this.failed++
    this.#total += ms
    const step = Math.ceil(2 * Math.log2(Math.max(ms, 0.01) / 0.01))
    this.#steps[Math.min(step, 47)]!++
  }

  /** In ms, as the other durations. */
  get mean(): number {
    return this.count === 0 ? 0 : this.#total / this.count
  }

  /** The duration that a part of the calls did not pass, up to 40 % too high. */
  quantile(part: number): number {
    let seen = 0
    for (const [step, count] of this.#steps.entries()) {
      seen += count
      if (seen >= part * this.count) return this.count === 0 ? 0 : 0.01 * 2 ** (step / 2)
    }
    return Number.POSITIVE_INFINITY
  }

  toJSON(): Record<string, number> {
    const rounded = (ms: number) => Number(ms.toPrecision(3))
    const { count, failed } = this
    return {
      count,
      failed,
      mean: rounded(this.mean),
      p50: rounded(this.quantile(0.5)),
      p99: rounded(this.quantile(0.99)),
    }
  }
}

/** The counters of a repository and its cache. */
export class Counters implements CacheCounters {
  loads = 0
  saves = 0
  transactions = 0
  commits = 0
  retries = 0
  /** Saves that found another version than the request had read, and was read and merged again. */
  outdated = 0
  aborted = 0
  /** Commits whose response was lost, found by their token. */
  recognised = 0
  unavailable = 0
  merges = 0
  /** Places where two requests changed the same thing and the later commit won. */
  conflicts = 0
  /** Writes dropped because the session was destroyed, moved or expired meanwhile. */
  dropped = 0
  tombstonesMet = 0
  touches = 0
  touchesFailed = 0
  cacheHits = 0
  cacheMisses = 0
  leasesMet = 0
  fills = 0
  cacheBypassed = 0
  breakerOpened = 0
  cacheUnconfirmed = 0
  cacheBroken = 0
  /** Datastore's calls. A read begins a transaction in the same call. */
  lookup = new Calls()
  read = new Calls()
  commit = new Calls()
  query = new Calls()
  /** The calls to the cache of a load or save, together. */
  cache = new Calls()
}

/** Counts the events of devices since the process began. */
export class DeviceCounters {
  /** Offers sent to browsers. */
  offered = 0
  registered = 0
  registrationsRefused = 0
  refreshed = 0
  /** Refreshes that got a new challenge, as they brought none or an old one. */
  challenged = 0
  /** Refreshes that ended a binding in the browser. */
  stopped = 0
  /** Navigations from other sites that were begun again. */
  bounced = 0
  /** Requests whose browser could not refresh. */
  skipped = 0
  /** Bound sessions asked for without proof. */
  refused = 0
}

/** The counters, and the state of each cache server. */
export type SessionCounters = Counters & {
  servers: readonly CacheServerState[]
  /** Of the devices that sessions are bound to; null where `deviceBound` is off. */
  device: DeviceCounters | null
}

/** The counters alone, with the number of calls for their kinds: what only ever grows. */
export function totals(counters: Counters): Record<string, number> {
  return Object.fromEntries(
    Object.entries(counters).map(([name, value]) => [name, typeof value === 'number' ? value : (value as Calls).count]),
  )
}
