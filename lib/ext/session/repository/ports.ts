// What the session store needs of the world: a Datastore, perhaps a memcached, a clock, chance. Each is a small interface
// whose every step is one await, so that a test can own them all and choose what happens between any two steps.

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

/** Datastore as the store sees it. `id` is the name of a key, `timeout` in ms. Rejects with PortError. */
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

/** Time. `now` is the wall's, for what is stored; `ticks` only ever grows, for durations. Both in ms. */
export interface Clock {
  now(): number
  ticks(): number
  /** Calls `fn` once after `ms`, unless the returned function is called before. */
  timer(ms: number, fn: () => void): () => void
}

/** Chance. */
export interface Chance {
  /** A new session id of at least 192 bits, to be put into a cookie. */
  id(): string
  /** A new token of at least 96 bits. */
  token(): string
  /** In [0, 1): to spread retries. */
  unit(): number
}

/** A memcached server as the cache sees it. */
export interface CacheLink {
  /** Like `10.0.0.1:11211`, for log lines. */
  readonly name: string
  /** Gives up after `timeout` ms, and leaves nothing open then. */
  connect(timeout: number): Promise<CacheConnection>
}

/** Names one version of an entry; counts only on the connection that gave it, for servers count anew when they restart. */
export type CasId = unknown

/**
 * One connection to a memcached server. Calls may stay pending for ever, and reject when it is lost or with CacheRefused
 * where the server answered but would not.
 */
export interface CacheConnection {
  readonly alive: boolean
  get(key: string): Promise<{ value: string; cas: CasId } | null>
  /** Null: there is an entry already. */
  add(key: string, value: string, seconds: number): Promise<CasId | null>
  /** Null: it is another entry by now, or gone. */
  replace(key: string, value: string, seconds: number, cas: CasId): Promise<CasId | null>
  /** With `cas` only that entry. False: it is another by now, or gone. */
  delete(key: string, cas?: CasId): Promise<boolean>
  close(): void
}

/** The server works, but does not take this: too large, no memory. */
export class CacheRefused extends Error {
  override name = 'CacheRefused'
}
