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
const OLDEST = `SELECT max(v) FROM (SELECT id / 1024 AS v FROM history WHERE id < ${FROM} ORDER BY id LIMIT ?)`
const SIZE = `SELECT sum(coalesce(octet_length(d), 0) + ${ROW_BYTES}) FROM history WHERE id < ${FROM}`
const DROP = `DELETE FROM history WHERE id < ${FROM}`
const FIRST_CHANGE = `SELECT c, v, d FROM history WHERE id >= ${FROM} AND n = ? AND k = ? ORDER BY id LIMIT 1`
const LAST_CHANGE = 'SELECT max(id) / 1024 FROM history WHERE n = ? AND k = ?'
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
    this.#store.sql.run(INSERT, version, place, n, k, row?.c ?? null, row?.v ?? null, row?.d ?? null)
    this.#added.rows++
    this.#added.bytes += ROW_BYTES + (row ? Buffer.byteLength(row.d) : 0)
  }

  /** Ends what a transaction adds: drops the oldest, twice as fast as it grows, where it is too old or too much. */
  settle(now: number): void {
    const { rows, bytes } = this.#added
    this.forgetAdded()
    if (rows === 0) return
    this.#store.sql.run('UPDATE state SET kept = kept + ?', bytes)
    const [kept, first] = this.#store.sql.first<[number, number]>(
      'SELECT kept, (SELECT min(id) / 1024 FROM history) FROM state',
    )!
    const before = kept > limits.bytes ? Number.MAX_SAFE_INTEGER : (now - limits.age) * 1000
    if (first < before) this.#dropUpTo(this.#store.sql.first<[number]>(OLDEST, before, rows * 2)![0])
  }

  #dropUpTo(version: number): void {
    const [bytes] = this.#store.sql.first<[number]>(SIZE, version + 1)!
    this.#store.sql.run(DROP, version + 1)
    this.#store.sql.run('UPDATE state SET floor = ?, kept = kept - ?', version, bytes)
  }

  /** After a transaction that came to nothing. */
  forgetAdded(): void {
    this.#added = { rows: 0, bytes: 0 }
  }

  /** The oldest version that can be read. */
  floor(): number {
    return this.#store.sql.first<[number]>('SELECT floor FROM state')![0]
  }

  /** An entity as it was at a version. */
  getAt(n: number, k: Uint8Array, version: number): Row | undefined {
    const now = this.#store.get(n, k)
    if (now && now.v <= version) return now
    const then = this.#store.sql.first<OldColumns>(FIRST_CHANGE, version + 1, n, k)
    return then ? present(...then) : now
  }

  /** What was replaced after a version in a partition, oldest first. */
  *changesSince(n: number, version: number): Generator<{ k: Uint8Array; row: Row | undefined }> {
    const changes = this.#store.sql.all<[Uint8Array, ...OldColumns]>(CHANGES, version + 1, n)
    for (const [k, ...then] of changes) yield { k, row: present(...then) }
  }

  /** The version since which there has been no entity, or the oldest one known of. */
  goneSince(n: number, k: Uint8Array): number {
    return this.#store.sql.first<[number | null]>(LAST_CHANGE, n, k)![0] ?? this.floor()
  }
}

type OldColumns = [c: number, v: number, d: string | null]

/** A row of history, where there was an entity at all. */
function present(...[c, v, d]: OldColumns): Row | undefined {
  return d === null ? undefined : { c, v, d }
}
