// Percent-encoding: outgoing URLs are quoted as in Werkzeug; incoming ones are decoded so that an encoded slash does not
// split a segment.
import { domainToASCII } from 'node:url'
import { isDate } from 'node:util/types'
import { describeValue, hasText } from '../internal/has-text.ts'

// While a path is matched, a lone surrogate replaces `%2F`: no decoded text can contain one, and converters treat it like any
// other character. Only with the `u` flag does a regex tell it from half of an astral character.
const encodedSlash = '\uDC2F'
const encodedSlashes = /\uDC2F/gu

/** Decodes a path as requested, except for its encoded slashes. Null where a `%` is malformed or does not encode UTF-8. */
export function decodePath(path: string): string | null {
  if (!path.isWellFormed()) return null
  if (!path.includes('%')) return path
  try {
    return decodeURIComponent(path.replace(/%2f/gi, encodedSlash))
  } catch {
    return null
  }
}

/** Decodes the encoded slashes too, once text is a value. */
export function decodeSlashes(text: string): string {
  return text.isWellFormed() ? text : text.replace(encodedSlashes, '/')
}

const segmentSafe = /^[\w\-.~!$&'()*+,/:;=@]*$/

/** Quotes the text of a path; `/` and everything that the URL standard allows in a segment stay as they are. */
export function quotePath(text: string): string {
  if (segmentSafe.test(text)) return text
  return encodeURI(text.toWellFormed()).replace(/[?#]/g, encodeURIComponent)
}

/** Quotes a result of `decodePath`. */
export function quoteDecoded(path: string): string {
  return path.split(encodedSlashes).map(quotePath).join('%2F')
}

/**
 * Quotes a URL for a Location header: characters that a URL cannot contain are percent-encoded, and the host is written in
 * ASCII, as a browser would. Backslashes of a path are encoded too, because browsers read them as slashes: `/\evil.example`
 * would leave the site. In a URL with a host they become slashes: encoded, or read by a client that is no browser,
 * `http://ours.example\@evil.example` would have another host.
 */
export function quoteLocation(url: string): string {
  const whole = url.toWellFormed()
  if (!/^(?:[a-z][a-z\d+.-]*:|\/\/)/i.test(whole)) return whole.replace(/[^\x21-\x7e]+|["<>`{}\\]/g, encodeURI)
  const slashed = /^(?:https?:|\/\/)/i.test(whole)
    ? whole.replace(/^[^?#]+/, (part) => part.replaceAll('\\', '/'))
    : whole
  return slashed.replace(foreignHost, asciiHost).replace(/[^\x21-\x7e]+|["<>`{}]/g, encodeURI)
}

const foreignHost = /^((?:[a-z][a-z\d+.-]*:)?\/\/(?:[^/?#\\]*@)?)([^/?#:@\\]*[^\x00-\x7f][^/?#:@\\]*)/i

function asciiHost(whole: string, before: string, host: string): string {
  const name = domainToASCII(host)
  return name === '' ? whole : before + name
}

function quoteQuery(text: string): string {
  return encodeURIComponent(text.toWellFormed())
    .replace(/%(?:24|2C|2F|3A|3B|3F|40)/g, decodeURIComponent)
    .replaceAll('%20', '+')
}

/** Returns the text of a value; throws a TypeError for one that would be `[object Promise]` in a URL. */
export function textOf(value: unknown): string {
  if (!hasText(value)) throw new TypeError(`${describeValue(value)} has no text`)
  if (!isDate(value)) return String(value)
  // Its own text is that of the machine's time zone; this one is read back by `new Date`.
  if (Number.isNaN(value.getTime())) throw new TypeError('an invalid Date has no text')
  return value.toISOString()
}

/** Encodes pairs as a query string; null and undefined values are left out. */
export function encodeQuery(pairs: Iterable<readonly [string, unknown]>): string {
  const parts: string[] = []
  for (const [name, value] of pairs) {
    if (value !== null && value !== undefined) parts.push(`${quoteQuery(name)}=${quoteQuery(textOf(value))}`)
  }
  return parts.join('&')
}
