// The repository's Datastore: each call with its own deadline and without retries, each record checked, each error translated to
// what it means for a commit.
import { NewerFormat, newestFormat, type RecordFormat } from '../data/record-format.ts'
import type { DatastoreCalls, Method } from './datastore-calls.ts'
import {
  EntityKey,
  emptyUser,
  type Found,
  failAtConflict,
  Mutation,
  partitionOf,
  sessionProperties,
  sessionRow,
  userEntity,
  userRow,
} from './datastore-entities.ts'
import {
  type DatastorePort,
  type DatastoreTransaction,
  PortError,
  type PortFailure,
  type SessionRow,
  type Snapshot,
  type Write,
} from './ports.ts'

export interface SessionDatastoreOptions {
  /** The kind of the records; `User` is appended for the rows of users. */
  kind: string
  /** Default: false. */
  isEmbedded?: boolean
  /** The format to write. Default: the newest. */
  recordFormat?: RecordFormat
  /** Called for each record that another program broke: it is read as none. */
  onBroken?: (kind: string, name: string, why: string) => void
}

export interface PageOptions {
  limit: number
  /** The end of an earlier page. */
  after?: string
  user?: string
}

export interface Page {
  rows: Map<string, SessionRow>
  /** For `after`; null at the end. */
  next: string | null
}

interface QueryResponse {
  batch: { entityResults?: Found[] | null; endCursor?: Uint8Array | string | null; moreResults?: string }
}

interface LookupResponse {
  found?: Found[]
  deferred?: EntityKey[]
}

/** Datastore takes 1,000 keys in one lookup. */
const maxLookup = 1000

interface CommitResponse {
  mutationResults: { version: number | string }[]
}

export class SessionDatastore implements DatastorePort {
  readonly isEmbedded: boolean
  readonly keepsTime: boolean = false
  readonly #calls: DatastoreCalls
  readonly #kind: string
  protected readonly format: RecordFormat
  readonly #onBroken: (kind: string, name: string, why: string) => void

  constructor(calls: DatastoreCalls, options: SessionDatastoreOptions) {
    this.#calls = calls
    this.#kind = options.kind
    this.isEmbedded = options.isEmbedded ?? false
    this.format = options.recordFormat ?? newestFormat
    this.#onBroken = options.onBroken ?? (() => {})
  }

