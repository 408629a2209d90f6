// All sessions of one application: what `app.sessionInterface` is once a hook has set it.
import { inspect } from 'node:util'
import type { Context, SessionInterface } from '../../app/context.ts'
import { TipfyError } from '../../internal/errors.ts'
import { steps, traced } from '../../internal/tracing.ts'
import { type Backend, isDue, type Slot, type SlotKind } from './backends/backend.ts'
import { StoredSlot } from './backends/datastore.ts'
import { CookieSlot } from './backends/securecookie.ts'
import { checkCookie, cookieAttributes, type SessionCookie } from './config/config.ts'
import type { SessionApp, Settings } from './config/settings.ts'
import { Encryption } from './cookies/encryption.ts'
import { type FoundCookie, findCookie, type SignedName } from './cookies/signed-cookie.ts'
import { CookieSigner, type SignerOptions } from './cookies/signing.ts'
import type { OpenRepository } from './repository/open.ts'
import type { SessionRepository } from './repository/repository.ts'
import type { OutboxResponse } from './response-cookies.ts'
import { type SessionOptions, SessionStore, type StoreRequest } from './session-store.ts'

/** Signers are kept for so many names; a program that makes names up at run time must not fill the memory. */
const mostNames = 200

export class Sessions implements SessionInterface {
  readonly settings: Settings
  /** What the global `session` is kept by. */
  readonly kind: SlotKind
  /** The cookie behind CSRF tokens. */
  readonly csrf: SignedName
  /** What datastore sessions are kept in, once it is open. */
  records: SessionRepository | undefined
  /** The same with what is below it, for tools. */
  opened: OpenRepository | undefined
  private readonly app: SessionApp
  private readonly cookie: SessionCookie
  private readonly kinds = new Map<string, SlotKind>()
  private readonly values = new Map<string, SignedName>()
  private opening: Promise<void> | undefined

  constructor(app: SessionApp, settings: Settings, backend: Backend) {
    this.app = app
    this.settings = settings
    this.cookie = cookieAttributes(settings.cookie)
    const name = backend === 'securecookie' ? settings.cookieName : settings.idCookieName
    this.kind = this.makeKind(backend, name, this.cookie, settings.expiration, 4 << 20)
    this.csrf = this.signed(settings.csrfCookieName, 'csrf', this.cookie, {
      maxAge: null,
      maxLength: 200,
      tableBytes: 1 << 20,
    })
  }

  private signed(name: string, kind: string, cookie: SessionCookie, options: SignerOptions): SignedName {
    const { keys, maxCookieSize } = this.settings
    const full = checkCookie(name, cookie)
    const signer = new CookieSigner(keys, full, kind, { maxLength: maxCookieSize, ...options })
    return { name: full, cookie, signer }
  }

  /** A cookie that holds data: encrypted if so configured, under a kind of its own so that plain ones are refused then. */
  private holding(name: string, kind: string, cookie: SessionCookie, options: SignerOptions): SignedName {
    if (!this.settings.encrypt) {
      return this.signed(name, kind, cookie, {
        ...options,
        wrap: (text) => Buffer.from(text).toString('base64url'),
        unwrap: (payload) => Buffer.from(payload, 'base64url').toString(),
      })
    }
    const encryption = new Encryption((cookie.prefix ?? '') + name, kind)
    return this.signed(name, `sealed-${kind}`, cookie, {
      ...options,
      wrap: (text, stamp, key) => encryption.seal(text, stamp, key),
      unwrap: (payload, stamp, key) => encryption.open(payload, stamp, key),
    })
  }

  private makeKind(
    backend: Backend,
    name: string,
    cookie: SessionCookie,
    expiration: number,
    tableBytes: number,
  ): SlotKind {
    const { settings } = this
    const signed =
      backend === 'datastore'
        ? this.signed(name, 'id', cookie, { maxAge: expiration, maxLength: 200, tableBytes })
        : this.holding(name, 'session', cookie, {
            maxAge: expiration,
            absoluteAge: settings.absoluteExpiration,
            tableBytes,
          })
    return { ...signed, backend, expiration, settings }
  }

