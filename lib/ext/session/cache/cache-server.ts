// One cache server, kept from ever costing more than one short wait: a deadline on every call, a breaker that opens at the
// first failure, and attempts to use it again made beside the requests. A server that missed a change is not used again
// before the keys it missed have been deleted from it: that is tried until it is done, or their entries must have expired.
// Nor is one that could not be reached read before the other processes, which perhaps could not reach it either, have done the same.
import { AsyncLocalStorage } from 'node:async_hooks'
import { type Clock, withDeadline } from '../../../internal/clock.ts'
import { MissedKeys } from './missed-keys.ts'
import { type CacheConnection, type CacheCounters, type CacheLink, CacheRefused, CacheUnusable } from './ports.ts'

export interface CacheServerSettings {
  /** The longest wait in ms that one load or save may spend on this server. */
  timeout: number
  /** Milliseconds for a connection to come about, beside the requests. */
  connectTimeout: number
  /** Milliseconds that an entry can live. */
  entryLife: number
  /** Called when the server stops and starts to work. */
  onTrouble: (message: string) => void
}

/** Pauses after the first failure in a while, in ms, and after the second; from then on they double. */
const firstPause = 20
const secondPause = 1000
const maxPause = 8000
/** The pause before a missed change is first tried again, in ms; it doubles as well, up to the longest. */
const firstRetry = 20
const maxRetry = 1000
/** A key that no session has, to see if a server responds. */
const probe = 'tipfy:probe'
/** Missed keys that are remembered one by one. */
const maxMissed = 20_000
/** Keys deleted together. */
const maxDeleted = 100

interface Used {
  connection: CacheConnection | null
  isGivenUp: boolean
}

export class CacheServer {
  readonly #link: CacheLink
  readonly #clock: Clock
  readonly #counters: CacheCounters
  readonly #settings: CacheServerSettings
  // Connections are opened and mended in the context the server was made in: their callbacks must not keep a request alive.
  readonly #outside = AsyncLocalStorage.snapshot()
  #connection: CacheConnection | null = null
  #connecting: Promise<CacheConnection> | null = null
  readonly #missed: MissedKeys
  #state: 'closed' | 'open' | 'mending' = 'closed'
  #pause = firstPause
  #notBefore = 0
  /** Until then it may hold entries that it was not told of and that are forgotten here. */
  #expiredAt = 0
  /** Until then it is looked for though it missed nothing: it has to be there for the next change. */
  #soughtUntil = 0
  /** When it was reached again after a failure. */
  #reachedAt: number | null = null
  /** It failed without letting anything wait: to try it once more costs next to nothing. */
  #failsAtOnce = false
  #mending: Promise<void> | null = null
  #doubtUntil = 0
  #failedAt = Number.NEGATIVE_INFINITY
  #retryPause = firstRetry
  #cancelRetry: (() => void) | null = null
  /** The log has been told that the server is left alone. */
  #isReported = false
  #isOver = false

  constructor(link: CacheLink, clock: Clock, counters: CacheCounters, settings: CacheServerSettings) {
    this.#link = link
    this.#clock = clock
    this.#missed = new MissedKeys(clock)
    this.#counters = counters
    this.#settings = settings
  }

  get state(): 'closed' | 'open' | 'mending' {
    return this.#state
  }

  /** It has failed just now, and is tried again at once: perhaps it is only slow. */
  get isInDoubt(): boolean {
    return this.#state !== 'closed' && this.#clock.ticks() < this.#doubtUntil && !this.#isOver
  }

  get name(): string {
    return this.#link.name
  }

  /** Returns true if the server can be used now. If not, and it is time, begins to connect again, in the background. */
  #isUsable(): boolean {
    if (this.#state === 'closed') return true
    if (this.#state === 'open' && this.#clock.ticks() >= this.#notBefore) this.#outside(() => void this.#mend())
    return false
  }

  /** Opens the connection, so that the first request finds it open. */
  start(): void {
    const start = this.#clock.ticks()
    this.#connect().catch((error) => this.#fail(error, start))
  }

  /** Changes are sent to a server that responds again, though it is not used for reads yet. */
  #isTold(isChange: boolean): boolean {
    return isChange && this.#connection?.alive === true
  }

