// One memcached server, kept from ever costing more than one short wait: a deadline on every call, a breaker that opens
// at the first failure, and tries to mend made beside the requests. A server that missed a change is not used again
// before the keys it missed have been deleted from it.
import { AsyncLocalStorage } from 'node:async_hooks'
import { type Clock, withDeadline } from '../../../internal/clock.ts'
import { type CacheConnection, type CacheCounters, type CacheLink, CacheRefused } from './ports.ts'

export interface CacheServerSettings {
  /** The longest wait in ms that one load or save may spend on this server. */
  timeout: number
  /** How long an entry can live, in ms. */
  entryLife: number
  /** Told when the server stops and starts to work. */
  onTrouble: (message: string) => void
}

/** A pause after the first failure, in ms; it doubles with each further one. */
const firstPause = 1000
const longestPause = 8000
/** More missed keys than this are not remembered one by one. */
const mostOwed = 20_000

interface Used {
  connection: CacheConnection | null
}

export class CacheServer {
  readonly #link: CacheLink
  readonly #clock: Clock
  readonly #counters: CacheCounters
  readonly #settings: CacheServerSettings
  // Connections are opened in the context the server was made in: their callbacks must not keep a request alive.
  readonly #outside = AsyncLocalStorage.snapshot()
  #connection: CacheConnection | null = null
  #connecting: Promise<CacheConnection> | null = null
  /** Keys to delete before the server is used again. */
  readonly #owed = new Set<string>()
  #state: 'closed' | 'open' | 'mending' = 'closed'
  #pause = firstPause
  #notBefore = 0
  #failedAt = Number.NEGATIVE_INFINITY

  constructor(link: CacheLink, clock: Clock, counters: CacheCounters, settings: CacheServerSettings) {
    this.#link = link
    this.#clock = clock
    this.#counters = counters
    this.#settings = settings
  }

  get state(): 'closed' | 'open' | 'mending' {
    return this.#state
  }

  get name(): string {
    return this.#link.name
  }

  /** Whether the server can be used now. Where not, and it is time, sets out to mend it, which nobody waits for. */
  #isUsable(): boolean {
    if (this.#state === 'closed') return true
    if (this.#state === 'open' && this.#clock.ticks() >= this.#notBefore) void this.#mend()
    return false
  }

  /** Opens the connection, so that the first request finds it open. */
  start(): void {
    this.use(() => Promise.resolve()).catch(() => {})
  }

  /**
   * Runs `work` with a connection, all of it within the timeout. Undefined where the server is not usable, or failed: then
   * the breaker is open. CacheRefused is thrown.
   */
  async use<T>(work: (connection: CacheConnection) => Promise<T>): Promise<T | undefined> {
    if (!this.#isUsable()) {
      this.#counters.cacheBypassed++
      return undefined
    }
    const used: Used = { connection: this.#connection?.alive ? this.#connection : null }
    const start = this.#clock.ticks()
    try {
      const all = used.connection === null ? this.#connectFirst(work, used) : work(used.connection)
      const result = await withDeadline(this.#clock, this.#settings.timeout, all)
      this.#counters.memcached.add(this.#clock.ticks() - start, false)
      return result
    } catch (error) {
      this.#counters.memcached.add(this.#clock.ticks() - start, true)
      if (error instanceof CacheRefused) throw error
      // An old connection's failure says nothing about the one in use now.
      if (used.connection === null || used.connection === this.#connection) this.#fail(error)
      return undefined
    }
  }

  async #connectFirst<T>(work: (connection: CacheConnection) => Promise<T>, used: Used): Promise<T> {
    used.connection = await this.#connect()
    return await work(used.connection)
  }

  /** A change could not be told to the server: it is not used before `key` is deleted there. */
  owe(key: string): void {
    this.#owed.add(key)
    if (this.#state === 'closed') this.#fail(new Error('it missed a change'))
    if (this.#owed.size <= mostOwed) return
    // Too many to remember: wait until everything that is there now has expired.
    this.#owed.clear()
    this.#notBefore = this.#clock.ticks() + this.#settings.entryLife
  }

  close(): void {
    this.#state = 'open'
    this.#notBefore = Number.POSITIVE_INFINITY
    this.#connecting = null // what comes of it is closed
    this.#connection?.close()
    this.#connection = null
  }

  #connect(): Promise<CacheConnection> {
    if (this.#connecting !== null) return this.#connecting
    this.#connection?.close()
    this.#connection = null
    const connecting = this.#outside(() => this.#link.connect(this.#settings.timeout))
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

  #fail(error: unknown): void {
    if (this.#state === 'open') return
    const now = this.#clock.ticks()
    this.#pause = now - this.#failedAt < 4 * longestPause ? Math.min(this.#pause * 2, longestPause) : firstPause
    this.#failedAt = now
    this.#notBefore = Math.max(this.#notBefore, now + this.#pause)
    if (this.#state === 'closed') {
      this.#counters.breakerOpened++
      const why = error instanceof Error ? error.message : String(error)
      this.#settings.onTrouble(`memcached ${this.name} is left alone, sessions come from Datastore: ${why}`)
    }
    this.#state = 'open'
    this.#connecting = null
    this.#connection?.close()
    this.#connection = null
  }

  async #mend(): Promise<void> {
    this.#state = 'mending'
    const within = <T>(promise: Promise<T>) => withDeadline(this.#clock, this.#settings.timeout, promise)
    try {
      const connection = await within(this.#connect())
      while (this.#owed.size > 0) {
        const keys = [...this.#owed].slice(0, 100)
        // Before the calls: a key that is owed again meanwhile is another debt.
        for (const key of keys) this.#owed.delete(key)
        try {
          await within(Promise.all(keys.map((key) => connection.delete(key))))
        } catch (error) {
          for (const key of keys) this.#owed.add(key)
          throw error
        }
      }
      if (!connection.alive) throw new Error('the connection was lost')
      // It was closed, or missed more meanwhile than is remembered: what is there has to expire first.
      if (this.#clock.ticks() < this.#notBefore) throw new Error('it missed too many changes')
      this.#state = 'closed'
      this.#settings.onTrouble(`memcached ${this.name} works again`)
    } catch (error) {
      this.#fail(error)
    }
  }
}
