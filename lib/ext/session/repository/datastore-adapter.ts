// The repository's Datastore: the official client, each call with its own deadline and none of the client's retries, each
// record checked, each error translated to what it means for a commit. Importing it loads the client: import it only where
// sessions are kept in Datastore.
import { type Datastore, PropertyFilter } from '@google-cloud/datastore'
import { type ClientInternals, internalsOf, transportName } from '../../../datastore/google/client-internals.ts'
import { NewerFormat, newestFormat, type RecordFormat } from '../data/record-format.ts'
import {
  EntityKey,
  emptyUser,
  type Found,
  Mutation,
  sessionEntity,
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
  readonly #datastore: Datastore
  readonly #kind: string
  readonly #format: RecordFormat
  readonly #onBroken: (kind: string, name: string, why: string) => void

  constructor(datastore: Datastore, options: SessionDatastoreOptions) {
    this.#datastore = datastore
    this.#kind = options.kind
    this.isEmbedded = options.isEmbedded ?? false
    this.#format = options.recordFormat ?? newestFormat
    this.#onBroken = options.onBroken ?? (() => {})
  }

  async read(ids: readonly string[], user: string | null, timeout: number): Promise<Snapshot> {
    return this.#read(this.#client, ids, user, timeout)
  }

  async commit(writes: readonly Write[], onto: Snapshot, timeout: number): Promise<string[]> {
    const mutations = writes.map((write) => this.#mutation(write, onto))
    if (mutations.length === 1) return stampsOf(await call(this.#client, 'commit', { mutations }, timeout, mutations))
    // Only a transaction applies all or none. It reads nothing, and so holds no lock before it commits.
    const transaction = await this.#begin(timeout)
    try {
      return stampsOf(await call(transaction, 'commit', { mutations }, timeout, mutations))
    } catch (error) {
      rollback(transaction)
      throw error
    }
  }

  async begin(timeout: number): Promise<DatastoreTransaction> {
    const transaction = await this.#begin(timeout)
    return {
      read: (ids, user, timeout) => this.#read(transaction, ids, user, timeout),
      commit: async (writes, onto, timeout) => {
        const mutations = writes.map((write) => this.#mutation(write, onto, false))
        return stampsOf(await call(transaction, 'commit', { mutations }, timeout, mutations))
      },
      abandon: () => rollback(transaction),
    }
  }

  async find(username: string, timeout: number): Promise<string[]> {
    const query = this.#query(username)
    const [found] = await translate(this.#datastore.runQuery(query, { gaxOptions: gaxOptions(timeout) }))
    return this.#names(found)
  }

  /**
   * Returns a page of records in the order of their keys, or of those of one user, dead ones included: for tools. Those that a
   * newer version wrote are left out.
   */
  async page({ limit, after, user }: PageOptions, timeout: number): Promise<Page> {
    let query = this.#query(user).limit(limit)
    if (after !== undefined) query = query.start(after)
    const [found, info] = await translate(this.#datastore.runQuery(query, { gaxOptions: gaxOptions(timeout) }))
    const more = info.moreResults !== 'NO_MORE_RESULTS' && found.length === limit
    const keys = this.#names(found).map((id) => this.#key(id))
    const { sessions } = this.#snapshot((await this.#lookup(this.#client, keys, timeout)).found, false)
    return { rows: sessions, next: more ? (info.endCursor ?? null) : null }
  }

  /** Deletes records by their ids, at most 500. */
  async delete(ids: readonly string[], timeout: number): Promise<void> {
    const mutations = ids.map((id) => new Mutation({ delete: this.#key(id) }))
    await call<CommitResponse>(this.#client, 'commit', { mutations }, timeout)
  }

  // Calls below the client's methods, which hide the versions of entities and cost twice the CPU.
  get #client(): ClientInternals {
    return internalsOf(this.#datastore)
  }

  async #begin(timeout: number): Promise<ClientInternals> {
    const transaction = internalsOf(this.#datastore.transaction())
    const options = { transactionOptions: { readWrite: {} } }
    transaction.id = (
      await call<{ transaction: Uint8Array }>(this.#client, 'beginTransaction', options, timeout)
    ).transaction
    return transaction
  }

  async #read(
    client: ClientInternals,
    ids: readonly string[],
    user: string | null,
    timeout: number,
  ): Promise<Snapshot> {
    const keys = ids.map((id) => this.#key(id))
    if (user !== null) keys.push(this.#key(user, 'User'))
    const { found, calls } = await this.#lookup(client, keys, timeout)
    const snapshot = this.#snapshot(found)
    // A login must not be missing that the sessions know of: of several calls the last one has to read the user.
    if (user !== null && calls > 1) {
      snapshot.user = this.#snapshot((await this.#lookup(client, [this.#key(user, 'User')], timeout)).found).user
    }
    return snapshot
  }

  async #lookup(
    client: ClientInternals,
    keys: EntityKey[],
    timeout: number,
  ): Promise<{ found: Found[]; calls: number }> {
    const found: Found[] = []
    let calls = 0
    // Many large records come in several responses.
    for (let wanted = keys; wanted.length > 0; calls++) {
      const response = await call<LookupResponse>(client, 'lookup', { keys: wanted.slice(0, maxLookup) }, timeout)
      found.push(...(response.found ?? []))
      wanted = [...(response.deferred ?? []), ...wanted.slice(maxLookup)]
    }
    return { found, calls }
  }

  /** @param checked whether the server is to compare the version with that in `onto` */
  #mutation(write: Write, onto: Snapshot, checked = true): Mutation {
    const isUser = write.op === 'user'
    const key = this.#key(write.id, isUser ? 'User' : '')
    const stamp = (isUser ? onto.user : onto.sessions.get(write.id))?.stamp
    const version = checked && stamp ? { baseVersion: stamp, conflictResolutionStrategy: 'FAIL' as const } : undefined
    if (write.op === 'delete') return new Mutation({ delete: key, ...version })
    if (isUser) return new Mutation({ [stamp ? 'update' : 'insert']: userEntity(key, write.row), ...version })
    const entity = sessionEntity(key, write.row, this.#format)
    return new Mutation(write.op === 'insert' ? { insert: entity } : { update: entity, ...version })
  }

  #key(name: string, suffix = ''): EntityKey {
    return new EntityKey(this.#kind + suffix, name, this.#client.namespace)
  }

  #query(username: string | undefined) {
    const query = this.#datastore.createQuery(this.#kind).select('__key__')
    return username === undefined ? query : query.filter(new PropertyFilter('username', '=', username))
  }

  #names(entities: Record<symbol, { name?: string }>[]): string[] {
    return entities.map((entity) => entity[this.#datastore.KEY]!.name!)
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

// `retry: null`: the client's own would outlast any deadline.
function gaxOptions(timeout: number) {
  return { timeout, retry: null }
}

function stampsOf({ mutationResults }: CommitResponse): string[] {
  return mutationResults.map(({ version }) => String(version))
}

/** Releases what a transaction holds, in the background. */
function rollback(transaction: ClientInternals): void {
  call(transaction, 'rollback', {}, 1000).catch(() => {})
}

function call<T>(
  client: ClientInternals,
  method: string,
  reqOpts: object,
  timeout: number,
  mutations: readonly Mutation[] = [],
): Promise<T> {
  const response = new Promise<T>((resolve, reject) => {
    client.request_({ client: transportName, method, reqOpts, gaxOpts: gaxOptions(timeout) }, (error, response) =>
      error ? reject(error) : resolve(response as T),
    )
  })
  return translate(response, mutations)
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
async function translate<T>(call: Promise<T>, mutations: readonly Mutation[] = []): Promise<T> {
  try {
    return await call
  } catch (error) {
    const { code, message } = error as { code?: unknown; message?: unknown }
    const text = String(message).replace(/\.+$/, '')
    throw new PortError(reasonOf(code, text, mutations), `Datastore: ${text}`, { cause: error })
  }
}
