// The session whose whole data travels in a signed cookie.

import { type FoundCookie, mustFit } from '../cookies/signed-cookie.ts'
import type { SignedCookie } from '../cookies/signing.ts'
import { decodeData, encodeData, sameData } from '../data/codec.ts'
import { emptyData } from '../data/migrate.ts'
import { isEmptyData, userKey } from '../data/reserved.ts'
import { mergeData } from '../merge/merge.ts'
import type { CookieChange, OutboxResponse } from '../response-cookies.ts'
import { isDue, Slot, type SlotKind } from './backend.ts'
import { Pristine } from './copy-on-read.ts'

export class CookieSlot extends Slot {
  private readonly cookie: SignedCookie | undefined
  private readonly refused: boolean
  private ended = false
  /** What `update()` made, which an error of the handler does not take back. */
  private committed: string | undefined
  private lifetime: number | undefined

  constructor(kind: SlotKind, found: FoundCookie | undefined) {
    super(kind, found)
    const cookie = found?.cookie
    this.cookie = cookie
    this.refused = found?.refused === true
    this.lifetime = cookie?.lifetime
    this.base = cookie?.text
  }

  get isNew(): boolean {
    this.used = true
    return this.base === undefined
  }

  get user(): string | null {
    return (this.look()[userKey] as string | undefined) ?? null
  }

  set user(user: string | null) {
    const data = this.write()
    if (user === null) delete data[userKey]
    else data[userKey] = user
  }

  get expiration(): number | null {
    this.used = true
    return this.lifetime ?? null
  }

  set expiration(seconds: number | null) {
    this.act()
    this.lifetime = seconds ?? undefined
    this.touched = true
  }

  destroy(): void {
    this.act()
    this.ended = true
    this.base = this.committed = this.lifetime = undefined
    this.data = this.behind = undefined
  }

  // There is nothing to lock. What update() promises that a cookie can keep: it survives an error of the handler, and what
  // the request has not saved yet stays on top.
  update(fn: (data: Record<string, unknown>) => unknown): boolean {
    const mine = this.write()
    const before = this.base ?? '{}'
    const text = this.leaveBehind(mine)
    const stored = this.base === undefined ? emptyData(this.kind.settings) : decodeData(before)
    fn(stored)
    this.base = encodeData(stored)
    if (!sameData(this.base, before)) this.committed = this.base
    this.data = sameData(text, before) ? stored : mergeData(decodeData(before), decodeData(text), stored, () => {})
    return true
  }

  protected opened(): string | undefined {
    return this.base
  }

  protected override remembered(): Pristine | undefined {
    const { cookie } = this
    // A migration gives what it makes another text.
    if (cookie === undefined || this.base !== cookie.text || this.kind.settings.dataVersion !== null) return undefined
    return Pristine.of(cookie)
  }

  protected discard(): void {}

  save(response: OutboxResponse, failed: boolean): CookieChange | undefined {
    const text = this.textToSave(failed)
    this.close()
    if (text === undefined || this.isForAll(response)) return undefined
    if (text !== '') return this.change(text)
    const had = this.cookie !== undefined || this.refused
    return had ? this.cookieChange(null) : undefined
  }

  /** The state to put in the cookie, '' to delete it, undefined to leave it alone. */
  private textToSave(failed: boolean): string | undefined {
    const { committed } = this
    if (failed) return committed ?? (this.ended || this.refused ? '' : undefined)
    const text = this.changedText()
    const { data } = this
    if (data === undefined) {
      if (committed !== undefined) return committed
      if (this.ended || this.refused) return ''
      return this.due() ? this.base : undefined
    }
    if (isEmptyData(data)) return ''
    if (text !== undefined || (committed === undefined && !this.regenerated && !this.due())) return text
    return encodeData(data)
  }

  /** Whether the cookie has to be renewed though nothing changed. */
  private due(): boolean {
    const { cookie } = this
    if (cookie === undefined || this.ended) return false
    return this.touched || isDue(this.kind, cookie, this.now)
  }

  private change(text: string): CookieChange {
    const { kind, lifetime } = this
    const { settings, name } = kind
    const now = settings.now()
    const created = settings.absoluteExpiration === null ? undefined : this.began(text, now)
    const value = kind.signer.sign(text, now, lifetime, created)
    mustFit(name, value, settings.maxCookieSize, () => largest(decodeData(text)))
    return this.cookieChange(value, lifetime)
  }

  /** Since when the absolute limit counts: a login begins a new life, any other regenerate() goes on with the old one. */
  private began(text: string, now: number): number {
    const before = this.ended ? undefined : this.cookie
    if (before === undefined) return now
    const isLogin = this.regenerated && decodeData(text)[userKey] !== decodeData(before.text)[userKey]
    return isLogin ? now : before.created
  }
}

function largest(data: Record<string, unknown>): string {
  const sizes = Object.entries(data).map(([key, value]) => ({
    key,
    bytes: Buffer.byteLength(encodeData({ [key]: value })),
  }))
  sizes.sort((a, b) => b.bytes - a.bytes)
  const shown = sizes.slice(0, 5).map(({ key, bytes }) => `${key.slice(0, 40)}: ${bytes}`)
  return shown.join(', ') + (sizes.length > 5 ? ` and ${sizes.length - 5} more` : '')
}
