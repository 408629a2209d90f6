// Converts the index of format 1, in which -0 had the place of 0: since then it comes before 0, as in the service.
import type { DatabaseSync } from 'node:sqlite'
import { readDocument } from '../encoding/document.ts'
import { indexName, pathFromBytes } from '../encoding/keys.ts'
import { indexEntries, sortBytes } from '../encoding/sort-bytes.ts'

interface Stored {
  n: number
  k: Uint8Array
  d: string
}

/** Moves the index entries of all values that are -0. */
export function sortNegativeZeros(db: DatabaseSync): void {
  const zero = sortBytes({ valueType: 'doubleValue', doubleValue: 0 })
  const number = db.prepare('SELECT id FROM name WHERE name = ?')
  const add = db.prepare('INSERT OR IGNORE INTO entry VALUES (?, ?, ?)')
  const remove = db.prepare('DELETE FROM entry WHERE p = ? AND v = ? AND k = ?')
  const found = db.prepare(`SELECT n, k, d FROM entity WHERE d LIKE '%"-0"%'`).all() as unknown as Stored[]
  for (const { n, k, d } of found) {
    const kind = pathFromBytes(k).at(-1)!.kind
    const entries = indexEntries(readDocument(d))
    for (const [property, bytes, { doubleValue }] of entries) {
      if (!Object.is(doubleValue, -0)) continue
      const p = number.get(indexName(n, kind, property))!['id'] as number
      add.run(p, bytes, k)
      // Unless the entity has both zeros.
      if (!entries.some(([name, other]) => name === property && other.equals(zero))) remove.run(p, zero, k)
    }
  }
}
