// What the sessions of a request want its answer to carry: cookies, and the headers that keep caches from mixing users up.

import type { CookieOptions, DeleteCookieOptions } from '../../http/cookies.ts'
import { TipfyError } from '../../internal/errors.ts'
import { maxHeaderSize } from '../../internal/node-http.ts'
import { type SessionCookie, writeOptions } from './config/config.ts'

/** A cookie to set, or to delete where `value` is null. */
export interface CookieChange {
  readonly to: { readonly name: string; readonly cookie: SessionCookie }
  readonly value: string | null
  /** Seconds that the browser keeps it; undefined: as configured. */
  readonly maxAge: number | undefined
}

export interface OutboxRequest {
  readonly isSecure: boolean
  readonly headers: { get(name: string): string | null }
}

/** What is used of an answer. */
export interface OutboxResponse {
  readonly headers: {
    get(name: string): string | null
    getAll(name: string): string[]
    has(name: string): boolean
    addSound(name: string, value: string): void
  }
  varyByCookie(): void
  setCookie(name: string, value: string, options?: CookieOptions): void
  deleteCookie(name: string, options?: DeleteCookieOptions): void
}

// Node answers 431 to larger headers, before any of our code could clear a cookie: the user would be locked out. A quarter
// is left for the other headers.
const mostBytes = maxHeaderSize * 0.75

export class Outbox {
  private readonly request: OutboxRequest
  private pending: ((response: OutboxResponse) => void)[] | undefined

  constructor(request: OutboxRequest) {
    this.request = request
  }

  /** Keeps a change to the answer until there is one; a request that fails forgets it. */
  later(change: (response: OutboxResponse) => void): void {
    this.pending ??= []
    this.pending.push(change)
  }

  add(change: CookieChange): void {
    this.later((response) => this.put(response, change))
  }

  /** Puts `changes`, and what was kept for later, on the answer. */
  finish(response: OutboxResponse, changes: readonly CookieChange[], used: boolean, failed: boolean): void {
    const { headers } = response
    const pending = failed ? undefined : this.pending
    if (changes.length > 0 || pending !== undefined) {
      for (const change of changes) this.put(response, change)
      if (pending !== undefined) for (const change of pending) change(response)
      this.checkTotal(response)
      if (!headers.has('cache-control')) headers.addSound('cache-control', 'no-store')
    }
    if (used) response.varyByCookie()
  }

  private put(response: OutboxResponse, { to: { name, cookie }, value, maxAge }: CookieChange): void {
    const { isSecure } = this.request
    const secure = cookie.secure === 'auto' ? isSecure : cookie.secure
    if (value === null) {
      response.deleteCookie(name, writeOptions(cookie, secure))
      return
    }
    if (secure && !isSecure) throw new TipfyError('TIPFY_E_SESSION_INSECURE', { name })
    response.setCookie(name, value, writeOptions(cookie, secure, maxAge))
  }

  private checkTotal(response: OutboxResponse): void {
    const sent = this.request.headers.get('cookie') ?? ''
    const lines = response.headers.getAll('set-cookie')
    let most = sent.length
    for (const line of lines) most += line.length
    if (most <= mostBytes) return // without a look at what of it is attributes
    let added = 0
    for (const line of lines) added += line.indexOf(';') + 2
    if (sent.length + added <= mostBytes) return
    const set = lines.map((line) => line.slice(0, line.indexOf(';')))
    const names = new Set(set.map((cookie) => cookie.slice(0, cookie.indexOf('='))))
    const kept = sent.split('; ').filter((cookie) => !names.has(cookie.slice(0, cookie.indexOf('='))))
    const bytes = kept.join('; ').length + added
    if (bytes <= mostBytes || added === 0) return
    throw new TipfyError('TIPFY_E_SESSION_COOKIES', { bytes, limit: mostBytes })
  }
}
