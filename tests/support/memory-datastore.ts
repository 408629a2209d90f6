// A Datastore of Maps behind the repository's own interface, for tests of what is built on it.
import {
  type DatastorePort,
  type DatastoreTransaction,
  PortError,
  type SessionRow,
  type Snapshot,
  type UserRow,
  type Write,
} from '../../lib/ext/session/repository/ports.ts'

export class MemoryDatastore implements DatastorePort {
  readonly sessions = new Map<string, { row: SessionRow; at: number }>()
  readonly users = new Map<string, { row: UserRow; at: number }>()
  /** Calls by kind. */
  readonly calls = { read: 0, commit: 0, begin: 0, find: 0 }
  #commits = 0

  async read(ids: readonly string[], user: string | null): Promise<Snapshot> {
    this.calls.read++
    const userRow = user === null ? null : (this.users.get(user)?.row ?? null)
    return { sessions: this.#rows(ids), user: structuredClone(userRow) }
  }

  async commit(writes: readonly Write[], onto: Snapshot): Promise<string[]> {
    this.calls.commit++
    for (const write of writes) {
      const isUser = write.op === 'user'
      const now = isUser ? this.users.get(write.id) : this.sessions.get(write.id)
      const seen = isUser ? onto.user : onto.sessions.get(write.id)
      if ((now?.row.stamp ?? null) !== (seen?.stamp ?? null))
        throw new PortError('outdated', 'another commit came first')
    }
    return this.apply(writes)
  }

  async begin(): Promise<DatastoreTransaction> {
    this.calls.begin++
    const seen = new Map<string, number>()
    let over = false
    return {
      read: async (ids, user) => {
        for (const id of ids) seen.set(id, this.sessions.get(id)?.at ?? 0)
        if (user !== null) seen.set(`user ${user}`, this.users.get(user)?.at ?? 0)
        return this.read(ids, user)
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
      if (write.op === 'insert' && this.sessions.has(write.id)) throw new PortError('outdated', 'the key is taken')
      if (write.op === 'update' && !this.sessions.has(write.id)) throw new PortError('outdated', 'the key is gone')
    }
    this.#commits++
    for (const write of writes) {
      if (write.op === 'delete') this.sessions.delete(write.id)
      else if (write.op === 'user') {
        const row = { ...structuredClone(write.row), stamp: String(this.#commits) }
        this.users.set(write.id, { row, at: this.#commits })
      } else {
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
