// Reads the Cookie header and writes Set-Cookie as RFC 6265bis has them, refusing what a browser would silently drop.
import { isUtf8 } from 'node:buffer'
import { isDate } from 'node:util/types'
import { TipfyError } from '../internal/errors.ts'
import { nearest } from '../internal/suggest.ts'
import { MultiDict } from './multidict.ts'

/** The attributes of a cookie. */
export interface CookieOptions {
  /** The folder it is sent to; '/' unless told. */
  path?: string
  /** The host and its subdomains it is sent to; the answering host alone unless told. */
  domain?: string
  /** Seconds (not milliseconds, as in Express) until it dies; for as long as the browser runs unless told. */
  maxAge?: number
  /** When it dies; `maxAge` counts where both are given. */
  expires?: Date
  /** It is sent over https only. */
  secure?: boolean
  /** Scripts of the page cannot read it. */
  httpOnly?: boolean
  /** Whether it comes with requests that other sites cause; 'None' needs `secure`. Unless told it is up to the browser. */
  sameSite?: 'Strict' | 'Lax' | 'None'
  /** In an embedded page it is kept apart by the site around it (CHIPS); needs `secure`. */
  partitioned?: boolean
}

/** The attributes that a deletion must repeat. */
export type DeleteCookieOptions = Pick<CookieOptions, 'path' | 'domain' | 'secure' | 'sameSite' | 'partitioned'>

const badName = /[^!#$%&'*+\-.^_`|~0-9A-Za-z]/
const refused = /[\x00-\x08\x0a-\x1f\x7f;]/
const safe = /^[\x21\x23\x24\x26-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*$/
const unsafe = /[^\x21\x23\x24\x26-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]/gu
const domainName = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i

/** Every cookie of a Cookie header, in order; of two with one name `get` gives the first. Never throws. */
export function parseCookies(header: string | undefined): MultiDict {
  const found = new MultiDict()
  if (header === undefined) return found
  let from = 0
  while (from < header.length) {
    let to = header.indexOf(';', from)
    if (to === -1) to = header.length
    const equals = header.indexOf('=', from)
    if (equals !== -1 && equals < to) {
      const value = header.slice(equals + 1, to).trim()
      const text = value.length > 1 && value.charCodeAt(0) === 34 && value.endsWith('"') ? unquote(value) : value
      found.add(utf8(header.slice(from, equals).trim()), decode(utf8(text)))
    }
    from = to + 1
  }
  return found
}

/** A quoted value; Python's servers, tipfy 2009 among them, write in it what a cookie cannot hold as `\054` and `\"`. */
function unquote(value: string): string {
  const inner = value.slice(1, -1)
  if (!inner.includes('\\')) return inner
  return inner.replace(/\\([0-3][0-7]{2}|.)/g, (_, of: string) =>
    of.length === 3 ? String.fromCharCode(Number.parseInt(of, 8)) : of,
  )
}

/** What a script of a page has set arrives in UTF-8, which Node reads as Latin-1. */
function utf8(text: string): string {
  if (!/^[\x00-\xff]*[\x80-\xff][\x00-\xff]*$/.test(text)) return text
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

function refuse(name: string, why: string): never {
  throw new TipfyError('TIPFY_E_COOKIE', { name: JSON.stringify(name), why })
}

const optionNames = ['path', 'domain', 'maxAge', 'expires', 'secure', 'httpOnly', 'sameSite', 'partitioned']
const knownOptions = new Set(optionNames)
const sites = ['Strict', 'Lax', 'None']

/** `httponly`, left out without a word, would leave the cookie to every script. */
function refuseOption(name: string, given: string): never {
  refuse(name, `it has no option ${given}: did you mean ${nearest(given, optionNames)}?`)
}

/**
 * A Set-Cookie value. Characters that a cookie cannot hold are percent-encoded, as `parseCookies` reads them; control
 * characters and `;` are refused, and so is what browsers drop: `__Host-` with a domain, SameSite=None without Secure ….
 */
export function serializeCookie(name: string, value: string, options: CookieOptions = {}): string {
  const { path = '/', domain, maxAge, expires, secure, httpOnly, sameSite, partitioned } = options
  for (const given in options) if (!knownOptions.has(given)) refuseOption(name, given)
  if (name === '' || badName.test(name)) refuse(name, "its name may only have letters, digits and !#$%&'*+-.^_`|~")
  if (typeof value !== 'string')
    refuse(name, `its value must be a text, and is ${value === null ? 'null' : typeof value}`)
  const isSafe = safe.test(value)
  if (!isSafe && refused.test(value)) refuse(name, 'its value has a control character or a semicolon')
  if (path !== '/' && (refused.test(path) || !path.startsWith('/') || /[^\x20-\x7e]/.test(path)))
    refuse(name, 'its path must start with / and be plain ASCII')
  if (sameSite === 'None' && !secure) refuse(name, 'SameSite=None needs Secure')
  if (partitioned && !secure) refuse(name, 'Partitioned needs Secure')
  const prefix = name.startsWith('__') ? /^__(host|secure)-/i.exec(name)?.[1]?.toLowerCase() : undefined
  if (prefix && !secure) refuse(name, 'its prefix needs Secure')
  if (prefix === 'host' && (domain !== undefined || path !== '/')) refuse(name, '__Host- needs path / and no domain')

  let text = `${name}=${isSafe ? value : value.replace(unsafe, (char) => encodeURIComponent(char.toWellFormed()))}`
  if (text.length > 4096 + 1) refuse(name, `with its value it has ${text.length - 1} bytes, browsers keep 4096`)
  if (maxAge !== undefined) {
    if (!Number.isFinite(maxAge)) refuse(name, 'maxAge must be a number of seconds')
    text += `; Max-Age=${Math.trunc(maxAge)}`
  }
  if (expires !== undefined) {
    if (!isDate(expires) || Number.isNaN(expires.getTime())) refuse(name, 'expires must be a valid Date')
    text += `; Expires=${expires.toUTCString()}`
  }
  if (domain !== undefined) {
    const bare = domain.replace(/^\./, '')
    if (!domainName.test(bare)) refuse(name, 'its domain is not a host name')
    text += `; Domain=${bare}`
  }
  text += `; Path=${path}`
  if (secure) text += '; Secure'
  if (httpOnly) text += '; HttpOnly'
  if (sameSite !== undefined) {
    if (!sites.includes(sameSite)) refuse(name, "sameSite must be 'Strict', 'Lax' or 'None'")
    text += `; SameSite=${sameSite}`
  }
  if (partitioned) text += '; Partitioned'
  return text
}

/** A Set-Cookie value that makes the browser forget a cookie of this name, path and domain. */
export function serializeDeletion(name: string, options: DeleteCookieOptions = {}): string {
  const { path, domain, sameSite, partitioned } = options
  const secure = options.secure || partitioned || sameSite === 'None' || /^__(host|secure)-/i.test(name)
  return serializeCookie(name, '', { path, domain, sameSite, partitioned, secure, maxAge: 0, expires: new Date(0) })
}

/** What makes two Set-Cookie values speak of the same cookie: name, domain and path. */
export function cookieIdentity(setCookie: string): string {
  const name = setCookie.slice(0, setCookie.indexOf('='))
  const domain = /; Domain=([^;]*)/i.exec(setCookie)?.[1]?.toLowerCase() ?? ''
  return `${name};${domain};${/; Path=([^;]*)/i.exec(setCookie)?.[1] ?? ''}`
}
