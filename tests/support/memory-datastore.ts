// A Datastore of Maps behind the session store's own interface, for tests of what stands on it.
import {
  type DatastorePort,
  type DatastoreTransaction,
  PortError,
  type SessionRow,
  type UserRow,
  type Write,
} from '../../lib/ext/session/repository/ports.ts'

export class MemoryDatastore implements DatastorePort {
  readonly sessions = new Map<string, { row: SessionRow; at: number }>()
  readonly users = new Map<string, { row: UserRow; at: number }>()
  /** Calls by kind. */
  readonly calls = { get: 0, insert: 0, swap: 0, read: 0, commit: 0, find: 0 }
  #commits = 0

  async get(id: string): Promise<SessionRow | null> {
    this.calls.get++
    return structuredClone(this.sessions.get(id)?.row ?? null)
  }

  async getMany(ids: readonly string[]): Promise<Map<string, SessionRow>> {
    this.calls.get++
    return this.#rows(ids)
  }

  async insert(id: string, row: SessionRow): Promise<string> {
    this.calls.insert++
    return this.apply([{ op: 'insert', id, row }])[0]!
  }

  async swap(id: string, row: SessionRow, stamp: string): Promise<string | null> {
    this.calls.swap++
    if (this.sessions.get(id)?.row.stamp !== stamp) return null
    return this.apply([{ op: 'update', id, row }])[0]!
  }

  begin(): DatastoreTransaction {
    const seen = new Map<string, number>()
    let over = false
    return {
      read: async (ids, user) => {
        this.calls.read++
        for (const id of ids) seen.set(id, this.sessions.get(id)?.at ?? 0)
        if (user !== null) seen.set(`user ${user}`, this.users.get(user)?.at ?? 0)
        const userRow = user === null ? null : (this.users.get(user)?.row ?? null)
        return { sessions: this.#rows(ids), user: structuredClone(userRow) }
      },
      commit: async (writes) => {
        this.calls.commit++
        if (over) throw new PortError('refused', 'the transaction is over')
        over = true
        for (const [key, at] of seen) {
          const now = key.startsWith('user ') ? this.users.get(key.slice(5)) : this.sessions.get(key)
          if ((now?.at ?? 0) !== at) throw new PortError('conflict', 'another transaction came first')
        }
        return this.apply(writes)
      },
      abandon: () => {
        over = true
      },
    }
  }

  async find(username: string): Promise<string[]> {
    this.calls.find++
    return [...this.sessions].filter(([, { row }]) => row.username === username).map(([id]) => id)
  }

  apply(writes: readonly Write[]): string[] {
    for (const write of writes) {
      if (write.op === 'insert' && this.sessions.has(write.id)) throw new PortError('exists', 'the key is taken')
      if (write.op === 'update' && !this.sessions.has(write.id)) throw new PortError('conflict', 'the key is gone')
    }
    this.#commits++
    for (const write of writes) {
      if (write.op === 'delete') this.sessions.delete(write.id)
      else if (write.op === 'user') this.users.set(write.id, { row: structuredClone(write.row), at: this.#commits })
      else {
        const row = { ...structuredClone(write.row), stamp: String(this.#commits) }
        this.sessions.set(write.id, { row, at: this.#commits })
      }
    }
    return writes.map(() => String(this.#commits))
  }

  #rows(ids: readonly string[]): Map<string, SessionRow> {
    const rows = new Map<string, SessionRow>()
    for (const id of ids) {
      const row = this.sessions.get(id)?.row
      if (row !== undefined) rows.set(id, structuredClone(row))
    }
    return rows
  }
}
