// Cursors: the place right after a row, in bytes that only this engine reads. A query takes the cursors of every query over the
// same kind and properties, also of one that runs the other way: that is how clients page backwards.

import { toBytes } from '../encoding/convert.ts'
import { invalid } from '../protocol/status.ts'

/** A place among rows: the values of the orders, then the bytes of the key. */
export interface Position {
  tuple: readonly Uint8Array[]
  k: Uint8Array
}

/** The place of a cursor, as a query sees it. */
export interface Bound extends Position {
  /** True if a row at this place comes after the cursor. */
  before: boolean
}

/** The queries that share their cursors, and the direction of this one. */
export interface CursorOrder {
  /** The kind, and the properties that order the results. */
  signature: string
  /** True if the first order is descending. */
  down: boolean
}

/** Writes bytes as base64 between quotes. */
function quoted(bytes: Uint8Array): string {
  return `"${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')}"`
}

/** Returns a function that writes the cursor after a position; without one, the cursor of the beginning. */
export function cursorWriter({ signature, down }: CursorOrder): (at: Position | Bound | undefined) => Buffer {
  // Builds the JSON by hand: each result has a cursor.
  const start = `[${JSON.stringify(signature)}`
  return (at) => {
    if (!at) return Buffer.from(`${start}]`)
    // The side of the row, in ascending order, on which the cursor lies.
    const above = 'before' in at && at.before ? down : !down
    return Buffer.from(`${start},${Number(above)},${quoted(at.k)},[${at.tuple.map(quoted).join()}]]`)
  }
}

/** Reads the place of a cursor; undefined for the beginning. */
export function readCursor(
  cursor: Uint8Array | string | null | undefined,
  { signature, down }: CursorOrder,
  width: number,
): Bound | undefined {
  if (!cursor?.length) return undefined
  let parsed: unknown
  try {
    parsed = JSON.parse(Buffer.from(toBytes(cursor)).toString())
  } catch {
    throw invalid('The cursor is not one of this Datastore.')
  }
  const [madeFor, above, k, tuple] = (Array.isArray(parsed) ? parsed : []) as [string?, number?, string?, string[]?]
  if (madeFor !== signature) throw invalid('cursor does not match query')
  if (above === undefined) return undefined
  if (typeof k !== 'string' || !Array.isArray(tuple) || tuple.length !== width)
    throw invalid('The cursor is not one of this Datastore.')
  const bytes = tuple.map((value) => Buffer.from(value, 'base64'))
  return { k: Buffer.from(k, 'base64'), tuple: bytes, before: Boolean(above) === down }
}

/** Returns true if a row comes after a cursor. @param order The order of the row and the cursor's own. */
export function isAfter(order: number, { before }: Bound): boolean {
  return before ? order >= 0 : order > 0
}
