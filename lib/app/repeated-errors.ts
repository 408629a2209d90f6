// Errors that every request has while a store is down. Each kind is logged with its stack once a minute; the others are counted.
import { headline } from '../internal/describe-error.ts'

const interval = 60_000
const maxKinds = 100

/** The errors of one application that were logged lately. */
export class RepeatedErrors {
  readonly #logged = new Map<string, { at: number; repeated: number }>()

  /** Returns the number of errors like this one since it was last logged; undefined if it need not be logged again yet. */
  count(error: unknown): number | undefined {
    // Numbers are times and attempts, which differ.
    const kind = headline(error).replace(/\d+/g, '0')
    const known = this.#logged.get(kind)
    const now = Date.now()
    if (known !== undefined && Math.abs(now - known.at) < interval) {
      known.repeated++
      return undefined
    }
    if (this.#logged.size >= maxKinds) this.#logged.clear()
    this.#logged.set(kind, { at: now, repeated: 0 })
    return known?.repeated ?? 0
  }
}
