// Parses the Cookie header and writes Set-Cookie by RFC 6265bis; a cookie that a browser would silently drop is an error.
import { isUtf8 } from 'node:buffer'
import { isDate } from 'node:util/types'
import { TipfyError } from '../internal/errors.ts'
import { describeGiven } from '../internal/has-text.ts'
import { nearTo } from '../internal/suggest.ts'
import { MultiDict } from './multidict.ts'

type SameSite = 'Strict' | 'Lax' | 'None'

/** The attributes of a cookie. */
export interface CookieOptions {
  /** The path it is sent to. Default: '/'. */
  path?: string
  /** The host, with its subdomains, that it is sent to. Default: only the host that set it. */
  domain?: string
  /** Seconds (not milliseconds, as in Express) until it expires. Default: when the browser closes. */
  maxAge?: number
  /** The time of expiry; `maxAge` wins if both are given. */
  expires?: Date
  /** Sends it over https only. */
  secure?: boolean
  /** Hides it from the page's scripts. */
  httpOnly?: boolean
  /** Sends it with requests from other sites or not; 'None' needs `secure`. Default: the browser's. Small letters are read too. */
  sameSite?: SameSite | Lowercase<SameSite>
  /** Gives an embedded page one cookie per embedding site (CHIPS); needs `secure`. */
  partitioned?: boolean
}

/** The attributes that a deletion must repeat. */
export type DeleteCookieOptions = Pick<CookieOptions, 'path' | 'domain' | 'secure' | 'sameSite' | 'partitioned'>

