// The keys whose change a server of the cache missed: what is there must not be served, so they are deleted before it is used again.
import type { Clock } from '../../../internal/clock.ts'

/** A key to delete. */
interface Missed {
  /** By then its entry has expired. */
  readonly until: number
  /** Called once it is deleted, or has expired. */
  readonly confirmed: (() => void)[]
}

type Batch = readonly (readonly [key: string, missed: Missed])[]

export class MissedKeys {
  readonly #clock: Clock
  readonly #keys = new Map<string, Missed>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get size(): number {
    return this.#keys.size
  }

  /** @param until when its entry has expired, later than those of all others */
  add(key: string, until: number): void {
    const confirmed = this.#keys.get(key)?.confirmed ?? []
    this.#keys.delete(key) // the one that expires last stands last
    this.#keys.set(key, { until, confirmed })
  }

  /** Yields the keys, at most `max` together: to be deleted, and then confirmed. One walk: a Map keeps the places of deleted keys. */
  *batches(max: number): Generator<Batch> {
    let batch: [string, Missed][] = []
    for (const entry of this.#keys) {
      batch.push(entry)
      if (batch.length < max) continue
      yield batch
      batch = []
    }
    if (batch.length > 0) yield batch
  }

  /** Forgets keys that were deleted. One that was missed again meanwhile has to be deleted again. */
  confirm(batch: Batch = [...this.#keys]): void {
    for (const [key, missed] of batch) {
      if (this.#keys.get(key) !== missed) continue
      this.#keys.delete(key)
      for (const confirmed of missed.confirmed) confirmed()
    }
  }

  forgetExpired(): void {
    const now = this.#clock.ticks()
    const expired: [string, Missed][] = []
    for (const entry of this.#keys) {
      if (entry[1].until > now) break
      expired.push(entry)
    }
    this.confirm(expired)
  }

  /** Resolves with true once `key` is deleted or its entry has expired, with false after `ms`. */
  async confirmed(key: string, ms: number): Promise<boolean> {
    const missed = this.#keys.get(key)
    if (missed === undefined) return true
    if (ms <= 0) return false
    return new Promise((resolve) => {
      const cancel = this.#clock.timer(ms, () => resolve(false))
      missed.confirmed.push(() => {
        cancel()
        resolve(true)
      })
    })
  }
}
