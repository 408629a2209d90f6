// What the repository needs of the world: Datastore, a cache in front of it, randomness. Each is a small interface whose
// every step is one await, so that a test can own them and choose what happens between any two steps.

import type { Clock } from '../../../internal/clock.ts'
import type { CacheCounters, CachedRecord } from '../cache/ports.ts'

/** A session as Datastore keeps it. Times in ms since 1970. */
export interface SessionRow {
  /** Counts commits from 1. */
  version: number
  created: number
  updated: number
  expires: number
  /** The encoded data. Without it the row is a tombstone: `null` after destroy(), `''` after regenerate(). */
  data: string | null
  username: string | null
  /** The tokens of the last commits, newest first. */
  commits: string[]
  /** Datastore's own version of what was read or committed: not stored, and null before it is. */
  stamp: string | null
}

/** What logins and `destroyAllFor` of one user agree by: the logins of the last minute, and the last revocation. */
export interface UserRow {
  /** Counts logins and revocations from 1. */
  sequence: number
  /** Logins up to this one are revoked. */
  revoked: number
  /** When that was; 0 for never. */
  revokedAt: number
  logins: { sequence: number; id: string; at: number }[]
}

export type Write =
  | { op: 'insert' | 'update'; id: string; row: SessionRow }
  | { op: 'delete'; id: string }
  | { op: 'user'; id: string; row: UserRow }

/** What a transaction read: only what exists. */
export interface Snapshot {
  sessions: Map<string, SessionRow>
  user: UserRow | null
}

/** A serialisable transaction with optimistic or pessimistic locks: reads, then one commit, or `abandon`. */
export interface DatastoreTransaction {
  read(ids: readonly string[], user: string | null, timeout: number): Promise<Snapshot>
  /** The stamps of what was written, in the order of the writes. */
  commit(writes: readonly Write[], timeout: number): Promise<string[]>
  /** Gives up what it read: at once, without waiting, never failing. */
  abandon(): void
}

/** Datastore as the repository sees it. `id` is the name of a key, `timeout` in ms. Rejects with PortError. */
export interface DatastorePort {
  get(id: string, timeout: number): Promise<SessionRow | null>
  /** Those of the sessions that exist. */
  getMany(ids: readonly string[], timeout: number): Promise<Map<string, SessionRow>>
  /** A plain insert: one call. The stamp; rejects with the reason 'exists' where the key is taken. */
  insert(id: string, row: SessionRow, timeout: number): Promise<string>
  /** A plain update of what has `stamp`: one call. The new stamp; null where it is not that any more. */
  swap(id: string, row: SessionRow, stamp: string, timeout: number): Promise<string | null>
  begin(): DatastoreTransaction
  /** The ids of the sessions with this username, tombstones among them; may lag behind commits. */
  find(username: string, timeout: number): Promise<string[]>
}

/**
 * Why a call failed. `conflict`: another transaction came first, nothing was applied. `exists`: an insert's key is taken.
 * `busy`: not applied, may be tried again. `unknown`: may have been applied. `refused`: trying again is of no use.
 */
export type PortFailure = 'conflict' | 'exists' | 'busy' | 'unknown' | 'refused'

export class PortError extends Error {
  override name = 'PortError'
  readonly reason: PortFailure

  constructor(reason: PortFailure, message: string, options?: ErrorOptions) {
    super(message, options)
    this.reason = reason
  }
}

/** Randomness: ids, tokens, and the spread of retries. */
export interface Randomness {
  /** A new session id of at least 192 bits, to be put into a cookie. */
  id(): string
  /** A new token of at least 96 bits. */
  token(): string
  /** In [0, 1): to spread retries. */
  unit(): number
}

/** The state of one cache server's breaker: `closed` while the server is used, `open` while it is left alone. */
export interface CacheServerState {
  name: string
  state: 'closed' | 'open' | 'mending'
}

/** The cache in front of Datastore. `id` is the name of a key. */
export interface CachePort {
  readonly servers: readonly CacheServerState[]
  /** Returns the cached record, or what `fetch` finds; a record that was fetched is cached. */
  read<Other>(id: string, fetch: () => Promise<CachedRecord | Other>): Promise<CachedRecord | Other>
  /** Makes sure that nothing older than `record` is served; awaited before the commit is answered. */
  write(id: string, record: CachedRecord, base: CachedRecord | null): Promise<void>
  /** Deletes the entry; awaited before a destroy is answered. */
  remove(id: string): Promise<void>
  close(): void
}

/** Makes the cache of one repository, which hands over its clock, randomness, counters and settings. */
export type OpenCache = (parts: {
  clock: Clock
  randomness: Randomness
  counters: CacheCounters
  settings: { cacheTtl: number; cacheTimeout: number; onTrouble: (message: string) => void }
}) => CachePort
