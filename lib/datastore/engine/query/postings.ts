// Reads the index in order, in chunks: statements are shared, so none may stay open between two results.
import { after, everything, type Span } from '../encoding/byte-range.ts'
import type { Store } from '../storage/store.ts'

/** Sorts above any value and any key: the end of a span without one. */
const top = Buffer.from([0xff, 0xff])
const bottom = new Uint8Array()

/** The sizes at which reading changes its strategy. One object, so that tests can use the strategies of large data on a few entities. */
export const sizes = {
  firstChunk: 32,
  lastChunk: 512,
  /** Larger groups of keys are left to `keys`. */
  group: 512,
  /** Fetching and sorting this many entities is always cheap enough. */
  few: 64,
  /** Fetching more than this many to sort them is never done if there is another way. */
  many: 50_000,
  /** Beyond this many results to sort, only the positions are kept. */
  kept: 1000,
}

/** The keys with one value of a property, in the direction of the values; undefined if there are too many to return at once. */
export interface Group {
  v: Uint8Array
  ks: Uint8Array[] | undefined
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}

export class Postings {
  readonly #store: Store
  readonly #wanted: number

  /** @param wanted The number of rows that is probably enough. */
  constructor(store: Store, wanted = Number.POSITIVE_INFINITY) {
    this.#store = store
    this.#wanted = wanted
  }

  *#chunkSizes(): Generator<number> {
    yield Math.min(this.#wanted, sizes.firstChunk)
    for (let size = sizes.firstChunk * 2; ; size = Math.min(size * 2, sizes.lastChunk)) yield size
  }

  /** Yields the keys of the entities with a value, in the order of keys. @param p Number of the index. */
  *keys(p: number, v: Uint8Array, span: Span, down: boolean): Generator<Uint8Array> {
    const text = down
      ? 'SELECT k FROM entry WHERE p = ? AND v = ? AND k >= ? AND k < ? ORDER BY k DESC LIMIT ?'
      : 'SELECT k FROM entry WHERE p = ? AND v = ? AND k >= ? AND k < ? ORDER BY k LIMIT ?'
    let { low, high = top } = span
    for (const size of this.#chunkSizes()) {
      const rows = this.#store.sql.all<[Uint8Array]>(text, p, v, low, high, size)
      for (const [k] of rows) yield k
      if (rows.length < size) return
      const [last] = rows.at(-1)!
      if (down) high = last
      else low = after(last)
    }
  }

  /** Yields the keys of all entities of a partition, in order. */
  *allKeys(n: number, { low, high = top }: Span): Generator<Uint8Array> {
    const text = 'SELECT k FROM entity WHERE n = ? AND k >= ? AND k < ? ORDER BY k LIMIT ?'
    for (const size of this.#chunkSizes()) {
      const rows = this.#store.sql.all<[Uint8Array]>(text, n, low, high, size)
      for (const [k] of rows) yield k
      if (rows.length < size) return
      low = after(rows.at(-1)![0])
    }
  }

  /** Yields the values of a property in order, each with its keys. */
  *groups(p: number, { low, high = top }: Span, down: boolean): Generator<Group> {
    const text = down
      ? 'SELECT v, k FROM entry WHERE p = ? AND (v, k) < (?, ?) AND v >= ? ORDER BY v DESC, k DESC LIMIT ?'
      : 'SELECT v, k FROM entry WHERE p = ? AND (v, k) > (?, ?) AND v < ? ORDER BY v, k LIMIT ?'
    let [fromV, fromK]: Uint8Array[] = [down ? high : low, bottom]
    let group: { v: Uint8Array; ks: Uint8Array[] } | undefined
    for (const size of this.#chunkSizes()) {
      const rows = this.#store.sql.all<[Uint8Array, Uint8Array]>(text, p, fromV!, fromK!, down ? low : high, size)
      let cut = false
      for (const [v, k] of rows) {
        fromV = v
        fromK = k
        if (!group || !same(group.v, v)) {
          if (group) yield group
          group = { v, ks: [k] }
        } else if (group.ks.length < sizes.group) {
          group.ks.push(k)
        } else {
          yield { v, ks: undefined }
          group = undefined
          // Continues with the next value.
          fromK = down ? bottom : top
          cut = true
          break
        }
      }
      if (!cut && rows.length < size) break
    }
    if (group) yield group
  }

  /** Yields the keys of the entities with a value in a span, once for each value. */
  *keysIn(p: number, span: Span): Generator<Uint8Array> {
    for (const { v, ks } of this.groups(p, span, false)) yield* ks ?? this.keys(p, v, everything, false)
  }

  /** Returns true if an entity has a value. */
  has(p: number, v: Uint8Array, k: Uint8Array): boolean {
    return this.#store.sql.first('SELECT 1 FROM entry WHERE p = ? AND v = ? AND k = ?', p, v, k) !== undefined
  }

  /** Counts the entities that have a value and a key in a span, up to a limit. */
  count(p: number, v: Uint8Array, { low, high = top }: Span, limit: number): number {
    const text = 'SELECT count(*) FROM (SELECT 1 FROM entry WHERE p = ? AND v = ? AND k >= ? AND k < ? LIMIT ?)'
    return this.#store.sql.first<[number]>(text, p, v, low, high, limit)![0]
  }

  /** Counts the rows of an index with a value in a span, up to a limit. */
  countValues(p: number, { low, high = top }: Span, limit: number): number {
    const text = 'SELECT count(*) FROM (SELECT 1 FROM entry WHERE p = ? AND v >= ? AND v < ? LIMIT ?)'
    return this.#store.sql.first<[number]>(text, p, low, high, limit)![0]
  }
}
