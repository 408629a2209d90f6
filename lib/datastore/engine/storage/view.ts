// A consistent view of the entities, at the latest or at an earlier version. A read of the past leaves out the entities that
// changed since, and takes their old state from the history.

import { toTimestamp } from '../encoding/convert.ts'
import { partitionName, pathBytes, pathFromBytes, type StoredKey } from '../encoding/keys.ts'
import type { Timestamp } from '../protocol/messages.ts'
import type { Row } from './schema.ts'
import type { Store } from './store.ts'

/** An entity that changed after the version read, as it was. */
export interface OldEntity {
  k: Uint8Array
  row: Row | undefined
}

/** A read of an entity by its key. */
export interface EntityRead {
  /** The name of its partition, which may have no number yet. */
  name: string
  k: Uint8Array
  /** The version found, 0 for no entity. */
  version: number
}

export class View {
  readonly store: Store
  /** The version read; undefined for the latest. */
  readonly version: number | undefined
  readonly #onRead: ((read: EntityRead) => void) | undefined

  /** @param onRead Called for each entity that is read by its key. */
  constructor(store: Store, version: number | undefined, onRead?: (read: EntityRead) => void) {
    this.store = store
    this.version = version
    this.#onRead = onRead
  }

  get readTime(): Timestamp {
    return this.version === undefined ? timeNow(this.store.version()) : toTimestamp(this.version)
  }

  /** Returns the number of a partition, if anything was ever stored in it. */
  numberOf(partition: StoredKey['partitionId']): number | undefined {
    return this.store.number(partitionName(partition))
  }

  /** Reads one entity. */
  read(key: StoredKey): Row | undefined {
    const n = this.numberOf(key.partitionId)
    const k = pathBytes(key.path)
    const row = n === undefined ? undefined : this.#get(n, k)
    this.#onRead?.({ name: partitionName(key.partitionId), k, version: row?.v ?? 0 })
    return row
  }

  #get(n: number, k: Uint8Array): Row | undefined {
    const now = this.store.get(n, k)
    return this.version === undefined ? now : this.store.history.getAt(n, k, this.version, now)
  }

  /** Returns the entities of a partition, and of a kind if given, that changed after the version read. */
  changedEntities(n: number, kind: string | undefined): OldEntity[] {
    if (this.version === undefined || this.version >= this.store.version()) return []
    return [...this.store.history.changedSince(n, this.version, isOf(kind), (k) => this.store.get(n, k))]
  }

  /** Returns true if there is one of those. */
  hasChangedEntities(n: number, kind: string | undefined): boolean {
    if (this.version === undefined || this.version >= this.store.version()) return false
    return this.store.history.hasChangedSince(n, this.version, isOf(kind))
  }
}

function isOf(kind: string | undefined): (k: Uint8Array) => boolean {
  return (k) => kind === undefined || pathFromBytes(k).at(-1)!.kind === kind
}

/** Returns the time of a read of the latest state: not before the latest commit, even if the clock is. */
export function timeNow(latest: number): Timestamp {
  return toTimestamp(Math.max(latest, Date.now() * 1000))
}
