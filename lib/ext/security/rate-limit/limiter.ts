// Counts by key in windows of time: in this process, or in a store that several processes share.
//
// A key that is far from its limit is counted here, and its hits are added to the store together: once they are a tenth of what
// the limit leaves, and every second. So the more a key is used, the fewer calls it costs; close to its limit
// each request waits for the store, and the limit is exact. A key that has reached its limit costs one call a second, since
// another process may have reset it.
import { createHmac } from 'node:crypto'
import { type Clock, withDeadline } from '../../../internal/clock.ts'
import { type Count, MemoryCounts } from '../../../server/shared-counts.ts'

/** Counts that several processes share. */
export interface CountStore {
  /** The name for log lines. */
  readonly name: string
  /** Adds hits to the count of a key. A new count ends after `window` ms. */
  add(id: string, hits: number, window: number): Promise<Count>
  /** Forgets the count of a key. */
  delete(id: string): Promise<void>
  /** Deletes some counts that have ended, where the store does not do that itself. */
  sweep?(): Promise<void>
  /** Closes connections after a failure, but for those that are being opened: that may take longer than a hit may wait. */
  drop?(): void
  /** Closes all connections, at the end. */
  close?(): void
}

/** The numbers of a policy. */
export interface Quota {
  readonly limit: number
  /** Seconds. */
  readonly window: number
  /** Without the store: count in this process alone, or reject every hit. */
  readonly storeDown: 'open' | 'closed'
}

/** The result for one hit. */
export interface Verdict {
  /** `unknown`: the store cannot be used, and the policy rejects hits without it. */
  readonly state: 'passed' | 'limited' | 'unknown'
  readonly remaining: number
  /** Seconds until the count begins anew. */
  readonly reset: number
}

export interface LimiterOptions {
  readonly store: CountStore | null
  readonly clock: Clock
  /** Keys counted in this process at the same time. */
  readonly maxKeys: number
  /** Milliseconds to wait for the store. */
  readonly timeout: number
  /** Hides keys in the store: addresses and names are easily guessed from their hash alone. */
  readonly secret: string
  onTrouble(message: string): void
}

/** The part of what a limit leaves that one process may count by itself. */
const share = 0.1
/** Ms between calls for a key that has reached its limit. */
const askEvery = 1000
/** Ms until hits are added to the store, and between sweeps. */
const flushEvery = 1000
const sweepEvery = 60_000
/** Ms that the store is left alone after it failed. */
const pause = 2000
/** Characters of a key that is kept in memory as it is. */
const maxKeyLength = 100

const unknown: Verdict = { state: 'unknown', remaining: 0, reset: Math.ceil(pause / 1000) }

/** A key that this process counts together with others. */
interface Shared {
  readonly id: string
  readonly window: number
  /** The store's count at the last call, and its end. */
  known: number
  expires: number
  /** The ticks of the last call for a key that has reached its limit. */
  askedAt: number
  /** Hits that are being added to the store, and those that wait for that. */
  adding: number
  pending: number
  current: Promise<Flush> | null
  next: Promise<Flush> | null
}

interface Flush {
  /** The store's count before the hits of this call. */
  readonly before: number
}

export class Limiter {
  readonly #options: LimiterOptions
  readonly #memory: MemoryCounts
  readonly #shared = new Map<string, Shared>()
  readonly #dirty = new Set<Shared>()
  #cancelFlush: (() => void) | null = null
  #downUntil = Number.NEGATIVE_INFINITY
  #isDown = false
  #sweptAt: number

  constructor(options: LimiterOptions) {
    this.#options = options
    this.#memory = new MemoryCounts(options.maxKeys)
    this.#sweptAt = options.clock.ticks()
  }

  /** Counts one hit. Returns a promise only if the store must be asked. */
  hit(policy: string, key: string, quota: Quota): Verdict | Promise<Verdict> {
    const now = this.#options.clock.now()
    if (this.#options.store === null) return this.#hitMemory(this.#memoryId(policy, key), quota, now)
    const shared = this.#sharedFor(policy, key, quota, now)
    const isUsable = this.#isUsable()
    if (shared.known >= quota.limit) {
      const ticks = this.#options.clock.ticks()
      if (!isUsable || ticks - shared.askedAt < askEvery) return verdict(quota, shared.known + 1, shared.expires, now)
      shared.askedAt = ticks
    }
    // A hit that gets a 503 is not counted: after an outage those who tried again would be locked out.
    if (!isUsable && quota.storeDown === 'closed') return unknown
    shared.pending++
    if (!isUsable) return this.#withoutStore(shared, quota, now)
    const waiting = shared.adding + shared.pending
    if (shared.expires > 0 && waiting <= share * (quota.limit - shared.known)) {
      this.#flushLater(shared)
      return verdict(quota, shared.known + waiting, shared.expires, now)
    }
    return this.#hitStore(shared, quota, now)
  }

  #hitMemory(id: string, quota: Quota, now: number): Verdict {
    const { count, expires } = this.#memory.add(id, 1, quota.window * 1000, now)
    return verdict(quota, count, expires, now)
  }