  /** @param transaction the id of the one to read in */
  async read(
    ids: readonly string[],
    user: string | null,
    timeout: number,
    transaction?: Uint8Array,
  ): Promise<Snapshot> {
    const keys = ids.map((id) => this.#key(id))
    if (user !== null) keys.push(this.#key(user, 'User'))
    const { found, calls } = await this.#lookup(keys, timeout, transaction)
    const snapshot = this.#snapshot(found)
    // A login must not be missing that the sessions know of: of several calls the last one has to read the user.
    if (user !== null && calls > 1) {
      snapshot.user = this.#snapshot((await this.#lookup([this.#key(user, 'User')], timeout, transaction)).found).user
    }
    return snapshot
  }

  async commit(writes: readonly Write[], onto: Snapshot, timeout: number): Promise<string[]> {
    const mutations = writes.map((write) => this.#mutation(write, onto))
    if (mutations.length === 1) return this.#commit(mutations, timeout)
    // Only a transaction applies all or none. It reads nothing, and so holds no lock before it commits.
    const transaction = await this.#begin(timeout)
    try {
      return await this.#commit(mutations, timeout, transaction)
    } catch (error) {
      this.#rollback(transaction)
      throw error
    }
  }

  async begin(timeout: number): Promise<DatastoreTransaction> {
    const transaction = await this.#begin(timeout)
    return {
      read: (ids, user, timeout) => this.read(ids, user, timeout, transaction),
      commit: (writes, onto, timeout) => {
        const mutations = writes.map((write) => this.#mutation(write, onto, false))
        return this.#commit(mutations, timeout, transaction)
      },
      abandon: () => this.#rollback(transaction),
    }
  }

  async find(username: string, timeout: number): Promise<string[]> {
    const { names } = await this.#query({ user: username }, timeout)
    return names
  }

  /**
   * Returns a page of records in the order of their keys, or of those of one user, dead ones included: for tools. Those that a
   * newer version wrote are left out.
   */
  async page(options: PageOptions, timeout: number): Promise<Page> {
    const { names, next } = await this.#query(options, timeout)
    const keys = names.map((id) => this.#key(id))
    const { sessions } = this.#snapshot((await this.#lookup(keys, timeout)).found, false)
    return { rows: sessions, next }
  }

  /** Deletes records by their ids, at most 500. */
  async delete(ids: readonly string[], timeout: number): Promise<void> {
    const mutations = ids.map((id) => new Mutation({ delete: this.#key(id) }))
    await this.#commit(mutations, timeout)
  }

  #call<T>(method: Method, request: object, timeout: number, transaction?: Uint8Array): Promise<T> {
    return translate(this.#calls.call<T>(method, request, timeout, transaction))
  }

  async #commit(mutations: readonly Mutation[], timeout: number, transaction?: Uint8Array): Promise<string[]> {
    const response = this.#calls.call<CommitResponse>('commit', { mutations }, timeout, transaction)
    const { mutationResults } = await translate(response, mutations)
    return mutationResults.map(({ version }) => String(version))
  }

  async #begin(timeout: number): Promise<Uint8Array> {
    const options = { transactionOptions: { readWrite: {} } }
    return (await this.#call<{ transaction: Uint8Array }>('beginTransaction', options, timeout)).transaction
  }

  /** Releases what a transaction holds, in the background. */
  #rollback(transaction: Uint8Array): void {
    this.#call('rollback', {}, 1000, transaction).catch(() => {})
  }

  async #lookup(
    keys: EntityKey[],
    timeout: number,
    transaction?: Uint8Array,
  ): Promise<{ found: Found[]; calls: number }> {
    const found: Found[] = []
    let calls = 0
    // Many large records come in several responses.
    for (let wanted = keys; wanted.length > 0; calls++) {
      const request = { keys: wanted.slice(0, maxLookup) }
      const response = await this.#call<LookupResponse>('lookup', request, timeout, transaction)
      found.push(...(response.found ?? []))
      wanted = [...(response.deferred ?? []), ...wanted.slice(maxLookup)]
    }
    return { found, calls }
  }

  /** Returns the names of the records' keys, in their order; `next` is for `after`, null at the end. */
  async #query(
    { limit, after, user }: Partial<PageOptions>,
    timeout: number,
  ): Promise<{ names: string[]; next: string | null }> {
    const names: string[] = []
    // Many come in several responses.
    for (let cursor = after; ; ) {
      const query = {
        kind: [{ name: this.#kind }],
        projection: [{ property: { name: '__key__' } }],
        ...(user !== undefined && { filter: isUser(user) }),
        ...(limit !== undefined && { limit: { value: limit - names.length } }),
        ...(cursor !== undefined && { startCursor: cursor }),
      }
      const request = { partitionId: partitionOf(this.#calls.namespace), query }
      const { batch } = await this.#call<QueryResponse>('runQuery', request, timeout)
      for (const { entity } of batch.entityResults ?? []) names.push(entity.key.path[0]!.name)
      cursor = textOf(batch.endCursor)
      if (batch.moreResults === 'NOT_FINISHED' && names.length !== limit) continue
      const isEnd = batch.moreResults === 'NO_MORE_RESULTS' || names.length !== limit
      return { names, next: isEnd ? null : (cursor ?? null) }
    }
  }

  /** @param checked whether the server is to compare the version with that in `onto` */
  #mutation(write: Write, onto: Snapshot, checked = true): Mutation {
    const isUser = write.op === 'user'
    const key = this.#key(write.id, isUser ? 'User' : '')
    const stamp = (isUser ? onto.user : onto.sessions.get(write.id))?.stamp
    const version =
      checked && stamp ? ({ baseVersion: stamp, conflictResolutionStrategy: failAtConflict } as const) : undefined
    if (write.op === 'delete') return new Mutation({ delete: key, ...version })
    if (isUser) return new Mutation({ [stamp ? 'update' : 'insert']: userEntity(key, write.row), ...version })
    const entity = { key, properties: sessionProperties(write.row, this.format) }
    return new Mutation(write.op === 'insert' ? { insert: entity } : { update: entity, ...version })
  }

  #key(name: string, suffix = ''): EntityKey {
    return new EntityKey(this.#kind + suffix, name, this.#calls.namespace)
  }

  /** @param strict whether to throw for records that a newer version wrote */
  #snapshot(found: Found[], strict = true): Snapshot {
    const snapshot: Snapshot = { sessions: new Map(), user: null }
    for (const one of found) {
      const { kind, name } = one.entity.key.path[0]!
      try {
        if (kind === this.#kind) snapshot.sessions.set(name, sessionRow(one))
        else snapshot.user = userRow(one)
      } catch (error) {
        if (error instanceof NewerFormat) {
          if (strict) throw new PortError('refused', error.message, { cause: error })
          continue
        }
        this.#onBroken(kind, name, (error as Error).message)
        // To be written over: nothing else would ever come of it.
        if (kind !== this.#kind) snapshot.user = emptyUser(String(one.version))
      }
    }
    return snapshot
  }
}

/** The filter for the sessions of a user. */
function isUser(user: string): object {
  return { propertyFilter: { property: { name: 'username' }, op: 'EQUAL', value: { stringValue: user } } }
}

/** Cursors travel as bytes, and are kept as text. */
function textOf(cursor: Uint8Array | string | null | undefined): string | undefined {
  return typeof cursor === 'string' ? cursor : cursor ? Buffer.from(cursor).toString('base64') : undefined
}

const network = new Set(['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'ETIMEDOUT', 'EAI_AGAIN', 'EPIPE'])

/** By gRPC's status codes. @param mutations those of a commit */
function reasonOf(code: unknown, message: string, mutations: readonly Mutation[]): PortFailure {
  switch (code) {
    case 10: // ABORTED
      return 'conflict'
    case 6: // ALREADY_EXISTS
      return mutations.some(({ insert }) => insert) ? 'outdated' : 'refused'
    case 9: // FAILED_PRECONDITION: another version; without one there are other reasons
      return mutations.some(({ baseVersion }) => baseVersion) ? 'outdated' : 'refused'
    case 5: // NOT_FOUND: the record is gone; or there is no such project or database
      return mutations.some(({ update }) => update) ? 'outdated' : 'refused'
    case 3: // INVALID_ARGUMENT: what is sent is wrong, but for "The referenced transaction has expired"
      return mutations.length > 0 && /transaction/i.test(message) ? 'busy' : 'refused'
    case 8: // RESOURCE_EXHAUSTED
      return 'busy'
    case 1: // CANCELLED
    case 2: // UNKNOWN
    case 4: // DEADLINE_EXCEEDED
    case 13: // INTERNAL
    case 14: // UNAVAILABLE
      return 'unknown'
    default:
      return typeof code === 'string' && network.has(code) ? 'busy' : 'refused'
  }
}

/** Rejects with PortError where `call` rejects. */
export async function translate<T>(call: Promise<T>, mutations: readonly Mutation[] = []): Promise<T> {
  try {
    return await call
  } catch (error) {
    const { code, message } = error as { code?: unknown; message?: unknown }
    const text = String(message).replace(/\.+$/, '')
    throw new PortError(reasonOf(code, text, mutations), `Datastore: ${text}`, { cause: error })
  }
}
