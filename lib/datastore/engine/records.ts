// The entities of one kind, by their names, for code in this process: read and replaced without messages. What these two cannot do
// is for the calls of the engine.
import type { Commits } from './commits.ts'
import { readDocument, writeDocument } from './encoding/document.ts'
import { assertWritable, partitionName, pathBytes, readKey, type StoredElement } from './encoding/keys.ts'
import type { Properties } from './encoding/values.ts'
import type { PartitionId, Target } from './protocol/messages.ts'
import type { Store } from './storage/store.ts'

export interface StoredRecord {
  /** Its version in Datastore: microseconds since 1970. */
  version: number
  properties: Properties
}

export class Records {
  readonly #store: Store
  readonly #commits: Commits
  readonly #kind: string
  readonly #partition: string

  constructor(store: Store, commits: Commits, place: Target & PartitionId, kind: string) {
    const key = readKey({ partitionId: { namespaceId: place.namespaceId }, path: [{ kind, name: 'any' }] }, place)
    assertWritable(key)
    this.#store = store
    this.#commits = commits
    this.#kind = kind
    this.#partition = partitionName(key.partitionId)
  }

  /** Reads the latest state of an entity. @param known a version for which 'known' is enough */
  get(name: string, known?: number): StoredRecord | 'known' | undefined {
    const n = this.#store.number(this.#partition)
    if (n === undefined) return undefined
    const k = pathBytes(this.#path(name))
    const row = known === undefined ? this.#store.latest(n, k).row : this.#store.unlessAt(n, k, known)
    return typeof row === 'object' ? { version: row.v, properties: readDocument(row.d) } : row
  }

  /**
   * Replaces the properties of an entity that is at the version `base` by others with the same indexed values. Returns the new
   * version; undefined if nothing was written, as another version is there or a transaction may be in the way.
   *
   * @param properties Checked by the caller, and in the form that is stored: each value names its type.
   * @param timeout Milliseconds that the caller can wait.
   */
  replace(name: string, base: number, properties: Properties, timeout: number): Promise<number | undefined> {
    const k = pathBytes(this.#path(name))
    return this.#commits.replace({ partition: this.#partition, k, base, text: writeDocument(properties) }, timeout)
  }

  #path(name: string): StoredElement[] {
    return [{ kind: this.#kind, idType: 'name', name }]
  }
}