  async #hitStore(shared: Shared, quota: Quota, now: number): Promise<Verdict> {
    const place = shared.pending
    try {
      const { before } = await this.#flush(shared)
      void this.#sweep()
      return verdict(quota, before + place, shared.expires, now)
    } catch {
      return this.#withoutStore(shared, quota, now)
    }
  }

  #withoutStore(shared: Shared, quota: Quota, now: number): Verdict {
    if (quota.storeDown === 'closed') return unknown
    if (shared.expires === 0) shared.expires = now + shared.window
    return verdict(quota, shared.known + shared.adding + shared.pending, shared.expires, now)
  }

  #sharedFor(policy: string, key: string, quota: Quota, now: number): Shared {
    const id = this.#idOf(policy, key)
    const found = this.#shared.get(id)
    if (found !== undefined && (found.expires === 0 || found.expires > now)) {
      this.#shared.delete(id) // the one used last comes last
      this.#shared.set(id, found)
      return found
    }
    const made: Shared = {
      id,
      window: quota.window * 1000,
      known: 0,
      expires: 0,
      askedAt: Number.NEGATIVE_INFINITY,
      adding: 0,
      pending: 0,
      current: null,
      next: null,
    }
    this.#shared.set(id, made)
    if (this.#shared.size > this.#options.maxKeys) this.#shared.delete(this.#shared.keys().next().value!)
    return made
  }

  /** Long keys are hashed: what a client sends as its name may have megabytes. */
  #memoryId(policy: string, key: string): string {
    return key.length > maxKeyLength ? this.#idOf(policy, key) : `${policy} ${key}`
  }

  #idOf(policy: string, key: string): string {
    return createHmac('sha256', this.#options.secret).update(`${policy}\0${key}`).digest('base64url')
  }

  /** Forgets what a key has used. */
  async reset(policy: string, key: string): Promise<void> {
    const { store } = this.#options
    if (store === null) return this.#memory.delete(this.#memoryId(policy, key))
    const id = this.#idOf(policy, key)
    const shared = this.#shared.get(id)
    this.#shared.delete(id)
    if (shared !== undefined) this.#dirty.delete(shared)
    if (!this.#isUsable()) return
    await shared?.current?.catch(() => {})
    await this.#call((usable) => usable.delete(id)).catch(() => {})
  }

  #isUsable(): boolean {
    return !this.#isDown || this.#options.clock.ticks() >= this.#downUntil
  }

  /** Adds the pending hits of a key to the store. One call at a time: hits that come meanwhile go with the next. */
  #flush(shared: Shared): Promise<Flush> {
    shared.next ??= this.#flushAfter(shared, shared.current)
    return shared.next
  }

  async #flushAfter(shared: Shared, current: Promise<Flush> | null): Promise<Flush> {
    await current?.catch(() => {})
    shared.current = shared.next
    shared.next = null
    this.#dirty.delete(shared)
    const hits = shared.pending
    shared.adding = hits
    shared.pending = 0
    try {
      const { count, expires } = await this.#call((store) => store.add(shared.id, hits, shared.window))
      shared.known = count
      shared.expires = expires
      shared.askedAt = this.#options.clock.ticks()
      return { before: count - hits }
    } catch (error) {
      shared.pending += hits
      throw error
    } finally {
      shared.adding = 0
      shared.current = null
    }
  }

  async #call<T>(work: (store: CountStore) => Promise<T>): Promise<T> {
    const { store, clock, timeout, onTrouble } = this.#options
    try {
      const result = await withDeadline(clock, timeout, work(store!))
      if (this.#isDown) onTrouble(`the counts of rate limits are kept in ${store!.name} again`)
      this.#isDown = false
      return result
    } catch (error) {
      this.#downUntil = clock.ticks() + pause
      store!.drop?.()
      if (!this.#isDown) {
        const why = String((error as Error)?.message ?? error).replace(/\.+$/, '')
        onTrouble(
          `the counts of rate limits in ${store!.name} cannot be used: ${why}. Policies with storeDown 'closed' reject every request; for the others each process counts alone`,
        )
      }
      this.#isDown = true
      throw error
    }
  }

  #flushLater(shared: Shared): void {
    this.#dirty.add(shared)
    this.#cancelFlush ??= this.#options.clock.timer(flushEvery, () => void this.flush(), true)
  }

  /** Adds all pending hits to the store. */
  async flush(): Promise<void> {
    this.#cancelFlush?.()
    this.#cancelFlush = null
    const now = this.#options.clock.now()
    const due = [...this.#dirty].filter(({ expires }) => expires > now)
    this.#dirty.clear()
    if (!this.#isUsable()) return
    await Promise.all(due.map((shared) => this.#flush(shared).catch(() => {})))
    await this.#sweep()
  }

  async #sweep(): Promise<void> {
    const { clock, store } = this.#options
    if (store?.sweep === undefined || clock.ticks() - this.#sweptAt < sweepEvery) return
    this.#sweptAt = clock.ticks()
    await this.#call((usable) => usable.sweep!()).catch(() => {})
  }
}

function verdict({ limit, window }: Quota, place: number, expires: number, now: number): Verdict {
  return {
    state: place <= limit ? 'passed' : 'limited',
    remaining: Math.max(0, limit - place),
    // The store may have begun the window after `now`, and by another clock.
    reset: Math.min(Math.max(1, Math.ceil((expires - now) / 1000)), Math.ceil(window)),
  }
}
