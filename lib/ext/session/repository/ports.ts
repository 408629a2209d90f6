// The dependencies of the repository: Datastore, a cache in front of it, randomness. Each is a small interface whose
// every step is one await, so that a test can own them and choose what happens between any two steps.

import type { CachedRecord, CacheParts } from '../cache/ports.ts'

/** A session as Datastore holds it. Times in ms since 1970. */
export interface SessionRow {
  /** Counts commits from 1. */
  version: number
  created: number
  updated: number
  expires: number
  /** The encoded data. A row without data is a tombstone: `null` after destroy(), `''` after regenerate(). */
  data: string | null
  /** The encoded part that a tombstone keeps after regenerate(): beside the data, in which older builds expect nothing. */
  moved?: string | undefined
  username: string | null
  /** The tokens of the last commits, newest first. */
  commits: string[]
  /** Datastore's own version of the entity that was read or committed: not stored, null before the commit. */
  stamp: string | null
}

/** The row by which logins and `destroyAllFor` of one user agree: the logins of the last minutes, and the last revocation. */
export interface UserRow {
  /** Counts logins and revocations from 1. */
  sequence: number
  /** Logins up to this one are revoked. */
  revoked: number
  /** The time of that revocation; 0 for never. */
  revokedAt: number
  logins: { sequence: number; id: string; at: number }[]
  /** As in SessionRow. */
  stamp: string | null
}

export type Write =
  | { op: 'insert' | 'update'; id: string; row: SessionRow }
  | { op: 'delete'; id: string }
  | { op: 'user'; id: string; row: UserRow }

/** The rows that were read; those that do not exist are missing. */
export interface Snapshot {
  sessions: Map<string, SessionRow>
  user: UserRow | null
}

/** Reading, and committing onto what was read. `id` is the name of a key, `timeout` in ms. Rejects with PortError. */
export interface DatastoreAccess {
  /** Reads the latest sessions, and the row of `user` unless that is null. */
  read(ids: readonly string[], user: string | null, timeout: number): Promise<Snapshot>
  /**
   * Applies all writes or none. `onto` is the snapshot that they were made from: rejects with `outdated` where a row that is
   * written has changed since. Returns the stamps of the written rows, in the order of the writes.
   */
  commit(writes: readonly Write[], onto: Snapshot, timeout: number): Promise<string[]>
}

/** A serialisable transaction, which a server may protect by versions or by locks. */
export interface DatastoreTransaction extends DatastoreAccess {
  /** Gives up the transaction and its locks: at once, without waiting, never failing. */
  abandon(): void
}

/** Datastore as the repository sees it. */
export interface DatastorePort extends DatastoreAccess {
  /** It is a file of this process: errors speak of that, and not of projects and credentials. */
  readonly isEmbedded?: boolean
  /** Its calls settle within their timeout by themselves. */
  readonly keepsTime?: boolean
  /** Reads one session where that is no call over a network. Rejects where `read` has to tell what is wrong. */
  latest?(id: string): Promise<SessionRow | undefined>
  begin(timeout: number): Promise<DatastoreTransaction>
  /** Returns the ids of the sessions of a user, tombstones included; may lag behind commits. */
  find(username: string, timeout: number): Promise<string[]>
}

/**
 * The reason of a failed call. `outdated`: a row has changed since it was read. `conflict`: another commit is under way. `busy`:
 * try again. These three applied nothing. `unknown`: may have been applied. `refused`: trying again is of no use.
 */
export type PortFailure = 'outdated' | 'conflict' | 'busy' | 'unknown' | 'refused'

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
  /** The servers of another cache, where entries are only deleted. */
  readonly retiring: readonly CacheServerState[]
  /** Ms that an entry can live. */
  readonly entryLife: number
  /** Opens the connections. */
  start(): void
  /** Returns the cached record, or what `fetch` finds; a record that was fetched is cached. */
  read<Other>(id: string, fetch: () => Promise<CachedRecord | Other>): Promise<CachedRecord | Other>
  /** Makes sure that nothing older than `record` is served; awaited before the response to the commit. */
  write(id: string, record: CachedRecord, base: CachedRecord | null): Promise<void>
  /** Deletes the entry; awaited before the response to a destroy. Tried for `patience` ms if the cache was in use until now. */
  remove(id: string, patience?: number): Promise<void>
  close(): void
}

/** Makes the cache of one repository, which hands over its clock, randomness, counters and settings. */
export type OpenCache = (parts: CacheParts) => CachePort
