// Percent-encoding both ways: what leaves in a URL is quoted as Werkzeug quotes it, what comes in is decoded without
// letting an encoded slash split a segment.
import { domainToASCII } from 'node:url'

// While a path is matched, a lone surrogate stands for `%2F`: no decoded text can hold one, and to converters it is a
// character like any other. Only with the `u` flag is it told from half of an astral character.
const ENCODED_SLASH = '\uDC2F'
const ENCODED_SLASHES = /\uDC2F/gu

/** Decodes a path as requested, but for its encoded slashes. Null where a `%` is malformed or does not stand for UTF-8. */
export function decodePath(path: string): string | null {
  if (!path.isWellFormed()) return null
  if (!path.includes('%')) return path
  try {
    return decodeURIComponent(path.replace(/%2f/gi, ENCODED_SLASH))
  } catch {
    return null
  }
}

/** Decodes the encoded slashes too, in what was a whole segment or is a value. */
export function decodeSlashes(text: string): string {
  return text.isWellFormed() ? text : text.replace(ENCODED_SLASHES, '/')
}

const SEGMENT_SAFE = /^[\w\-.~!$&'()*+,/:;=@]*$/

/** Quotes the text of a path; `/` and everything the URL standard allows in a segment stay as they are. */
export function quotePath(text: string): string {
  if (SEGMENT_SAFE.test(text)) return text
  return encodeURI(text.toWellFormed()).replace(/[?#]/g, encodeURIComponent)
}

/** Quotes what `decodePath` gave. */
export function quoteDecoded(path: string): string {
  return path.split(ENCODED_SLASHES).map(quotePath).join('%2F')
}

/**
 * A URL as a Location header takes it: what a URL cannot hold is percent-encoded, and the host written in ASCII, as a browser
 * would. So are the backslashes of a path, which a browser takes for slashes: `/\evil.example` would lead off the site. Where
 * the URL tells its host they stay: encoded, `http://ours.example\@evil.example` would have another.
 */
export function quoteLocation(url: string): string {
  const whole = url.toWellFormed()
  if (!/^(?:[a-z][a-z\d+.-]*:|\/\/)/i.test(whole)) return whole.replace(/[^\x21-\x7e]+|["<>`{}\\]/g, encodeURI)
  return whole.replace(foreignHost, asciiHost).replace(/[^\x21-\x7e]+|["<>`{}]/g, encodeURI)
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

/** One query string of these pairs; a value that is null or undefined is left out. */
export function encodeQuery(pairs: Iterable<readonly [string, unknown]>): string {
  const parts: string[] = []
  for (const [name, value] of pairs) {
    if (value !== null && value !== undefined) parts.push(`${quoteQuery(name)}=${quoteQuery(String(value))}`)
  }
  return parts.join('&')
}
