// Half-open ranges of byte strings. A zero byte at the end turns an exclusive bound into an inclusive one, since nothing sorts
// between a string and the same string with one more zero byte.

export interface Span {
  low: Uint8Array
  /** Exclusive; undefined for no upper bound. */
  high: Uint8Array | undefined
}

const zero = new Uint8Array(1)

/** Returns the string right after a string. */
export function after(bytes: Uint8Array): Buffer {
  return Buffer.concat([bytes, zero])
}

export const everything: Span = { low: new Uint8Array(), high: undefined }

/** Returns the span of one string. */
export function point(bytes: Uint8Array): Span {
  return { low: bytes, high: after(bytes) }
}

export function intersect(a: Span, b: Span): Span {
  if (a === everything) return b
  if (b === everything) return a
  const low = Buffer.compare(a.low, b.low) > 0 ? a.low : b.low
  if (!a.high || !b.high) return { low, high: a.high ?? b.high }
  return { low, high: Buffer.compare(a.high, b.high) < 0 ? a.high : b.high }
}

export function contains({ low, high }: Span, bytes: Uint8Array): boolean {
  return Buffer.compare(bytes, low) >= 0 && (!high || Buffer.compare(bytes, high) < 0)
}

/** Returns the same strings as sorted spans that do not touch. */
export function union(spans: Span[]): Span[] {
  const merged: Span[] = []
  for (const span of spans.toSorted((a, b) => Buffer.compare(a.low, b.low))) {
    if (span.high && Buffer.compare(span.low, span.high) >= 0) continue
    const last = merged.at(-1)
    if (!last || (last.high && Buffer.compare(last.high, span.low) < 0)) merged.push({ ...span })
    else if (last.high && (!span.high || Buffer.compare(span.high, last.high) > 0)) last.high = span.high
  }
  return merged
}
