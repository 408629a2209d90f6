// The session whose data travels in a signed cookie.
import { assertFits, type CookieChange } from '../cookies/signed-cookie.ts'
import { decodeData, encodeData, largestKeys, sameData } from '../data/codec.ts'
import { emptyData } from '../data/migrate.ts'
import { isEmptyData, userKey } from '../data/reserved.ts'
import { BackendSession, type ResponseHead } from './backend.ts'
import { CopyOnRead } from './copy-on-read.ts'

/** The fate of the cookie. */
type Outcome = { readonly is: 'keep' } | { readonly is: 'clear' } | { readonly is: 'set'; readonly text: string }

const keep: Outcome = { is: 'keep' }
const clear: Outcome = { is: 'clear' }

export class SecureCookieSession extends BackendSession {
  /** The stored text: that of the cookie, or what `update()` made of it. */
  #text = this.cookie?.text
  /** True if `update()` changed it, which an error of the handler does not undo. */
  #isUpdated = false

  get isNew(): boolean {
    this.used = true
    this.checkDevice()
    return this.#text === undefined
  }

  get user(): string | null {
    return (this.look()[userKey] as string | undefined) ?? null
  }

  set user(user: string | null) {
    const data = this.write()
    if (user === null) delete data[userKey]
    else data[userKey] = user
  }

  destroy(): void {
    this.assertWritable()
    this.did = { isDestroyed: true }
    this.#text = this.copy = undefined
    this.#isUpdated = false
  }

  // A cookie cannot be locked. Two promises of update() remain: the change survives an error of the handler, and the request's
  // unsaved changes stay on top.
  update(fn: (data: Record<string, unknown>) => unknown): boolean {
    this.assertWritable()
    this.look()
    const { base } = this.copy!
    const data = base === undefined ? emptyData(this.kind.settings) : decodeData(base)
    fn(data)
    const text = encodeData(data)
    if (!sameData(text, base ?? '{}')) this.#isUpdated = true
    this.#text = text
    this.copy!.rebase(text, data)
    return true
  }

  protected storedText(): string | undefined {
    return this.#text
  }

  protected get rawText(): string | undefined {
    return this.#text
  }

  get owner(): { user: string | null; session: undefined } {
    const text = this.#text
    return { user: text === undefined ? null : ((decodeData(text)[userKey] as string) ?? null), session: undefined }
  }

  protected override remembered(): CopyOnRead | undefined {
    const { cookie } = this
    // A migration makes another text.
    if (cookie === undefined || this.#text !== cookie.text || this.kind.settings.dataVersion !== null) return undefined
    return CopyOnRead.of(cookie)
  }

  protected discard(): void {
    this.#text = undefined
  }

  save(response: ResponseHead, failed: boolean): CookieChange | undefined {
    const outcome = this.#outcome(failed)
    this.close()
    if (this.isForAll(response)) return undefined
    switch (outcome.is) {
      case 'keep':
        return undefined
      case 'clear':
        return this.cookie !== undefined || this.isForged ? this.cookieChange(null) : undefined
      case 'set':
        return this.#setText(outcome.text)
    }
  }

  #outcome(failed: boolean): Outcome {
    if (failed || this.copy === undefined) {
      if (this.#isUpdated) return { is: 'set', text: this.#text! }
      if (this.did.isDestroyed || this.isForged) return clear
      return !failed && this.isCookieDue && !this.isUnproven ? { is: 'set', text: this.#text! } : keep
    }
    const text = this.copy.changedText()
    const { data } = this.copy
    if (isEmptyData(data, this.kind.settings.csrf)) return this.isHidden && !this.did.isDestroyed ? keep : clear
    if (text !== undefined) return { is: 'set', text }
    const isSet = this.#isUpdated || this.did.isRegenerated || this.isCookieDue
    return isSet ? { is: 'set', text: encodeData(data) } : keep
  }

  #setText(text: string): CookieChange {
    const { kind, lifetime } = this
    const { settings, name } = kind
    const now = settings.now()
    const created = settings.absoluteExpiration === null ? undefined : this.#began(text, now)
    const value = kind.signer.sign(text, now, lifetime, created)
    assertFits(name, value, settings.maxCookieSize, () => largestKeys(decodeData(text)))
    return this.cookieChange(value, lifetime)
  }

  /** Returns the start of the absolute limit: a login begins a new one, any other regenerate() keeps the old one. */
  #began(text: string, now: number): number {
    const { cookie, did } = this
    if (cookie === undefined || did.isDestroyed || this.isHidden) return now
    const isLogin = did.isRegenerated && decodeData(text)[userKey] !== decodeData(cookie.text)[userKey]
    return isLogin ? now : cookie.created
  }
}
