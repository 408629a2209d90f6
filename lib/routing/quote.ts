// Percent-encoding both ways: what leaves in a URL is quoted as Werkzeug quotes it, what comes in is decoded without
// letting an encoded slash split a segment.

/**
 * Stands for `%2F` while a path is matched: a lone surrogate, which no decoded text can hold. It is a character like
 * any other to converters, and becomes `/` again in the values they get.
 */
export const ENCODED_SLASH = '\uDC2F'

const SEGMENT_SAFE = /^[\w\-.~!$&'()*+,/:;=@]*$/

/** Quotes the text of a path; `/` and everything the URL standard allows in a segment stay as they are. */
export function quotePath(text: string): string {
  if (SEGMENT_SAFE.test(text)) return text
  return text
    .split(ENCODED_SLASH)
    .map((piece) => encodeURI(piece.toWellFormed()).replace(/[?#]/g, encodeURIComponent))
    .join('%2F')
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

/** Decodes a path as requested; `%2F` becomes {@link ENCODED_SLASH}. Null where a `%` is malformed or not UTF-8. */
export function decodePath(path: string): string | null {
  if (!path.includes('%')) return path.isWellFormed() ? path : null
  try {
    return path.isWellFormed() ? decodeURIComponent(path.replace(/%2f/gi, ENCODED_SLASH)) : null
  } catch {
    return null
  }
}
