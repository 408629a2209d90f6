// The session store's Datastore: the official client, each call with its own deadline and none of the client's retries,
// each record checked, each error told by what it means for a commit. Importing it loads the client: import it only where
// sessions are kept in Datastore.
import { type Datastore, type Key, PropertyFilter, type Transaction } from '@google-cloud/datastore'
import {
  type DatastorePort,
  type DatastoreTransaction,
  PortError,
  type PortFailure,
  type SessionRow,
  type Snapshot,
  type UserRow,
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
    const keys = ids.map((id) => this.#key(this.#kind, id))
    return this.#snapshot(await told(this.#datastore.get(keys, readOptions(timeout)))).sessions
  }

  async insert(id: string, row: SessionRow, timeout: number): Promise<void> {
    await told(this.#datastore.save({ ...this.#session(id, row), method: 'insert' }, gaxOptions(timeout)))
  }

  async find(username: string, timeout: number): Promise<string[]> {
    const query = this.#datastore
      .createQuery(this.#kind)
      .filter(new PropertyFilter('username', '=', username))
      .select('__key__')
    const [found] = await told(this.#datastore.runQuery(query, { gaxOptions: gaxOptions(timeout) }))
    return found.map((entity: Entity) => entity[this.#datastore.KEY as never as string] as Key).map(({ name }) => name!)
  }

  /** Records in the order of their keys, tombstones and expired ones among them; those of one user if told: for tools. */
  async page({ limit, after, user }: PageOptions, timeout: number): Promise<Page> {
    let query = this.#datastore.createQuery(this.#kind).limit(limit)
    if (user !== undefined) query = query.filter(new PropertyFilter('username', '=', user))
    if (after !== undefined) query = query.start(after)
    const [found, info] = await told(this.#datastore.runQuery(query, readOptions(timeout)))
    const more = info.moreResults !== 'NO_MORE_RESULTS' && found.length === limit
    return { rows: this.#snapshot([found]).sessions, next: more ? (info.endCursor ?? null) : null }
  }

  begin(): DatastoreTransaction {
    const transaction = this.#datastore.transaction()
    let open = false
    return {
      read: async (ids, user, timeout) => {
        const keys = ids.map((id) => this.#key(this.#kind, id))
        if (user !== null) keys.push(this.#key(`${this.#kind}User`, user))
        const answer = await told(transaction.get(keys, readOptions(timeout))) // begins the transaction in the same call
        open = true
        return this.#snapshot(answer)
      },
      commit: async (writes, timeout) => {
        open = false // a commit that fails is rolled back by the client
        for (const write of writes) this.#add(transaction, write)
        await told(transaction.commit(gaxOptions(timeout)), true)
      },
      abandon: () => {
        if (open) transaction.rollback(gaxOptions(1000)).catch(() => {})
        open = false
      },
    }
  }

  #add(transaction: Transaction, write: Write): void {
    if (write.op === 'delete') transaction.delete(this.#key(this.#kind, write.id))
    else if (write.op === 'user') transaction.upsert(this.#user(write.id, write.row))
    else transaction[write.op](this.#session(write.id, write.row))
  }

  #key(kind: string, name: string): Key {
    return this.#datastore.key([kind, name])
  }

  #session(id: string, { version, created, updated, expires, data, username, commits }: SessionRow) {
    const times = { created: new Date(created), updated: new Date(updated), expires: new Date(expires) }
    return {
      key: this.#key(this.#kind, id),
      data: { ...times, data, username, version, commits },
      excludeFromIndexes: ['created', 'updated', 'expires', 'data', 'version', 'commits', 'commits[]'],
    }
  }

  // `expires`, for a TTL policy: a minute after a login or revocation the row means nothing any more.
  #user(id: string, row: UserRow) {
    const expires = new Date(Math.max(row.revokedAt, ...row.logins.map(({ at }) => at)) + 3_600_000)
    return {
      key: this.#key(`${this.#kind}User`, id),
      data: { expires, state: JSON.stringify(row) },
      excludeFromIndexes: ['expires', 'state'],
    }
  }

  #snapshot([entities]: [(Entity | undefined)[]]): Snapshot {
    const snapshot: Snapshot = { sessions: new Map(), user: null }
    for (const entity of entities) {
      if (!entity) continue
      const { kind, name } = entity[this.#datastore.KEY as never as string] as { kind: string; name: string }
      try {
        if (kind === this.#kind) snapshot.sessions.set(name, sessionRow(entity))
        else snapshot.user = userRow(entity)
      } catch (error) {
        this.#onBroken(kind, name, error instanceof TypeError ? error.message : String(error))
      }
    }
    return snapshot
  }
}

type Entity = Record<string, unknown>

function sessionRow(entity: Entity): SessionRow {
  const { data, username = null, commits = [] } = entity
  if (data !== null && typeof data !== 'string') throw new TypeError('`data` is no string')
  if (username !== null && typeof username !== 'string') throw new TypeError('`username` is no string')
  if (!Array.isArray(commits) || !commits.every((token) => typeof token === 'string')) {
    throw new TypeError('`commits` is no list of strings')
  }
  const version = Number((entity.version as { value?: unknown } | undefined)?.value)
  if (!Number.isSafeInteger(version)) throw new TypeError('`version` is no integer')
  const time = (name: string): number => {
    const ms = Number((entity[name] as Date | undefined)?.valueOf())
    if (!Number.isFinite(ms)) throw new TypeError(`\`${name}\` is no timestamp`)
    return ms
  }
  return {
    version,
    created: time('created'),
    updated: time('updated'),
    expires: time('expires'),
    data,
    username,
    commits,
  }
}

function userRow({ state }: Entity): UserRow {
  const row = JSON.parse(String(state)) as UserRow
  if (!Number.isSafeInteger(row.sequence) || !Number.isSafeInteger(row.revoked) || !Array.isArray(row.logins)) {
    throw new TypeError('`state` is not what tipfy writes')
  }
  return row
}

// `retry: null`: the client's own would outlast any deadline.
function gaxOptions(timeout: number) {
  return { timeout, retry: null }
}

// Wrapped integers: one beyond 2^53 in a record would make the whole answer an error.
function readOptions(timeout: number) {
  return { wrapNumbers: true, gaxOptions: gaxOptions(timeout) }
}

const network = new Set(['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'ETIMEDOUT', 'EAI_AGAIN', 'EPIPE'])

// By gRPC's status codes.
function reasonOf(code: unknown, committing: boolean): PortFailure {
  switch (code) {
    case 10: // ABORTED
      return 'conflict'
    case 6: // ALREADY_EXISTS
      return 'exists'
    case 5: // NOT_FOUND: for an update, the record that was read is gone; else there is no such project or database
      return committing ? 'conflict' : 'refused'
    case 3: // INVALID_ARGUMENT: of a commit, mostly a transaction that has expired
      return committing ? 'busy' : 'refused'
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
    throw new PortError(reasonOf(code, committing), `Datastore: ${String(message)}`, { cause: error })
  }
}
