// Protection against forged requests: a form of ours carries a token that another site cannot know.
//
// The token is made of two things: a random secret in a signed cookie of its own, set before there is any session and kept as
// long as it is valid, so that forms in several tabs stay good; and a nonce in the session that `regenerate()` renews, so
// that a token from before the login, or a secret planted by a neighbouring domain, is useless after it. The headers by
// which browsers say where a request comes from are checked first.
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { Forbidden } from '../../http/exceptions.ts'
import type { Settings } from './config/settings.ts'
import { type CookieChange, type CookieRequest, findCookie, type SignedName } from './cookies/signed-cookie.ts'
import type { SignedCookie } from './cookies/signing.ts'

export const newNonce = (): string => randomBytes(12).toString('base64url')
const newSecret = (): string => randomBytes(24).toString('base64url')

const tokenLength = 32
const tokenOf = (secret: string, nonce: string) => createHmac('sha256', secret).update(`csrf|${nonce}`).digest()
const xor = (one: Buffer, other: Buffer) => one.map((byte, at) => byte ^ other[at]!)

/** Masks a token for a page: the same text in each page would leak through the sizes of compressed pages (BREACH). */
const masked = (token: Buffer, mask: Buffer) => Buffer.concat([mask, xor(token, mask)]).toString('base64url')

/** Compares in a time that does not depend on which bytes are right. */
function isSameToken(given: string, wanted: Buffer): boolean {
  const bytes = Buffer.from(given, 'base64url')
  if (bytes.length !== 2 * tokenLength || bytes.toString('base64url') !== given) return false
  return timingSafeEqual(xor(bytes.subarray(tokenLength), bytes.subarray(0, tokenLength)), wanted)
}

interface OriginRequest {
  readonly headers: { get(name: string): string | null }
  readonly host: string
  readonly isSecure: boolean
}

/** The reason why the browser's own headers say that a request comes from another site; undefined if they do not. */
function foreignOrigin(request: OriginRequest): string | undefined {
  const site = request.headers.get('sec-fetch-site')
  // No page can set it, and no proxy that changes the host confuses it. A neighbouring subdomain is `same-site`.
  if (site === 'same-origin' || site === 'none') return undefined
  if (site !== null) return 'Sec-Fetch-Site says that another site sent it'
  const origin = request.headers.get('origin')
  // A page with `Referrer-Policy: no-referrer` sends `null` with its own forms: the token decides.
  if (origin === null || origin === 'null') return undefined
  const { host, protocol } = URL.parse(origin) ?? {}
  if (host === request.host && (protocol === 'https:' || !request.isSecure)) return undefined
  return `its Origin is ${origin}, and this is ${request.isSecure ? 'https' : 'http'}://${request.host}`
}

export interface CsrfRequest extends OriginRequest, CookieRequest {
  form(): Promise<{ get(name: string): unknown }>
}

/** The tokens of one request, made and checked. */
export class Csrf {
  readonly #cookie: SignedName
  readonly #settings: Settings
  readonly #request: CsrfRequest
  readonly #mask = randomBytes(tokenLength)
  #secret: string | undefined

  constructor(cookie: SignedName, settings: Settings, request: CsrfRequest) {
    this.#cookie = cookie
    this.#settings = settings
    this.#request = request
  }

  /** The secret that the browser has, if any. `send` gets its cookie, if that is to be set anew. */
  #known(send: (change: CookieChange) => void): string | undefined {
    const found = findCookie(this.#cookie, this.#request, this.#settings)?.cookie
    if (found !== undefined && this.#isDue(found)) this.#send(found.text, send)
    return found?.text
  }

  #isDue({ newest, issued }: SignedCookie): boolean {
    const { maxAge } = this.#cookie.cookie
    const { touchAfter, now } = this.#settings
    return !newest || (maxAge !== null && now() - issued >= 1000 * touchAfter * maxAge)
  }

  #send(secret: string, send: (change: CookieChange) => void): void {
    const value = this.#cookie.signer.sign(secret, this.#settings.now())
    send({ to: this.#cookie, value, maxAge: undefined })
  }

  /** The token for a session's nonce. `send` gets the cookie of the secret, if the browser needs it. */
  token(nonce: string, send: (change: CookieChange) => void): string {
    if (this.#settings.csrf === 'session') return masked(tokenOf(nonce, ''), this.#mask)
    this.#secret ??= this.#known(send)
    if (this.#secret === undefined) {
      this.#secret = newSecret()
      this.#send(this.#secret, send)
    }
    return masked(tokenOf(this.#secret, nonce), this.#mask)
  }

  /** Throws a 403 unless the request came from a page of ours; its message has the reason in development. */
  async check(nonce: string, send: (change: CookieChange) => void): Promise<void> {
    const { csrf, csrfFetchSite } = this.#settings
    const secret = csrf === 'session' ? nonce : this.#known(send)
    const isOurs = csrfFetchSite && this.#request.headers.get('sec-fetch-site') === 'same-origin'
    const why =
      foreignOrigin(this.#request) ??
      (isOurs ? undefined : await this.#wrongToken(secret, csrf === 'session' ? '' : nonce))
    if (why === undefined) return
    this.#settings.log.warn({ why }, 'a request was rejected as forged')
    throw new Forbidden(this.#settings.dev ? `The request was rejected as forged: ${why}.` : undefined)
  }

  async #wrongToken(secret: string | undefined, nonce: string): Promise<string | undefined> {
    const { csrfField, csrfHeader } = this.#settings
    if (!secret)
      return 'it came without the cookie that csrfToken() sets (name endpoints for programs, which have none, in csrfExempt)'
    const given = this.#request.headers.get(csrfHeader) ?? (await this.#field(csrfField))
    if (typeof given !== 'string') return `it has no field ${csrfField} and no header ${csrfHeader}`
    return isSameToken(given, tokenOf(secret, nonce)) ? undefined : 'its token is not that of this session'
  }

  async #field(name: string): Promise<unknown> {
    const type = this.#request.headers.get('content-type') ?? ''
    return /^(?:application\/x-www-form-urlencoded|multipart\/form-data)/i.test(type)
      ? (await this.#request.form()).get(name)
      : null
  }
}
