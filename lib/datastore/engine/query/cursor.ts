// Cursors: the place right after a row, in bytes that only this engine reads.

import { toBytes } from '../encoding/convert.ts'
import { invalid } from '../protocol/status.ts'

/** A place among rows: the values of the orders, then the bytes of the key. */
export interface Position {
  tuple: readonly Uint8Array[]
  k: Uint8Array
}

/** Writes bytes as base64 between quotes. */
function quoted(bytes: Uint8Array): string {
  return `"${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')}"`
}

/** Returns a function that writes the cursor after a position; without one, the cursor of the beginning. */
export function cursorWriter(signature: string): (position: Position | undefined) => Buffer {
  // Builds the JSON by hand: each result has a cursor.
  const start = `[${JSON.stringify(signature)}`
  return (position) =>
    Buffer.from(position ? `${start},${quoted(position.k)},[${position.tuple.map(quoted).join()}]]` : `${start}]`)
}

/** Reads the position of a cursor; undefined for the beginning. */
export function readCursor(
  cursor: Uint8Array | string | null | undefined,
  signature: string,
  width: number,
): Position | undefined {
  if (!cursor?.length) return undefined
  let parsed: unknown
  try {
    parsed = JSON.parse(Buffer.from(toBytes(cursor)).toString())
  } catch {
    throw invalid('The cursor is not one of this Datastore.')
  }
  const [madeFor, k, tuple] = (Array.isArray(parsed) ? parsed : []) as [string?, string?, string[]?]
  if (madeFor !== signature) throw invalid('cursor does not match query')
  if (k === undefined) return undefined
  if (!Array.isArray(tuple) || tuple.length !== width) throw invalid('The cursor is not one of this Datastore.')
  return { k: Buffer.from(k, 'base64'), tuple: tuple.map((bytes) => Buffer.from(bytes, 'base64')) }
}
