// All sessions of one application: what `app.sessionInterface` is once a hook has set it.
import type { Context, SessionInterface } from '../../context.ts'
import { TipfyError } from '../../errors.ts'
import { CookieSigner } from '../../signing.ts'
import { checkCookie, cookieAttributes, type SessionCookie, writeOptions } from './config.ts'
import { CookieSlot } from './securecookie.ts'
import { type SessionOptions, SessionStore, type StoreRequest, type StoreResponse } from './session-store.ts'
import type { SessionApp, Settings } from './settings.ts'
import type { Backend, CookieChange, Slot, SlotKind, SlotRequest } from './slot.ts'
import type { RecordStore } from './store.ts'
import { StoredSlot } from './stored.ts'

export class Sessions implements SessionInterface {
  readonly settings: Settings
  /** What the global `session` is kept by. */
  readonly kind: SlotKind
  private readonly cookie: SessionCookie
  private readonly kinds = new Map<string, SlotKind>()

  private readonly app: SessionApp
  private opening: Promise<void> | undefined
  /** What datastore sessions are kept in, once it is open. */
  records: RecordStore | undefined

  constructor(app: SessionApp, settings: Settings, backend: Backend) {
    this.app = app
    this.settings = settings
    this.cookie = cookieAttributes(settings.cookie)
    const name = backend === 'securecookie' ? settings.cookieName : settings.idCookieName
    this.kind = this.makeKind(backend, name, this.cookie)
  }

  private makeKind(backend: Backend, name: string, cookie: SessionCookie): SlotKind {
    const { settings } = this
    const fullName = checkCookie(name, cookie)
    const limits = { maxAge: settings.expiration, maxLength: settings.maxCookieSize }
    const signer =
      backend === 'datastore'
        ? new CookieSigner(settings.keys, fullName, 'id', limits)
        : new CookieSigner(settings.keys, fullName, 'session', {
            ...limits,
            absoluteAge: settings.absoluteExpiration,
            wrap: (text) => Buffer.from(text).toString('base64url'),
            unwrap: (payload) => Buffer.from(payload, 'base64url').toString(),
          })
    return { backend, name: fullName, cookie, signer, settings }
  }

  /** The kind of a session that `getSession` asks for; the same object for the same wishes. */
  named(name: string, { backend = this.kind.backend, ...cookie }: SessionOptions): SlotKind {
    if (backend !== 'securecookie' && backend !== 'datastore') {
      throw new TipfyError('TIPFY_E_SESSION_BACKEND', { name, backend: String(backend) })
    }
    const id = JSON.stringify([name, backend, cookie])
    let kind = this.kinds.get(id)
    if (kind === undefined) {
      kind = this.makeKind(backend, name, cookieAttributes(cookie, this.cookie))
      this.kinds.set(id, kind)
    }
    return kind
  }

  /** Opens the store of datastore sessions, once. */
  openRecords(): Promise<void> {
    this.opening ??= import('./open-store.ts')
      .then(({ openStore }) => openStore(this.app, this.settings))
      .then((records) => {
        this.records = records
      })
    return this.opening
  }

  open(kind: SlotKind, request: SlotRequest): Slot {
    return kind.backend === 'securecookie'
      ? new CookieSlot(kind, request)
      : new StoredSlot(kind, request, this.records!)
  }

  /** The session store of a request, made when it is first wanted. */
  storeOf(context: Context): SessionStore {
    context.session ??= new SessionStore(this, context.request as StoreRequest)
    return context.session as SessionStore
  }

  openSession(context: Context): void | Promise<void> {
    // Without a cookie there is nothing to check and nothing to renew: the handler's first use makes the store.
    const request = context.request as { incoming: { headers: { cookie?: string } } }
    if (request.incoming.headers.cookie !== undefined) return this.storeOf(context).load()
  }

  saveSession(context: Context, response: unknown, failed: boolean): void | Promise<void> {
    return (context.session as SessionStore | undefined)?.save(response as StoreResponse, failed)
  }

  putCookie({ kind, value, maxAge }: CookieChange, request: StoreRequest, response: StoreResponse): void {
    const { name, cookie } = kind
    const isSecure = request.isSecure
    if (value === null) {
      response.deleteCookie(name, writeOptions(cookie, cookie.secure === 'auto' ? isSecure : cookie.secure))
      return
    }
    if (cookie.secure === true && !isSecure) throw new TipfyError('TIPFY_E_SESSION_INSECURE', { name })
    response.setCookie(name, value, writeOptions(cookie, cookie.secure && isSecure, maxAge))
  }
}
