// The password of a cache: a text, or a function that returns one for each connection. The function runs beside the requests,
// before the timeout of a connection begins, and once for all that wait. A token with an end is renewed ahead of that.
import { type Clock, withDeadline } from '../../../internal/clock.ts'
import type { CachePassword, CachePasswordSetting } from '../config/cache-servers.ts'
import { CacheUnusable } from './ports.ts'

/** The longest wait in ms for the function. */
const maxWait = 10_000
/** The part of its life after which a token is renewed. */
const renewAfter = 0.8

interface Token {
  readonly password: string
  /** The times of its renewal and its end, in ticks; Infinity where that is not known. */
  readonly renewAt: number
  readonly end: number
}

export class Passwords {
  readonly #given: CachePasswordSetting
  readonly #clock: Clock
  #token: Token | null = null
  #fetching: Promise<Token> | null = null

  constructor(given: CachePasswordSetting | undefined, clock: Clock) {
    this.#given = given ?? null
    this.#clock = clock
  }

  /** Makes sure that a password is at hand for the next connection; undefined where it is. */
  prepare(): Promise<unknown> | undefined {
    if (typeof this.#given !== 'function' || this.#current() !== null) return undefined
    return this.#fetch()
  }

  /** Returns the password of a new connection. A text that a function gave serves one connection. */
  async take(): Promise<string | null> {
    if (typeof this.#given !== 'function') return this.#given
    const token = this.#current() ?? (await this.#fetch())
    if (token.end === Number.POSITIVE_INFINITY) this.#token = null
    return token.password
  }

  /**
   * Calls `use` with each new token before the last one ends, for a connection that lives longer. Returns a function that
   * ends this.
   */
  renew(use: (password: string) => void): () => void {
    let cancel = () => {}
    let isOver = false
    const wait = (ms: number) => {
      cancel = this.#clock.timer(ms, () => void next(), true)
    }
    const next = async () => {
      try {
        const token = await this.#fetch()
        if (isOver) return
        use(token.password)
        plan(token)
      } catch {
        // The connection goes on with what it has; if that is lost, the next one says why.
        if (!isOver) wait(maxWait)
      }
    }
    const plan = ({ renewAt }: Token) => {
      if (renewAt !== Number.POSITIVE_INFINITY) wait(Math.max(renewAt - this.#clock.ticks(), 1000))
    }
    if (this.#token !== null) plan(this.#token)
    return () => {
      isOver = true
      cancel()
    }
  }

  #current(): Token | null {
    return this.#token !== null && this.#token.renewAt > this.#clock.ticks() ? this.#token : null
  }

  #fetch(): Promise<Token> {
    this.#fetching ??= this.#ask().finally(() => {
      this.#fetching = null
    })
    return this.#fetching
  }

  async #ask(): Promise<Token> {
    const asked = this.#clock.ticks()
    const given = this.#given as () => CachePassword | Promise<CachePassword>
    let result: unknown
    try {
      const late = () => new Error(`it gave none within ${maxWait / 1000} s`)
      result = await withDeadline(this.#clock, maxWait, Promise.resolve(given()), late)
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      // Not tried again with each change, as a refused connection is: the function may ask a server of its own.
      throw new CacheUnusable(`cachePassword failed: ${why}`, { cause: error })
    }
    this.#token = tokenOf(result, asked)
    return this.#token
  }
}

function tokenOf(result: unknown, asked: number): Token {
  const { password, expiresIn } = (typeof result === 'string' ? { password: result } : (result ?? {})) as {
    password?: unknown
    expiresIn?: unknown
  }
  const isForEver = typeof result === 'string'
  if (typeof password !== 'string' || !(isForEver || (typeof expiresIn === 'number' && expiresIn > 0))) {
    throw new CacheUnusable('cachePassword has to return a text, or { password, expiresIn } with a number of seconds')
  }
  const ms = isForEver ? Number.POSITIVE_INFINITY : (expiresIn as number) * 1000
  return { password, renewAt: asked + ms * renewAfter, end: asked + ms }
}
