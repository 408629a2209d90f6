// Where a call reads: the tables as they are, or as they were at an earlier version, and the transaction that wants to know
// of it. History tells what was replaced since; whoever reads the past leaves those entities out and takes the old ones.

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

/** An entity that was read by its key. */
export interface EntityRead {
  /** The name of its partition, which may have no number yet. */
  name: string
  k: Uint8Array
  /** The version found, 0 for no entity. */
  version: number
}

export class View {
  readonly store: Store
  /** The version read; undefined: the latest, whatever it is. */
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

  /** The number of a partition, if anything was ever kept in it. */
  numberOf(partition: StoredKey['partitionId']): number | undefined {
    return this.store.number(partitionName(partition))
  }

  /** Reads one entity, and has the transaction remember it. */
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

  /** The entities of a partition, and of a kind if one is given, that changed after the version read. */
  changedEntities(n: number, kind: string | undefined): OldEntity[] {
    if (this.version === undefined || this.version >= this.store.version()) return []
    const first = new Map<string, OldEntity>()
    for (const { k, row } of this.store.history.changesSince(n, this.version)) {
      const id = Buffer.from(k).toString('latin1')
      if (!first.has(id)) first.set(id, { k, row })
    }
    const changed = [...first.values()]
    return kind === undefined ? changed : changed.filter(({ k }) => pathFromBytes(k).at(-1)!.kind === kind)
  }
}

/** When the latest state is read: no sooner than the latest commit, whatever the clock says. */
export function timeNow(latest: number): Timestamp {
  return toTimestamp(Math.max(latest, Date.now() * 1000))
}
