// The dependencies of the cache, and the record that it keeps: small interfaces whose every step is one await, so that a test
// can choose what happens between any two steps.
import type { Clock } from '../../../internal/clock.ts'

/** A live session as Datastore holds it. Times in ms since 1970. */
export interface CachedRecord {
  version: number
  created: number
  updated: number
  expires: number
  /** The encoded data. */
  data: string
  username: string | null
  /** The tokens of the last commits, newest first. */
  commits: string[]
  /** Datastore's own version of the entity. */
  stamp: string | null
}

/** The counters of the cache. */
export interface CacheCounters {
  cacheHits: number
  cacheMisses: number
  /** Reads that found another reader's lease, and filled nothing. */
  leasesMet: number
  fills: number
  /** Uses of the cache left out because a breaker was open. */
  cacheBypassed: number
  breakerOpened: number
  /** Changes whose response left before the cache confirmed them; they are repeated in the background. */
  cacheUnconfirmed: number
  /** Entries that were expired, garbage or another session's. */
  cacheBroken: number
  /** The time that each load or save spent on the cache. */
  readonly cache: { add(ms: number, failed: boolean): void }
}

/** The parts that a repository hands to its cache. */
export interface CacheParts {
  clock: Clock
  randomness: { token(): string }
  counters: CacheCounters
  settings: {
    /** Milliseconds that a value may be served. */
    cacheTtl: number
    /** The longest wait in ms that one load or save may spend on the cache. */
    cacheTimeout: number
    /** Milliseconds for a connection to come about, beside the requests. */
    cacheConnectTimeout: number
    /** Called when a server stops and starts to work. */
    onTrouble: (message: string) => void
  }
}

/** A server of the cache. */
export interface CacheLink {
  /** Like `10.0.0.1:11211`, for log lines. */
  readonly name: string
  /** Gets what the next connection needs, a token perhaps, before its time begins; undefined where nothing is missing. */
  prepare?(): Promise<unknown> | undefined
  /** Gives up after `timeout` ms, and leaves nothing open then. */
  connect(timeout: number): Promise<CacheConnection>
  /** Connects, and describes the server to a person, in lines: kind, version and role, and its user's rights. */
  describe?(timeout: number): Promise<string[]>
}

/** Names one version of an entry; counts only on the connection that gave it, for servers count anew when they restart. */
export type CasId = unknown

export interface Entry {
  value: string
  cas: CasId
}

/** The entry that was there, or the id of the one that was added; null: the server did not take it. */
export type Looked = { entry: Entry } | { added: CasId | null }

/**
 * One connection to a server of the cache. Calls may stay pending for ever. They reject when the connection is lost, and with
 * CacheRefused if the server rejected the command.
 */
export interface CacheConnection {
  readonly alive: boolean
  get(key: string): Promise<Entry | null>
  /** `get`, and `add` where there is nothing, in one call; for servers that can. */
  look?(key: string, value: string, seconds: number): Promise<Looked>
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

/** The remedies where no server was found at its address, by the code of the error: of a failover, perhaps, or of the configuration. */
export const remediesOfAddress: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'see that a server listens there, and correct the port if none does',
  ENOTFOUND: 'correct the name of the host, or see that it can be looked up here',
  EAI_AGAIN: 'see that names of hosts can be looked up here',
}

/** The server is not what the configuration says, or does not let this process in: the configuration has to change, or the server. */
export class CacheUnusable extends Error {
  override name = 'CacheUnusable'
}
