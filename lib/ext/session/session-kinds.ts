// The kinds of session of an application: for each name its cookie, its signer and its backend.
import { TipfyError } from '../../internal/errors.ts'
import { describeGiven } from '../../internal/has-text.ts'
import type { Backend, SessionKind } from './backends/kind.ts'
import { checkCookie, cookieAttributes, cookieNames, failOption, type SessionCookie } from './config/cookie.ts'
import type { Settings } from './config/settings.ts'
import { Encryption } from './cookies/encryption.ts'
import type { SignedName } from './cookies/signed-cookie.ts'
import { CookieSigner, type SignerOptions } from './cookies/signing.ts'

/** The backend of a session with its own name, and the attributes of its cookie. */
export interface SessionOptions extends Partial<SessionCookie> {
  /** The backend that keeps it. Default: that of the main session. */
  backend?: Backend
  /** Seconds without a request until it ends. */
  expiration?: number
}

/** The names of options, of getSession() and of setSecureCookie(). */
export const sessionOptions: readonly string[] = ['backend', 'expiration', ...cookieNames]
export const valueOptions = cookieNames.filter((name) => name !== 'prefix')

/** Limits the names that are remembered: a program that makes names up at run time must not fill the memory. */
const maxNames = 200

export class SessionKinds {
  readonly settings: Settings
  /** The kind of the global `session`. */
  readonly main: SessionKind
  /** The cookie behind CSRF tokens. */
  readonly csrf: SignedName
  readonly #cookie: SessionCookie
  readonly #named = new Map<string, SessionKind>()
  readonly #values = new Map<string, SignedName>()

  constructor(settings: Settings, backend: Backend) {
    this.settings = settings
    this.#cookie = cookieAttributes(settings.cookie)
    const name = backend === 'securecookie' ? settings.cookieName : settings.idCookieName
    this.main = this.#kind(backend, name, this.#cookie, settings.expiration, 4 << 20)
    const options = { maxAge: null, anyTime: true, maxLength: 200, tableBytes: 1 << 20 }
    this.csrf = this.#signed(settings.csrfCookieName, 'csrf', this.#cookie, options)
  }

  /** The kind of a session that `getSession` asks for; the same object for the same options. */
  named(name: string, options: SessionOptions): SessionKind {
    const { backend = this.main.backend, expiration = this.settings.expiration, ...cookie } = options
    if (backend !== 'securecookie' && backend !== 'datastore') {
      throw new TipfyError('TIPFY_E_SESSION_BACKEND', { name, backend: describeGiven(backend) })
    }
    return remembered(this.#named, keyOf(name, backend, expiration, cookie), () => {
      const attributes = cookieAttributes(cookie, this.#cookie, failOption('getSession()'))
      const kind = this.#kind(backend, name, attributes, expiration, 256 << 10)
      // The two would overwrite each other.
      if (kind.name === this.csrf.name) throw new TipfyError('TIPFY_E_SESSION_NAME', { name: kind.name })
      return kind
    })
  }

  /** A signed cookie of the user's own. */
  valueCookie(name: string, cookie: Partial<SessionCookie> = {}): SignedName {
    return remembered(this.#values, keyOf(name, cookie), () => {
      const attributes = cookieAttributes({ ...cookie, prefix: null }, this.#cookie, failOption('setSecureCookie()'))
      return this.#signedData(name, 'value', attributes, { maxAge: null, tableBytes: 64 << 10 })
    })
  }

  #kind(backend: Backend, name: string, cookie: SessionCookie, expiration: number, tableBytes: number): SessionKind {
    const { settings } = this
    const options = { maxAge: expiration, tableBytes }
    const signed =
      backend === 'datastore'
        ? this.#signed(name, 'id', cookie, { ...options, maxLength: 200 })
        : this.#signedData(name, 'session', cookie, { ...options, absoluteAge: settings.absoluteExpiration })
    return { ...signed, backend, expiration, settings }
  }

  #signed(name: string, kind: string, cookie: SessionCookie, options: SignerOptions): SignedName {
    const { keys, maxCookieSize } = this.settings
    const full = checkCookie(name, cookie)
    const signer = new CookieSigner(keys, full, kind, { maxLength: maxCookieSize, ...options })
    return { name: full, cookie, signer }
  }

  /** A cookie that holds data: encrypted if so configured, under a kind of its own so that plain ones do not count then. */
  #signedData(name: string, kind: string, cookie: SessionCookie, options: SignerOptions): SignedName {
    if (!this.settings.encrypt) {
      return this.#signed(name, kind, cookie, {
        ...options,
        wrap: (text) => Buffer.from(text).toString('base64url'),
        unwrap: (payload) => Buffer.from(payload, 'base64url').toString(),
      })
    }
    const encryption = new Encryption((cookie.prefix ?? '') + name, kind)
    return this.#signed(name, `sealed-${kind}`, cookie, {
      ...options,
      wrap: (text, timestamp, key) => encryption.seal(text, timestamp, key),
      unwrap: (payload, timestamp, key) => encryption.open(payload, timestamp, key),
    })
  }
}

/** Returns a text that differs where options do. Those that JSON would leave out, or take for null, are checked later, and not known. */
const keyOf = (...given: unknown[]): string =>
  JSON.stringify(given, (_, value) => (isPlain(value) ? value : describeGiven(value)))

const isPlain = (value: unknown) =>
  typeof value === 'number' ? Number.isFinite(value) : /^(?:string|boolean|object|undefined)$/.test(typeof value)

function remembered<T>(table: Map<string, T>, key: string, make: () => T): T {
  const known = table.get(key)
  if (known !== undefined) return known
  const made = make()
  if (table.size >= maxNames) table.clear()
  table.set(key, made)
  return made
}
