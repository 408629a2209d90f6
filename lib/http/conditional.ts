// Conditional and range requests by RFC 9110: entity tags, dates, and the precedence of the headers.
import type { IncomingHttpHeaders } from 'node:http'

/** A set of entity tags, from If-Match or If-None-Match. */
export class ETags {
  /** `*`: any tag at all. */
  readonly any: boolean
  readonly #tags: readonly string[]

  constructor(header: string | undefined) {
    this.any = header?.trim() === '*'
    const found = header === undefined || this.any ? null : header.match(/(?:W\/)?(?:"[^"]*"|[^\s",]+)/g)
    // A tag without quotes is invalid, but some clients send it, and Werkzeug accepts it.
    this.#tags = (found ?? []).map(quoted)
  }

  /** Strong comparison: both are strong, and equal. */
  has(etag: string): boolean {
    return this.any || (!etag.startsWith('W/') && this.#tags.includes(quoted(etag)))
  }

  /** Weak comparison: equal, weak or not. */
  hasWeak(etag: string): boolean {
    return this.any || this.#tags.some((tag) => opaque(tag) === opaque(etag))
  }

  get size(): number {
    return this.#tags.length
  }

  [Symbol.iterator](): IterableIterator<string> {
    return this.#tags.values()
  }
}

function quoted(etag: string): string {
  return etag.endsWith('"') ? etag : etag.replace(/^(W\/)?(.*)/s, '$1"$2"')
}

function opaque(etag: string): string {
  return quoted(etag.startsWith('W/') ? etag.slice(2) : etag)
}

const httpDate =
  /^(?:[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} [\d:]{8} GMT|[A-Z][a-z]+, \d\d-[A-Z][a-z]{2}-\d\d [\d:]{8} GMT)$/
const asctime = /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d [\d:]{8} \d{4}$/

/** Parses a date in one of the three formats of HTTP; null for anything else, which a server has to ignore. */
export function parseHttpDate(text: string | undefined): Date | null {
  if (text === undefined) return null
  const date = httpDate.test(text) ? new Date(text) : asctime.test(text) ? new Date(`${text} GMT`) : null
  // JavaScript takes the 31st of February for a day in March, and hour 24 for the next day.
  const isReal = date !== null && date.getUTCDate() === Number(/\d+/.exec(text)![0])
  return isReal ? date : null
}

/** A Range header: [first, last] bytes, null where open (`5-`; `-5` is [null, 5], the last five). */
export interface Range {
  unit: string
  ranges: [first: number | null, last: number | null][]
}

// Positions beyond exact integers are beyond the end of every file.
const placeOf = (digits: string) => (digits === '' ? null : Math.min(Number(digits), Number.MAX_SAFE_INTEGER))

/** Parses a Range header; null if it is missing or malformed, which a server has to ignore. */
export function parseRange(header: string | undefined): Range | null {
  const parts = /^\s*([!#$%&'*+\-.^_`|~\w]+)\s*=(.*)$/.exec(header ?? '')
  if (parts === null) return null
  const ranges: Range['ranges'] = []
  for (const spec of parts[2]!.split(',')) {
    const one = spec.trim()
    if (one === '') continue // RFC 9110, 5.6.1: lists may have empty elements
    const [, first, last] = /^(\d*)\s*-\s*(\d*)$/.exec(one) ?? []
    if (first === undefined || last === undefined || first + last === '') return null
    if (first !== '' && last !== '' && Number(last) < Number(first)) return null
    ranges.push([placeOf(first), placeOf(last)])
  }
  if (ranges.length === 0) return null
  return { unit: parts[1]!.toLowerCase(), ranges }
}

/**
 * Selects the one part of `size` bytes that `range` asks for, both ends included. 'none' if none of it exists (416); null if
 * the whole is to be sent: another unit, or several parts that do not join into one.
 */
export function selectRange(range: Range, size: number): [first: number, last: number] | 'none' | null {
  if (range.unit !== 'bytes') return null
  const found: [number, number][] = []
  for (const [first, last] of range.ranges) {
    const start = first ?? Math.max(0, size - last!)
    const end = first === null || last === null ? size - 1 : Math.min(last, size - 1)
    if (start <= end) found.push([start, end])
  }
  if (found.length === 0) return 'none'
  found.sort((a, b) => a[0] - b[0])
  const [from] = found[0]!
  let [, to] = found[0]!
  for (const [start, end] of found) {
    if (start > to + 1) return null
    to = Math.max(to, end)
  }
  return [from, to]
}

/** The validators of the content that is requested. */
export interface Validators {
  etag: string | null
  lastModified: Date | null
}

const seconds = (date: Date) => Math.floor(date.getTime() / 1000)

/** Evaluates the conditions of a request (RFC 9110, 13.2.2): go on, 304, or 412. */
export function evaluate(
  method: string,
  headers: IncomingHttpHeaders,
  { etag, lastModified }: Validators,
): 200 | 304 | 412 {
  const reads = method === 'GET' || method === 'HEAD' || method === 'QUERY'
  const ifMatch = headers['if-match']
  const ifNoneMatch = headers['if-none-match']
  if (ifMatch !== undefined) {
    const tags = new ETags(ifMatch)
    if (!tags.any && (etag === null || !tags.has(etag))) return 412
  } else {
    const since = parseHttpDate(headers['if-unmodified-since'])
    if (since !== null && lastModified !== null && seconds(lastModified) > seconds(since)) return 412
  }
  if (ifNoneMatch !== undefined) {
    const tags = new ETags(ifNoneMatch)
    if (tags.any || (etag !== null && tags.hasWeak(etag))) return reads ? 304 : 412
  } else if (reads) {
    const since = parseHttpDate(headers['if-modified-since'])
    if (since !== null && lastModified !== null && seconds(lastModified) <= seconds(since)) return 304
  }
  return 200
}

/** True if the Range of a request counts: without If-Range, or if that matches by a strong tag or the exact date. */
export function rangeCounts(headers: IncomingHttpHeaders, { etag, lastModified }: Validators): boolean {
  const ifRange = headers['if-range'] as string | undefined
  if (ifRange === undefined) return true
  if (ifRange.includes('"')) return etag !== null && new ETags(ifRange).has(etag)
  const date = parseHttpDate(ifRange)
  return date !== null && lastModified !== null && seconds(date) === seconds(lastModified)
}
