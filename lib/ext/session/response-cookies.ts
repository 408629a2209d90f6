// The cookies that the sessions of a request put on its response, and the headers that keep caches from mixing users up.
import type { CookieOptions, DeleteCookieOptions } from '../../http/cookies.ts'
import type { CacheControl } from '../../http/response/cache-control.ts'
import { TipfyError } from '../../internal/errors.ts'
import { maxHeaderSize } from '../../internal/node-http.ts'
import { type FormerCookie, isSamePlace, type SessionCookie, writeOptions } from './config/cookie.ts'
import type { CookieChange } from './cookies/signed-cookie.ts'

/** The parts of a request that decide on its cookies. */
export interface CookieSender {
  readonly isSecure: boolean
  readonly headers: { get(name: string): string | null }
}

/** The parts of a response that cookies are put on. */
export interface CookieResponse {
  readonly headers: {
    get(name: string): string | null
    getAll(name: string): string[]
    has(name: string): boolean
    addUnchecked(name: string, value: string): void
    set(name: string, value: string): unknown
    delete(name: string): boolean
    toFlat(): readonly string[]
  }
  readonly cacheControl: CacheControl
  readonly body?: unknown
  varyByCookie(): void
  setCookie(name: string, value: string, options?: CookieOptions): void
  deleteCookie(name: string, options?: DeleteCookieOptions): void
}

/**
 * Keeps caches and compression away from the stream of a request that came with a session: it may look at it as late as it
 * likes, when the headers have left.
 */
export function protectStream(response: CookieResponse): void {
  const { body, headers } = response
  if (typeof body !== 'object' || body === null || body instanceof Uint8Array) return
  if (!(Symbol.asyncIterator in body) && !(Symbol.iterator in body)) return
  response.varyByCookie() // which rules out compression, too
  if (!headers.has('cache-control')) headers.addUnchecked('cache-control', 'private')
}

/** Returns true for headers that tell caches of content delivery networks other things than Cache-Control says (RFC 9213). */
const isOfNetworks = (name: string) => name.endsWith('cdn-cache-control') || name === 'surrogate-control'

/** Makes a response private, whatever the handler chose: a shared cache would give one user's cookie to others. */
function keepFromSharedCaches({ cacheControl }: CookieResponse): void {
  const chosen = cacheControl.read()
  if (chosen.has('no-store') || chosen.get('private') === '') return
  cacheControl.public = false
  cacheControl.sMaxage = null
  cacheControl.private = true
}

// Node responds with 431 to larger headers, before any of our code could clear a cookie: the user would be locked out. A quarter
// is left for the other headers.
const maxBytes = maxHeaderSize * 0.75

export class ResponseCookies {
  readonly #request: CookieSender
  readonly #former: readonly FormerCookie[]
  #pending: ((response: CookieResponse) => void)[] | undefined

  /** @param former cookies to expire with those that take their place */
  constructor(request: CookieSender, former: readonly FormerCookie[]) {
    this.#request = request
    this.#former = former
  }

  /** Keeps a change until there is a response; a request that fails drops it. */
  later(change: (response: CookieResponse) => void): void {
    this.#pending ??= []
    this.#pending.push(change)
  }

  add(change: CookieChange): void {
    this.later((response) => this.#put(response, change))
  }

  /** Puts `changes`, and what was kept for later, on the response. */
  finish(response: CookieResponse, changes: readonly CookieChange[], failed: boolean): void {
    const { headers } = response
    const pending = failed ? [] : (this.#pending ?? [])
    if (changes.length === 0 && pending.length === 0) return
    for (const change of changes) this.#put(response, change)
    for (const change of pending) change(response)
    this.#checkTotal(response)
    for (const name of headers.toFlat().filter(isOfNetworks)) headers.delete(name)
    if (headers.has('cache-control')) keepFromSharedCaches(response)
    else headers.addUnchecked('cache-control', 'no-store')
  }

  #put(response: CookieResponse, { to: { name, cookie }, value, maxAge }: CookieChange): void {
    if (this.#former.length > 0) this.#expireFormer(response, name, cookie)
    const { isSecure } = this.#request
    const secure = cookie.secure === 'auto' ? isSecure : cookie.secure
    if (value === null) {
      response.deleteCookie(name, writeOptions(cookie, secure))
      return
    }
    if (secure && !isSecure) throw new TipfyError('TIPFY_E_SESSION_INSECURE', { name })
    response.setCookie(name, value, writeOptions(cookie, secure, maxAge))
  }

  // A Cookie header tells names, but neither domains nor paths.
  #expireFormer(response: CookieResponse, name: string, cookie: SessionCookie): void {
    const sent = this.#request.headers.get('cookie') ?? ''
    for (const former of this.#former) {
      const { name: old = name, domain = cookie.domain, path = cookie.path } = former
      if (!sent.includes(`${old}=`) || (old === name && isSamePlace(former, cookie))) continue
      const { sameSite, partitioned } = cookie
      response.deleteCookie(old, { domain: domain ?? undefined, path, sameSite, partitioned })
    }
  }

  #checkTotal(response: CookieResponse): void {
    const sent = this.#request.headers.get('cookie') ?? ''
    const lines = response.headers.getAll('set-cookie')
    let total = sent.length
    for (const line of lines) total += line.length
    if (total <= maxBytes) return // nearly always, and the attributes need not be cut off
    let added = 0
    for (const line of lines) added += line.indexOf(';') + 2
    if (sent.length + added <= maxBytes) return
    const set = lines.map((line) => line.slice(0, line.indexOf(';')))
    const names = new Set(set.map((cookie) => cookie.slice(0, cookie.indexOf('='))))
    const kept = sent.split('; ').filter((cookie) => !names.has(cookie.slice(0, cookie.indexOf('='))))
    const bytes = kept.join('; ').length + added
    if (bytes <= maxBytes || added === 0) return
    throw new TipfyError('TIPFY_E_SESSION_COOKIES', { bytes, limit: maxBytes })
  }
}