  /**
   * Runs `work` with a connection, all of it within the timeout. Returns undefined where the server is not usable, or failed:
   * then the breaker is open. Throws CacheRefused.
   */
  async use<T>(work: (connection: CacheConnection) => Promise<T>, isChange = false): Promise<T | undefined> {
    // The connection that was lost beside the requests may have been idle, or the server is gone: the one in its place is not read at once.
    if (this.#state === 'closed' && this.#connection?.alive === false) this.#fail(null, this.#clock.ticks())
    if (!this.#isUsable() && !this.#isTold(isChange)) {
      this.#counters.cacheBypassed++
      this.#soughtUntil = this.#clock.ticks() + this.#settings.entryLife
      this.#retryLater()
      return undefined
    }
    const used: Used = { connection: this.#connection?.alive ? this.#connection : null, isGivenUp: false }
    const start = this.#clock.ticks()
    try {
      const all = used.connection === null ? this.#connectFirst(work, used) : work(used.connection)
      const result = await withDeadline(this.#clock, this.#settings.timeout, all)
      this.#counters.cache.add(this.#clock.ticks() - start, false)
      return result
    } catch (error) {
      used.isGivenUp = true
      this.#counters.cache.add(this.#clock.ticks() - start, true)
      if (error instanceof CacheRefused) throw error
      if (used.connection === null && this.#connecting !== null) this.#connectBeside()
      // An old connection's failure says nothing about the one in use now.
      else if (used.connection === null || used.connection === this.#connection) this.#fail(error, start)
      return undefined
    }
  }

  async #connectFirst<T>(work: (connection: CacheConnection) => Promise<T>, used: Used): Promise<T> {
    used.connection = await this.#connect()
    if (used.isGivenUp) throw new Error('the connection came too late')
    return await work(used.connection)
  }

  /** A connection takes longer than a request may wait: it is awaited beside the requests, which do without until then. */
  #connectBeside(): void {
    if (this.#state !== 'closed') return
    this.#counters.breakerOpened++
    this.#outside(() => void this.#mend())
  }

  /** Notes that the server missed a change: it is not used before `key` is deleted there, which is tried until it is done. */
  miss(key: string): void {
    const until = this.#clock.ticks() + this.#settings.entryLife
    this.#missed.add(key, until)
    if (this.#state === 'closed') this.#fail(new Error('it missed a change'), this.#clock.ticks())
    if (this.#missed.size > maxMissed) {
      // Too many to remember: all that is there now has to expire first.
      this.#missed.confirm()
      this.#expiredAt = until
    }
    this.#retryLater()
  }

  /** Resolves with true once the missed `key` is deleted or its entry has expired, with false after `ms`. */
  confirmed(key: string, ms: number): Promise<boolean> {
    return this.#missed.confirmed(key, ms)
  }

  /**
   * Deletes what was missed at once, if the server does not let anything wait. Else a change would not be seen by a process that
   * has found the server again, or the one in its place, before this one looked for it.
   */
  async retryAtOnce(): Promise<void> {
    const isLost = this.#connection?.alive === false // the one for changes, beside the requests
    if (!(this.#failsAtOnce || isLost) || this.#isOver) return
    if (this.#state === 'open') this.#outside(() => void this.#mend())
    if (this.#mending === null) return
    const silent = () => new Error('it takes too long')
    await withDeadline(this.#clock, this.#settings.timeout, this.#mending, silent).catch(() => {
      this.#failsAtOnce = false
    })
  }

  close(): void {
    this.#isOver = true
    this.#notBefore = Number.POSITIVE_INFINITY
    this.#cancelRetry?.()
    this.#openBreaker()
  }

  #connect(): Promise<CacheConnection> {
    if (this.#connecting !== null) return this.#connecting
    this.#connection?.close()
    this.#connection = null
    const connecting = this.#outside(() => this.#openLink())
    this.#connecting = connecting
    const done = (connection: CacheConnection | null) => {
      // One that comes after its attempt was given up is of no use any more.
      if (this.#connecting !== connecting) return connection?.close()
      this.#connecting = null
      this.#connection = connection
    }
    connecting.then(done, () => done(null))
    return connecting
  }

  #openLink(): Promise<CacheConnection> {
    const { connectTimeout, timeout } = this.#settings
    const ms = Math.max(connectTimeout, timeout)
    const connect = () => withDeadline(this.#clock, ms, this.#link.connect(ms))
    return this.#link.prepare?.()?.then(connect) ?? connect()
  }

  /** @param error null: nobody needs to hear of it unless it fails again */
  #fail(error: unknown, start: number): void {
    const now = this.#clock.ticks()
    if (this.#state === 'open' && this.#connection === null) return
    this.#noteFailure(error, start)
    this.#doubtUntil = this.#state === 'mending' ? 0 : now + this.#settings.timeout
    if (this.#state !== 'mending') this.#retryPause = firstRetry
    if (this.#state === 'open') {
      this.#openBreaker()
      return
    }
    const isAgain = now - this.#failedAt < 4 * maxPause
    this.#pause = isAgain ? Math.min(Math.max(this.#pause * 2, secondPause), maxPause) : firstPause
    this.#failedAt = now
    this.#notBefore = Math.max(this.#notBefore, now + this.#pause)
    if (this.#state === 'closed') this.#counters.breakerOpened++
    if (error !== null && !this.#isReported) {
      this.#isReported = true
      const why = error instanceof Error ? error.message : String(error)
      const bound = Math.round(this.#settings.entryLife / 1000)
      this.#settings.onTrouble(
        `the cache at ${this.name} is left alone, sessions come from Datastore; what it missed may be served by other processes for ${bound} s at most: ${why}`,
      )
    }
    this.#openBreaker()
  }

  #noteFailure(error: unknown, start: number): void {
    const { timeout } = this.#settings
    this.#failsAtOnce = this.#clock.ticks() - start < timeout && !(error instanceof CacheUnusable)
  }

  #openBreaker(): void {
    this.#state = 'open'
    this.#reachedAt = null
    this.#connecting = null
    this.#connection?.close()
    this.#connection = null
  }

  get #isSought(): boolean {
    return this.#missed.size > 0 || (!this.#connection?.alive && this.#clock.ticks() < this.#soughtUntil)
  }

  /** Connects, and deletes what was missed, soon: whether or not a request asks for the server again. */
  #retryLater(): void {
    if (this.#state === 'closed' || !this.#isSought || this.#cancelRetry !== null || this.#isOver) return
    this.#outside(() => {
      this.#cancelRetry = this.#clock.timer(this.#retryPause, () => void this.#retry(), true)
    })
  }

  async #retry(): Promise<void> {
    this.#cancelRetry = null
    this.#retryPause = Math.min(this.#retryPause * 2, maxRetry)
    this.#missed.forgetExpired()
    if (this.#state === 'open' && this.#isSought && !this.#isOver) await this.#mend()
    this.#retryLater()
  }

  /** Milliseconds in which another process, once it can connect again, has deleted what the server missed from it. */
  get #settling(): number {
    return maxRetry + this.#settings.connectTimeout
  }

  /** Connects and deletes what was missed; then the server is used again. */
  #mend(): Promise<void> {
    this.#mending = this.#tryToMend().finally(() => {
      this.#mending = null
    })
    return this.#mending
  }

  async #tryToMend(): Promise<void> {
    const isBack = this.#state === 'open' // not for the first time
    this.#state = 'mending'
    const start = this.#clock.ticks()
    const isEarly = start < this.#notBefore
    const within = <T>(promise: Promise<T>) => withDeadline(this.#clock, this.#settings.timeout, promise)
    try {
      const told = this.#connection?.alive ? this.#connection : null
      if (told !== null) await within(told.get(probe))
      const connection = told ?? (await this.#connect())
      while (this.#missed.size > 0) {
        for (const batch of this.#missed.batches(maxDeleted)) {
          await within(Promise.all(batch.map(([key]) => connection.delete(key))))
          this.#missed.confirm(batch)
        }
      }
      if (!connection.alive) throw new Error('the connection was lost')
      if (this.#isOver) throw new Error('it was closed')
      const now = this.#clock.ticks()
      this.#reachedAt ??= now
      const settledAt = isBack ? this.#reachedAt + this.#settling : 0
      this.#notBefore = Math.max(this.#failsAtOnce ? 0 : this.#notBefore, this.#expiredAt, settledAt)
      if (now < this.#notBefore) {
        this.#state = 'open'
        return
      }
      this.#state = 'closed'
      if (this.#isReported) this.#settings.onTrouble(`the cache at ${this.name} works again`)
      this.#isReported = false
    } catch (error) {
      if (isEarly) {
        this.#noteFailure(error, start)
        this.#openBreaker()
      } else this.#fail(error, start)
    }
  }
}