  /** The kind of a session that `getSession` asks for; the same object for the same wishes. */
  named(name: string, options: SessionOptions): SlotKind {
    const { backend = this.kind.backend, expiration = this.settings.expiration, ...cookie } = options
    if (backend !== 'securecookie' && backend !== 'datastore') {
      throw new TipfyError('TIPFY_E_SESSION_BACKEND', { name, backend: String(backend) })
    }
    return remembered(this.kinds, JSON.stringify([name, backend, expiration, cookie]), () => {
      const kind = this.makeKind(backend, name, cookieAttributes(cookie, this.cookie), expiration, 256 << 10)
      // The two would overwrite each other.
      if (kind.name === this.csrf.name) throw new TipfyError('TIPFY_E_SESSION_NAME', { name: kind.name })
      return kind
    })
  }

  /** A signed cookie of the user's own. */
  valueCookie(name: string, cookie: Partial<SessionCookie> = {}): SignedName {
    return remembered(this.values, JSON.stringify([name, cookie]), () =>
      this.holding(name, 'value', cookieAttributes({ ...cookie, prefix: null }, this.cookie), {
        maxAge: null,
        tableBytes: 64 << 10,
      }),
    )
  }

  get description(): string {
    if (this.kind.backend === 'securecookie') return this.settings.encrypt ? 'encrypted cookies' : 'signed cookies'
    return this.opened?.description ?? 'Datastore'
  }

  /** Opens the store of datastore sessions, once. */
  openRecords(): Promise<void> {
    this.opening ??= import('./repository/open.ts')
      .then(({ openRepository }) => openRepository(this.app, this.settings))
      .then((opened) => {
        this.opened = opened
        this.records = opened.repository
      })
      .catch((error: unknown) => {
        this.opening = undefined // the next one tries again
        throw error
      })
    return this.opening
  }

  /** @param found what came of the session's cookie */
  open(kind: SlotKind, found: FoundCookie | undefined): Slot {
    return kind.backend === 'securecookie' ? new CookieSlot(kind, found) : new StoredSlot(kind, found, this.records!)
  }

  /** The session store of a request, made when it is first wanted. */
  storeOf(context: Context): SessionStore {
    const { session, request } = context
    if (session instanceof SessionStore) return session
    const store = new SessionStore(this, request as StoreRequest, (session as FoundCookie | null) ?? undefined)
    context.session = store
    return store
  }

  openSession(context: Context): void | Promise<void> {
    context.session = null
    const { kind } = this
    const request = context.request as StoreRequest
    const found = findCookie(kind, request, this.settings)
    // Without its cookie there is nothing to check and nothing to renew: the handler's first use makes the store.
    if (found === undefined) return
    context.session = found
    // Nor is there anything to do for a signed one that is good as it is.
    const { cookie } = found
    if (cookie !== undefined && kind.backend === 'securecookie' && !isDue(kind, cookie, found.now)) return
    const store = this.storeOf(context)
    return steps.hasSubscribers ? loadTraced(store) : store.load()
  }

  /** Keys and passwords are in here somewhere: a print of the application says only what kind this is. */
  [inspect.custom](): string {
    return `Sessions { ${this.kind.backend} }`
  }

  toJSON(): string {
    return this[inspect.custom]()
  }

  saveSession(context: Context, response: unknown, failed: boolean): void | Promise<void> {
    const { session } = context
    if (!(session instanceof SessionStore)) return
    if (steps.hasSubscribers) return saveTraced(session, response as OutboxResponse, failed)
    return session.save(response as OutboxResponse, failed)
  }
}

// Functions of their own hold what a closure needs: where there is one, its variables are allocated on every call.
function loadTraced(store: SessionStore): void | Promise<void> {
  return traced('session', 'load', () => store.load())
}

function saveTraced(store: SessionStore, response: OutboxResponse, failed: boolean): void | Promise<void> {
  return traced('session', 'save', () => store.save(response, failed))
}

function remembered<T>(table: Map<string, T>, key: string, make: () => T): T {
  const known = table.get(key)
  if (known !== undefined) return known
  const made = make()
  if (table.size >= mostNames) table.clear()
  table.set(key, made)
  return made
}
