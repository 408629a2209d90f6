// The session store's Datastore: the official client, each call with its own deadline and none of the client's retries,
// each record checked, each error told by what it means for a commit. Importing it loads the client: import it only where
// sessions are kept in Datastore.
import { type Datastore, PropertyFilter } from '@google-cloud/datastore'
import { type ClientInternals, internalsOf, transportName } from '../../../datastore/google/client-internals.ts'
import {
  EntityKey,
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

export interface DatastoreKinds {
  /** The kind of the records; `User` is appended for the rows of users. */
  kind: string
  /** Told of each record that another program broke: it is read as none. */
  onBroken?: (kind: string, name: string, why: string) => void
}

export interface PageOptions {
  limit: number
  /** Where an earlier page ended. */
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
  transaction?: Uint8Array
}

interface CommitResponse {
  mutationResults: { version: number | string; conflictDetected?: boolean }[]
}

export class SessionDatastore implements DatastorePort {
  readonly #datastore: Datastore
  readonly #kind: string
  readonly #onBroken: (kind: string, name: string, why: string) => void

  constructor(datastore: Datastore, { kind, onBroken = () => {} }: DatastoreKinds) {
    this.#datastore = datastore
    this.#kind = kind
    this.#onBroken = onBroken
  }

  async get(id: string, timeout: number): Promise<SessionRow | null> {
    return (await this.getMany([id], timeout)).get(id) ?? null
  }

  async getMany(ids: readonly string[], timeout: number): Promise<Map<string, SessionRow>> {
    const found = await this.#lookup(
      this.#client,
      ids.map((id) => this.#key(id)),
      timeout,
    )
    return this.#snapshot(found).sessions
  }

  async insert(id: string, row: SessionRow, timeout: number): Promise<string> {
    const mutations = [new Mutation({ insert: sessionEntity(this.#key(id), row) })]
    const { mutationResults } = await ask<CommitResponse>(this.#client, 'commit', { mutations }, timeout)
    return String(mutationResults[0]!.version)
  }

  async swap(id: string, row: SessionRow, stamp: string, timeout: number): Promise<string | null> {
    const mutation = new Mutation({ update: sessionEntity(this.#key(id), row), baseVersion: stamp })
    const answer = await ask<CommitResponse>(this.#client, 'commit', { mutations: [mutation] }, timeout, true)
    const { version, conflictDetected } = answer.mutationResults[0]!
    return conflictDetected ? null : String(version)
  }

  async find(username: string, timeout: number): Promise<string[]> {
    const query = this.#query(username)
    const [found] = await told(this.#datastore.runQuery(query, { gaxOptions: gaxOptions(timeout) }))
    return this.#names(found)
  }

  /** Records in the order of their keys, tombstones and expired ones among them; those of one user if told: for tools. */
  async page({ limit, after, user }: PageOptions, timeout: number): Promise<Page> {
    let query = this.#query(user).limit(limit)
    if (after !== undefined) query = query.start(after)
    const [found, info] = await told(this.#datastore.runQuery(query, { gaxOptions: gaxOptions(timeout) }))
    const more = info.moreResults !== 'NO_MORE_RESULTS' && found.length === limit
    const rows = found.length === 0 ? new Map<string, SessionRow>() : await this.getMany(this.#names(found), timeout)
    return { rows, next: more ? (info.endCursor ?? null) : null }
  }

  /** Deletes records by their ids, at most 500. */
  async delete(ids: readonly string[], timeout: number): Promise<void> {
    const mutations = ids.map((id) => new Mutation({ delete: this.#key(id) }))
    await ask<CommitResponse>(this.#client, 'commit', { mutations }, timeout)
  }

  begin(): DatastoreTransaction {
    const transaction = internalsOf(this.#datastore.transaction())
    const keys = new Map<string, EntityKey>()
    return {
      read: async (ids, user, timeout) => {
        for (const id of ids) keys.set(id, this.#key(id))
        const wanted = [...keys.values()]
        if (user !== null) wanted.push(this.#key(user, 'User'))
        return this.#snapshot(await this.#lookup(transaction, wanted, timeout))
      },
      commit: async (writes, timeout) => {
        const mutations = writes.map((write) => this.#mutation(write))
        const answer = await ask<CommitResponse>(transaction, 'commit', { mutations }, timeout, true)
        transaction.id = undefined
        return answer.mutationResults.map(({ version }) => String(version))
      },
      abandon: () => {
        if (transaction.id !== undefined) ask(transaction, 'rollback', {}, 1000).catch(() => {})
        transaction.id = undefined
      },
    }
  }

  // Calls below the client's methods, which hide the versions of entities and cost twice the CPU.
  get #client(): ClientInternals {
    return internalsOf(this.#datastore)
  }

  /** Within a transaction the first call begins it. */
  async #lookup(client: ClientInternals, keys: EntityKey[], timeout: number): Promise<Found[]> {
    const found: Found[] = []
    const begins = client !== this.#client && client.id === undefined
    const readOptions = { newTransaction: {}, consistencyType: 'newTransaction' }
    // Many large records come in several answers.
    for (let wanted = keys; wanted.length > 0; ) {
      const request = begins && client.id === undefined ? { keys: wanted, readOptions } : { keys: wanted }
      const answer = await ask<LookupResponse>(client, 'lookup', request, timeout)
      if (begins && answer.transaction?.length) client.id = answer.transaction
      found.push(...(answer.found ?? []))
      wanted = answer.deferred ?? []
    }
    return found
  }

  #mutation(write: Write): Mutation {
    const key = this.#key(write.id, write.op === 'user' ? 'User' : '')
    if (write.op === 'delete') return new Mutation({ delete: key })
    if (write.op === 'user') return new Mutation({ upsert: userEntity(key, write.row) })
    return new Mutation({ [write.op]: sessionEntity(key, write.row) })
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

  #snapshot(found: Found[]): Snapshot {
    const snapshot: Snapshot = { sessions: new Map(), user: null }
    for (const one of found) {
      const { kind, name } = one.entity.key.path[0]!
      try {
        if (kind === this.#kind) snapshot.sessions.set(name, sessionRow(one))
        else snapshot.user = userRow(one)
      } catch (error) {
        this.#onBroken(kind, name, (error as Error).message)
      }
    }
    return snapshot
  }
}

// `retry: null`: the client's own would outlast any deadline.
function gaxOptions(timeout: number) {
  return { timeout, retry: null }
}

function ask<T>(
  client: ClientInternals,
  method: string,
  reqOpts: object,
  timeout: number,
  committing = false,
): Promise<T> {
  const call = new Promise<T>((resolve, reject) => {
    client.request_({ client: transportName, method, reqOpts, gaxOpts: gaxOptions(timeout) }, (error, response) =>
      error ? reject(error) : resolve(response as T),
    )
  })
  return told(call, committing)
}

const network = new Set(['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'ETIMEDOUT', 'EAI_AGAIN', 'EPIPE'])

// By gRPC's status codes.
function reasonOf(code: unknown, message: string, committing: boolean): PortFailure {
  switch (code) {
    case 10: // ABORTED
      return 'conflict'
    case 6: // ALREADY_EXISTS
      return 'exists'
    case 5: // NOT_FOUND: for an update, the record that was read is gone; else there is no such project or database
      return committing ? 'conflict' : 'refused'
    case 3: // INVALID_ARGUMENT: what is sent is wrong, but for "The referenced transaction has expired"
      return committing && /transaction/i.test(message) ? 'busy' : 'refused'
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

async function told<T>(call: Promise<T>, committing = false): Promise<T> {
  try {
    return await call
  } catch (error) {
    const { code, message } = error as { code?: unknown; message?: unknown }
    const text = String(message).replace(/\.+$/, '')
    throw new PortError(reasonOf(code, text, committing), `Datastore: ${text}`, { cause: error })
  }
}
