// The cookies of a test's client, kept and sent as RFC 6265bis tells a browser to. With one user and no page, SameSite has no
// effect, and no list of public suffixes is needed.
import { trimBlanks } from '../http/cookies.ts'
import { checkText, wrongArgument } from '../internal/arguments.ts'
import { checkOptionNames } from '../internal/options.ts'

/** A cookie in the jar. */
export interface StoredCookie {
  name: string
  /** As received, not decoded. */
  value: string
  /** Without a dot in front. */
  domain: string
  /** Sent only to the host that set it. */
  hostOnly: boolean
  path: string
  secure: boolean
  httpOnly: boolean
  /** As received: 'Lax', 'Strict', 'None'; null if not given. */
  sameSite: string | null
  /** Milliseconds since 1970; null: until the browser closes. */
  expires: number | null
}

/** The place of a cookie that a test sets. */
export interface CookiePlace {
  /** Default: the host of the client's `baseUrl`. */
  domain?: string
  /** Default: '/'. */
  path?: string
  /** Sent to https only. Default: false. */
  secure?: boolean
}

/** Bytes of a name and its value that browsers keep. */
const maxLength = 4096

/** Returns the folder of a path: the default path of a cookie. */
function folderOf(path: string): string {
  const end = path.lastIndexOf('/')
  return end <= 0 ? '/' : path.slice(0, end)
}

function domainMatches(host: string, domain: string): boolean {
  return host === domain || (host.endsWith(`.${domain}`) && !/^[\d.]+$|:/.test(host))
}

function pathMatches(path: string, folder: string): boolean {
  return path === folder || (path.startsWith(folder) && (folder.endsWith('/') || path[folder.length] === '/'))
}

function attributesOf(parts: readonly string[]): Map<string, string> {
  const attributes = new Map<string, string>()
  for (const part of parts) {
    const [name = '', ...value] = part.split('=')
    attributes.set(trimBlanks(name).toLowerCase(), trimBlanks(value.join('=')))
  }
  return attributes
}

function expiryOf(attributes: Map<string, string>): number | null {
  const age = attributes.get('max-age')
  if (age !== undefined && /^-?\d+$/.test(age)) return Number(age) <= 0 ? 0 : Date.now() + Number(age) * 1000
  const date = Date.parse(attributes.get('expires') ?? '')
  return Number.isNaN(date) ? null : date
}

/** Returns true if a cookie breaks the rules of its prefix `__Secure-` or `__Host-`. */
function breaksPrefix(cookie: StoredCookie): boolean {
  const name = cookie.name.toLowerCase()
  if (name.startsWith('__secure-')) return !cookie.secure
  return name.startsWith('__host-') && !(cookie.secure && cookie.hostOnly && cookie.path === '/')
}

/** The cookies of one client. */
export class CookieJar {
  readonly #cookies = new Map<string, StoredCookie>()
  readonly #home: string

  /** @param home the host of cookies that a test sets */
  constructor(home = 'localhost') {
    this.#home = home
  }

  /** Stores the cookie of a Set-Cookie header from `url`, unless a browser would drop it. */
  store(header: string, url: URL): void {
    checkText('The header of cookies.store()', header)
    if (!(url instanceof URL))
      throw wrongArgument('The address of cookies.store()', 'a URL', url, "Write new URL('http://localhost/').")
    const [pair = '', ...rest] = header.split(';')
    const at = pair.indexOf('=')
    const attributes = attributesOf(rest)
    const domain = attributes.get('domain')?.replace(/^\./, '').toLowerCase() || undefined
    const path = attributes.get('path')
    const cookie: StoredCookie = {
      name: trimBlanks(pair.slice(0, Math.max(at, 0))),
      value: trimBlanks(pair.slice(at + 1)),
      domain: domain ?? url.hostname,
      hostOnly: domain === undefined,
      path: path?.startsWith('/') ? path : folderOf(url.pathname),
      secure: attributes.has('secure'),
      httpOnly: attributes.has('httponly'),
      sameSite: attributes.get('samesite') ?? null,
      expires: expiryOf(attributes),
    }
    const length = cookie.name.length + cookie.value.length
    if (length === 0 || length > maxLength) return
    if (!domainMatches(url.hostname, cookie.domain)) return
    if (cookie.secure && url.protocol !== 'https:') return
    if (cookie.sameSite?.toLowerCase() === 'none' && !cookie.secure) return
    if (breaksPrefix(cookie)) return
    this.#put(cookie)
  }

  #put(cookie: StoredCookie): void {
    const key = JSON.stringify([cookie.domain, cookie.path, cookie.name])
    if (cookie.expires !== null && cookie.expires <= Date.now()) this.#cookies.delete(key)
    else this.#cookies.set(key, cookie)
  }

  /** Returns the Cookie header of a request for `url`, longest paths first; '' for none. */
  header(url: URL): string {
    return this.all()
      .filter((cookie) =>
        cookie.hostOnly ? cookie.domain === url.hostname : domainMatches(url.hostname, cookie.domain),
      )
      .filter((cookie) => pathMatches(url.pathname, cookie.path) && (!cookie.secure || url.protocol === 'https:'))
      .sort((one, other) => other.path.length - one.path.length)
      .map(({ name, value }) => (name === '' ? value : `${name}=${value}`))
      .join('; ')
  }

  /** Returns the cookies that have not expired. */
  all(): StoredCookie[] {
    const now = Date.now()
    return [...this.#cookies.values()].filter(({ expires }) => expires === null || expires > now)
  }

  /** Returns the value of a cookie, not decoded; undefined if there is none. */
  get(name: string): string | undefined {
    return this.find(name)?.value
  }

  /** Returns a cookie with its attributes. */
  find(name: string): StoredCookie | undefined {
    return this.all().find((cookie) => cookie.name === name)
  }

  /** Sets a cookie, its value encoded already: a forged one, one from an earlier visit. */
  set(name: string, value: string, options: CookiePlace = {}): void {
    checkText('The name of a cookie', name)
    checkText('The value of a cookie', value)
    checkOptionNames('cookies.set()', options, ['domain', 'path', 'secure'])
    const { domain, path = '/', secure = false } = options
    const place = { domain: domain ?? this.#home, hostOnly: domain === undefined, path, secure }
    this.#put({ name, value, ...place, httpOnly: false, sameSite: null, expires: null })
  }

  /** Deletes every cookie of that name. */
  delete(name: string): void {
    for (const [key, cookie] of this.#cookies) if (cookie.name === name) this.#cookies.delete(key)
  }

  clear(): void {
    this.#cookies.clear()
  }
}