const badName = /[^!#$%&'*+\-.^_`|~0-9A-Za-z]/
const forbidden = /[\x00-\x08\x0a-\x1f\x7f;]/
const safe = /^[\x21\x23\x24\x26-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*$/
const unsafe = /[^\x21\x23\x24\x26-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]/gu
const domainName = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i

/** Parses a Cookie header; of two cookies with the same name `get` returns the first. Never throws. */
export function parseCookies(header: string | undefined): MultiDict {
  const found = new MultiDict()
  if (header === undefined) return found
  let from = 0
  while (from < header.length) {
    let to = header.indexOf(';', from)
    if (to === -1) to = header.length
    // Not by indexOf, which would run to the end of the header for each part without a value.
    let equals = from
    while (equals < to && header.charCodeAt(equals) !== 61) equals++
    if (equals < to) {
      found.add(utf8(trimBlanks(header.slice(from, equals))), readValue(header.slice(equals + 1, to)))
    }
    from = to + 1
  }
  return found
}

/** Returns the text of a value as it stands in a Cookie header, in which clients may quote it and proxies encode it. Never throws. */
export function readValue(raw: string): string {
  const value = trimBlanks(raw)
  const text = value.length > 1 && value.charCodeAt(0) === 34 && value.endsWith('"') ? unquote(value) : value
  return decode(utf8(text))
}

/**
 * Removes spaces and tabs from both ends, as browsers do. JavaScript's own trim() also takes U+00A0: a neighbouring subdomain may
 * set a cookie `\xa0__Host-id`, which browsers do not hold to the rules of `__Host-`.
 */
export function trimBlanks(text: string): string {
  let from = 0
  let to = text.length
  while (from < to && isBlank(text.charCodeAt(from))) from++
  while (to > from && isBlank(text.charCodeAt(to - 1))) to--
  return text.slice(from, to)
}

const isBlank = (code: number) => code === 32 || code === 9

/** Unquotes a value. Python's servers, tipfy 2009 included, escape in it as `\054` and `\"`. */
function unquote(value: string): string {
  const inner = value.slice(1, -1)
  if (!inner.includes('\\')) return inner
  return inner.replace(/\\([0-3][0-7]{2}|.)/g, (_, of: string) =>
    of.length === 3 ? String.fromCharCode(Number.parseInt(of, 8)) : of,
  )
}

/** Decodes a value set by a page's script: it arrives in UTF-8, which Node reads as Latin-1. */
function utf8(text: string): string {
  if (!/[\x80-\xff]/.test(text) || /[^\x00-\xff]/.test(text)) return text
  const bytes = Buffer.from(text, 'latin1')
  return isUtf8(bytes) ? bytes.toString() : text
}

function decode(value: string): string {
  if (!value.includes('%')) return value
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}

function reject(name: string, why: string): never {
  throw new TipfyError('TIPFY_E_COOKIE', { name: JSON.stringify(name), why })
}

const optionNames = ['path', 'domain', 'maxAge', 'expires', 'secure', 'httpOnly', 'sameSite', 'partitioned']
const knownOptions = new Set(optionNames)

/** By name in small letters, as other libraries write them. */
const sites = new Map<unknown, SameSite>((['Strict', 'Lax', 'None'] as const).map((site) => [site.toLowerCase(), site]))

/** Returns the value of SameSite; throws for one that is none. */
function siteOf(name: string, given: CookieOptions['sameSite']): SameSite | undefined {
  if (given === undefined) return undefined
  return (
    sites.get(typeof given === 'string' && given.toLowerCase()) ??
    reject(name, "sameSite must be 'Strict', 'Lax' or 'None'")
  )
}

/** A silently ignored `httponly` would expose the cookie to every script. */
function rejectOption(name: string, given: string): never {
  const near = nearTo(given, optionNames)
  const advice = near === undefined ? `use ${optionNames.join(', ')}` : `did you mean ${near}?`
  reject(name, `it has no option ${given}: ${advice}`)
}

/**
 * Writes a Set-Cookie value. Characters that a cookie cannot contain are percent-encoded, and decoded by `parseCookies`. Throws
 * for control characters, `;`, and cookies that browsers drop: `__Host-` with a domain, SameSite=None without Secure ….
 */
export function serializeCookie(name: string, value: string, options: CookieOptions = {}): string {
  if (typeof name !== 'string') reject(describeGiven(name), 'its name must be a text')
  if (typeof options !== 'object' || options === null)
    reject(name, `its options must be an object, and are ${describeGiven(options)}`)
  const { path = '/', domain, maxAge, expires, secure, httpOnly, partitioned } = options
  for (const given in options) if (!knownOptions.has(given)) rejectOption(name, given)
  if (name === '' || badName.test(name)) reject(name, "its name may only have letters, digits and !#$%&'*+-.^_`|~")
  if (typeof value !== 'string')
    reject(name, `its value must be a text, and is ${value === null ? 'null' : typeof value}`)
  const isSafe = safe.test(value)
  if (!isSafe && forbidden.test(value)) reject(name, 'its value has a control character or a semicolon')
  if (
    path !== '/' &&
    (typeof path !== 'string' || forbidden.test(path) || !path.startsWith('/') || /[^\x20-\x7e]/.test(path))
  )
    reject(name, 'its path must start with / and be plain ASCII')
  const sameSite = siteOf(name, options.sameSite)
  if (sameSite === 'None' && !secure) reject(name, 'SameSite=None needs Secure')
  if (partitioned && !secure) reject(name, 'Partitioned needs Secure')
  const prefix = name.startsWith('__') ? /^__(host|secure)-/i.exec(name)?.[1]?.toLowerCase() : undefined
  if (prefix && !secure) reject(name, 'its prefix needs Secure')
  if (prefix === 'host' && (domain !== undefined || path !== '/')) reject(name, '__Host- needs path / and no domain')

  let text = `${name}=${isSafe ? value : value.replace(unsafe, (char) => encodeURIComponent(char.toWellFormed()))}`
  if (text.length > 4096 + 1) reject(name, `with its value it has ${text.length - 1} bytes, browsers keep 4096`)
  if (maxAge !== undefined) {
    if (!Number.isFinite(maxAge)) reject(name, 'maxAge must be a number of seconds')
    text += `; Max-Age=${Math.trunc(maxAge)}`
  }
  if (expires !== undefined) {
    if (!isDate(expires) || Number.isNaN(expires.getTime())) reject(name, 'expires must be a valid Date')
    text += `; Expires=${expires.toUTCString()}`
  }
  if (domain !== undefined) {
    if (typeof domain !== 'string') reject(name, `its domain must be a text, and is ${describeGiven(domain)}`)
    const bare = domain.replace(/^\./, '')
    if (!domainName.test(bare)) reject(name, 'its domain is not a host name')
    text += `; Domain=${bare}`
  }
  text += `; Path=${path}`
  if (secure) text += '; Secure'
  if (httpOnly) text += '; HttpOnly'
  if (sameSite !== undefined) text += `; SameSite=${sameSite}`
  if (partitioned) text += '; Partitioned'
  return text
}

/** Writes a Set-Cookie value that makes the browser delete the cookie of this name, path and domain. */
export function serializeDeletion(name: string, options: DeleteCookieOptions = {}): string {
  if (typeof options !== 'object' || options === null) return serializeCookie(name, '', options)
  const { path, domain, sameSite, partitioned } = options
  const isPrefixed = typeof name === 'string' && /^__(host|secure)-/i.test(name)
  const secure = options.secure || partitioned || siteOf(name, sameSite) === 'None' || isPrefixed
  return serializeCookie(name, '', { path, domain, sameSite, partitioned, secure, maxAge: 0, expires: new Date(0) })
}

/** The identity of a Set-Cookie value's cookie: name, domain and path. */
export function cookieIdentity(setCookie: string): string {
  const name = setCookie.slice(0, setCookie.indexOf('='))
  const domain = /; Domain=([^;]*)/i.exec(setCookie)?.[1]?.toLowerCase() ?? ''
  return `${name};${domain};${/; Path=([^;]*)/i.exec(setCookie)?.[1] ?? ''}`
}
