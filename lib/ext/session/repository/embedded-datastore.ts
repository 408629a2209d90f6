// Sessions in the engine of this process. What nearly all requests do, to read a session and to replace it, needs no messages there and
// no deadline; the rest goes the way of all Datastores.
import type { Embedded } from '../../../datastore/client.ts'
import type { Engine } from '../../../datastore/engine/engine.ts'
import type { Records, StoredRecord } from '../../../datastore/engine/records.ts'
import { setImmediate } from '../../../internal/timers.ts'
import { steps } from '../../../internal/tracing.ts'
import { SessionDatastore, type SessionDatastoreOptions, translate } from './datastore-adapter.ts'
import { engineCalls } from './datastore-calls.ts'
import { sessionProperties, sessionRow } from './datastore-entities.ts'
import type { SessionRow, Snapshot, Write } from './ports.ts'

/** A lookup that waits for the end of the turn. */
interface Lookup {
  id: string
  resolve(row: SessionRow | undefined): void
  reject(error: unknown): void
}

/** A record that was read or written lately. Changed in its place: a new object for each version would soon be old garbage. */
class Seen {
  version = 0
  /** True if its user is indexed and nothing else, as in all that tipfy writes. */
  indexesUserAlone = false
  wasRead = false
  /** Set at the second read of a version: a record that changes with each request is not worth it. */
  row: SessionRow | undefined = undefined

  read(row: SessionRow, { version, properties }: StoredRecord): void {
    const isKept = version === this.version && this.wasRead && (row.data?.length ?? 0) <= maxKept
    this.version = version
    this.indexesUserAlone = indexesUserAlone(properties)
    this.wasRead = true
    this.row = isKept ? row : undefined
  }

  written(version: number): void {
    this.version = version
    this.indexesUserAlone = true
    this.wasRead = false
    this.row = undefined
  }
}

const maxSeen = 2000
/** Characters of data up to which a row is kept. */
const maxKept = 4000

export class EmbeddedDatastore extends SessionDatastore {
  override readonly keepsTime = true
  readonly #engine: Engine
  readonly #records: Records
  readonly #seen = new Map<string, Seen>()
  #waiting: Lookup[] = []

  constructor(data: Embedded, options: SessionDatastoreOptions) {
    super(engineCalls(data), options)
    const { projectId, databaseId, namespace: namespaceId } = data.place
    this.#engine = data.engine
    this.#records = data.engine.records({ projectId, databaseId, namespaceId }, options.kind)
  }

  /** Looks up one session; with the others of its turn, as in one read of SQLite each takes a third of the time. */
  latest(id: string): Promise<SessionRow | undefined> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.length === 0) setImmediate(() => this.#lookUpAll())
      this.#waiting.push({ id, resolve, reject })
    })
  }

  #lookUpAll(): void {
    const lookups = this.#waiting
    this.#waiting = []
    const all = () => {
      for (const lookup of lookups) this.#lookUp(lookup)
    }
    try {
      if (lookups.length === 1) all()
      else this.#engine.atOnce(all)
    } catch {
      all() // no transaction could begin: each lookup has its own error
    }
  }

  #lookUp({ id, resolve, reject }: Lookup): void {
    try {
      const seen = this.#seen.get(id)
      const found = this.#records.get(id, seen?.row && seen.version)
      resolve(found === 'known' ? seen!.row : found && this.#see(id, seen, found))
    } catch (error) {
      reject(error)
    }
  }

  #see(id: string, known: Seen | undefined, found: StoredRecord): SessionRow {
    const row = sessionRow({ entity: found, version: found.version })
    const seen = known ?? new Seen()
    seen.read(row, found)
    if (known === undefined) {
      if (this.#seen.size >= maxSeen) this.#seen.clear()
      this.#seen.set(id, seen)
    }
    return row
  }

  override async commit(writes: readonly Write[], onto: Snapshot, timeout: number): Promise<string[]> {
    const [write] = writes
    const isOne = writes.length === 1 && write!.op === 'update' && !steps.hasSubscribers
    const version = isOne ? await this.#replace(write!.id, write!.row, onto, timeout) : undefined
    return version === undefined ? super.commit(writes, onto, timeout) : [String(version)]
  }

  /** Replaces a record whose indexed values stay; returns undefined where it takes a commit. */
  async #replace(id: string, row: SessionRow, { sessions }: Snapshot, timeout: number): Promise<number | undefined> {
    const [base, seen] = [sessions.get(id), this.#seen.get(id)]
    if (!seen?.indexesUserAlone || base?.stamp !== String(seen.version) || base.username !== row.username)
      return undefined
    const properties = sessionProperties(row, this.format)
    const version = await translate(this.#records.replace(id, seen.version, properties, timeout))
    if (version !== undefined) seen.written(version)
    return version
  }
}

function indexesUserAlone(properties: StoredRecord['properties']): boolean {
  for (const name in properties) {
    const isIndexed = !properties[name]!.excludeFromIndexes
    if (isIndexed !== (name === 'username')) return false
  }
  return properties.username !== undefined
}
