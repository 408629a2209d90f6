// What commits replaced, for those who read the past: transactions for as long as they run, and readTime for an hour. Whoever
// reads at a version takes the tables as they are, less what came later, and from here what was there instead.
import type { Row, Store } from './store.ts'

/** History is kept for as long as Datastore can be asked to read the past (in ms), but never more of it than this. */
export const limits = { age: 3_600_000, bytes: 64 * 1024 * 1024 }

// An id is version × 1024 + place in the commit: the oldest come first. (Numbers are bound as doubles, too coarse to
// multiply.)
const FROM = 'CAST(? AS INTEGER) * 1024'
/** What a row is counted as, beside its text. */
const ROW_BYTES = 64

const INSERT = `INSERT INTO history (id, n, k, c, v, d) VALUES (${FROM} + CAST(? AS INTEGER), ?, ?, ?, ?, ?)`
const OLDEST = `SELECT max(v) AS v FROM (SELECT id / 1024 AS v FROM history WHERE id < ${FROM} ORDER BY id LIMIT ?)`
const SIZE = `SELECT sum(coalesce(octet_length(d), 0) + ${ROW_BYTES}) AS n FROM history WHERE id < ${FROM}`
const DROP = `DELETE FROM history WHERE id < ${FROM}`
const FIRST_CHANGE = `SELECT c, v, d FROM history WHERE id >= ${FROM} AND n = ? AND k = ? ORDER BY id LIMIT 1`
const CHANGES = `SELECT k, c, v, d FROM history WHERE id >= ${FROM} AND n = ? ORDER BY id`

export class History {
  readonly #store: Store
  /** What the transaction under way has added. */
  #added = { rows: 0, bytes: 0 }

  constructor(store: Store) {
    this.#store = store
  }

  /** Keeps what a commit is about to replace. */
  remember(version: number, place: number, n: number, k: Uint8Array, row: Row | undefined): void {
    this.#store.sql(INSERT).run(version, place, n, k, row?.c ?? null, row?.v ?? null, row?.d ?? null)
    this.#added.rows++
    this.#added.bytes += ROW_BYTES + (row ? Buffer.byteLength(row.d) : 0)
  }

  /** Ends what a transaction adds: drops the oldest, twice as fast as it grows, where it is too old or too much. */
  settle(now: number): void {
    const { rows, bytes } = this.#added
    this.forgetAdded()
    if (rows === 0) return
    this.#store.sql('UPDATE state SET kept = kept + ?').run(bytes)
    const { kept, first } = this.#store
      .sql('SELECT kept, (SELECT min(id) / 1024 FROM history) AS first FROM state')
      .get() as { kept: number; first: number }
    const before = kept > limits.bytes ? Number.MAX_SAFE_INTEGER : (now - limits.age) * 1000
    if (first < before) this.#dropUpTo(this.#store.sql(OLDEST).get(before, rows * 2)!['v'] as number)
  }

  #dropUpTo(version: number): void {
    const { n } = this.#store.sql(SIZE).get(version + 1) as { n: number }
    this.#store.sql(DROP).run(version + 1)
    this.#store.sql('UPDATE state SET floor = ?, kept = kept - ?').run(version, n)
  }

  /** After a transaction that came to nothing. */
  forgetAdded(): void {
    this.#added = { rows: 0, bytes: 0 }
  }

  /** The oldest version that can be read. */
  floor(): number {
    return this.#store.sql('SELECT floor FROM state').get()!['floor'] as number
  }

  /** An entity as it was at a version. */
  getAt(n: number, k: Uint8Array, version: number): Row | undefined {
    const now = this.#store.get(n, k)
    if (now && now.v <= version) return now
    const then = this.#store.sql(FIRST_CHANGE).get(version + 1, n, k) as OldRow | undefined
    return then ? present(then) : now
  }

  /** What was replaced after a version in a partition, oldest first. */
  *changesSince(n: number, version: number): Generator<{ k: Uint8Array; row: Row | undefined }> {
    const changes = this.#store.sql(CHANGES).all(version + 1, n) as unknown as (OldRow & { k: Uint8Array })[]
    for (const change of changes) yield { k: change.k, row: present(change) }
  }

  /** The version since which there has been no entity, or the oldest one known of. */
  goneSince(n: number, k: Uint8Array): number {
    const row = this.#store.sql('SELECT max(id) / 1024 AS v FROM history WHERE n = ? AND k = ?').get(n, k)
    return (row?.['v'] as number | null) ?? this.floor()
  }
}

type OldRow = Omit<Row, 'd'> & { d: string | null }

/** A row of history, where there was an entity at all. */
function present({ c, v, d }: OldRow): Row | undefined {
  return d === null ? undefined : { c, v, d }
}
