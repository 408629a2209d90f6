// The time that one load or save may take in all, retries included: every call and every pause is cut from one budget,
// so that no hung server can hold a request longer.
import { type Clock, withDeadline } from '../../../internal/clock.ts'
import { TipfyError } from '../../../internal/errors.ts'
import { NewerFormat, newestFormat } from '../data/record-format.ts'
import type { Calls } from './counters.ts'
import { PortError } from './ports.ts'

/** The remedies name what there is to check. */
const checks = {
  cloud: 'that Datastore can be reached, the project and its database, and what the credentials may do',
  embedded: 'the data folder: that it is there, can be written, and that its disk is not full',
  newer: `that all processes run the newest version of tipfy, or that it writes \`recordFormat: ${newestFormat}\` until they do`,
}

/** Sessions cannot be loaded or saved: a response with 503 and, where it may pass, Retry-After. */
export class RepositoryUnavailable extends TipfyError<
  'TIPFY_E_SESSION_STORE_UNAVAILABLE' | 'TIPFY_E_SESSION_STORE_REFUSED'
> {
  /** Seconds after which to try again; null where that is of no use. */
  readonly retryAfter: number | null

  constructor(
    what: string,
    why: string,
    retryAfter: number | null = 1,
    { isEmbedded, ...options }: ErrorOptions & { isEmbedded?: boolean } = {},
  ) {
    const code = retryAfter === null ? 'TIPFY_E_SESSION_STORE_REFUSED' : 'TIPFY_E_SESSION_STORE_UNAVAILABLE'
    const isNewer = (options.cause as Error | undefined)?.cause instanceof NewerFormat
    super(code, { what, why, check: checks[isNewer ? 'newer' : isEmbedded ? 'embedded' : 'cloud'] }, options)
    this.retryAfter = retryAfter
  }
}

export class TimeBudget {
  readonly #clock: Clock
  readonly #end: number
  readonly #keepsTime: boolean
  /** The message of the last call that failed other than by a change that came first. */
  failure: string | undefined

  /** @param ms the whole budget @param keepsTime whether the calls settle in time by themselves */
  constructor(clock: Clock, ms: number, keepsTime = false) {
    this.#clock = clock
    this.#keepsTime = keepsTime
    this.#end = clock.ticks() + ms
  }

  get left(): number {
    return this.#end - this.#clock.ticks()
  }

  /** Runs one call with a timeout of half of what is left: a call that hangs leaves time to find out what became of it. */
  async call<T>(calls: Calls, call: (timeout: number) => Promise<T>): Promise<T> {
    const { left } = this
    if (left <= 0) throw new PortError('busy', this.failure ?? 'no time left')
    const timeout = Math.ceil(Math.min(left, Math.max(left / 2, 100)))
    const start = this.#clock.ticks()
    // In a remnant of the time, silence says less than the failure before it.
    const silence = (ms: number) =>
      timeout < 100 && this.failure ? new PortError('unknown', this.failure) : noResponse(ms)
    try {
      // Told to hurry, the server itself can say in time what the call waited for, and that it was not applied.
      const made = call(Math.max(timeout * 0.8, timeout - 100))
      const result = await (this.#keepsTime ? made : withDeadline(this.#clock, timeout, made, silence))
      calls.add(this.#clock.ticks() - start, false)
      return result
    } catch (error) {
      calls.add(this.#clock.ticks() - start, true)
      if (error instanceof PortError && error.reason !== 'outdated') this.failure = error.message
      throw error
    }
  }

  /** Waits `ms`; false at once where that is more than is left. */
  async pause(ms: number): Promise<boolean> {
    if (ms >= this.left) return false
    await new Promise<void>((resolve) => this.#clock.timer(ms, resolve))
    return true
  }
}

function noResponse(ms: number): PortError {
  return new PortError('unknown', `no response within ${Math.round(ms)} ms`)
}
