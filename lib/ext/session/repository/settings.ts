// The parts and settings of the session repository, and the types of its calls.
import type { Clock } from '../../../internal/clock.ts'
import { decodeData } from '../data/codec.ts'
import type { Conflict, Data } from '../merge/merge.ts'
import type { DatastorePort, OpenCache, Randomness } from './ports.ts'
import type { SessionRecord } from './record.ts'

/** `tombstone`: destroyed or regenerated within the last minute. `none`: unknown, expired or broken. */
export type Loaded = { state: 'live'; record: SessionRecord } | { state: 'tombstone' } | { state: 'none' }

/** The new state that a request commits. */
export interface NewState {
  /** The encoded data as the request leaves it. */
  data: string
  /** The session's user from now on; undefined where the request did not set it. */
  username?: string | null
  /** Idle time in ms; undefined: as it was, for a new session as configured. */
  expiresIn?: number
}

export interface RepositorySettings {
  /** Idle time in ms after which a session is dead. */
  expiration: number
  /** Age in ms at which it is dead however much used; null for never. */
  absoluteExpiration: number | null
  /** The part of the idle time that must have passed before `touchDue`. */
  touchAfter: number
  /** Milliseconds for one load or save, retries included. */
  storeTimeout: number
  /** Milliseconds that a process may serve a state which another changed without reaching the cache afterwards. */
  cacheTtl: number
  /** The longest wait in ms that one load or save may spend on the cache. */
  cacheTimeout: number
  /** Milliseconds for a connection to the cache to come about, beside the requests. */
  cacheConnectTimeout: number
  decode(text: string): Data
  /** Instead of the structural merge; synchronous, may run again. */
  merge: ((base: Data, mine: Data, theirs: Data) => Data) | null
  /** Told of each place where the later of two changes won, once that is committed. */
  onConflict: ((conflict: Conflict) => void) | null
  /** Called when a cache server stops or starts to work and, once a minute, for loads and saves that fail. */
  onTrouble: (message: string) => void
}

export const defaultRepositorySettings: RepositorySettings = {
  expiration: 86_400_000,
  absoluteExpiration: null,
  touchAfter: 0.1,
  storeTimeout: 5000,
  cacheTtl: 60_000,
  cacheTimeout: 50,
  cacheConnectTimeout: 1000,
  decode: decodeData,
  merge: null,
  onConflict: null,
  onTrouble: () => {},
}

export interface RepositoryParts {
  datastore: DatastorePort
  /** Default: no cache. */
  cache?: OpenCache
  clock: Clock
  randomness: Randomness
  settings?: Partial<RepositorySettings>
}
