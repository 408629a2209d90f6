// The stored sessions as tools see them: the command line and the console come here, and reach no further into this folder.
import { TipfyError } from '../../../internal/errors.ts'
import { type DeviceState, describeDevice } from '../data/device-state.ts'
import type { PageOptions, SessionDatastore } from './datastore-adapter.ts'
import type { SessionRow } from './ports.ts'
import { isMoved, isTombstone } from './record.ts'
import type { Saved, SessionRepository } from './repository.ts'

/** A stored session. Times in ms since 1970. */
export interface StoredSession extends Pick<SessionRow, 'created' | 'updated' | 'expires' | 'version' | 'username'> {
  /** The name of its key: the SHA-256 of the id in the cookie. */
  id: string
  /** `ended` by destroy(), `moved` to a new id by regenerate(). */
  state: 'live' | 'expired' | 'ended' | 'moved'
  /** The encoded data; null for a session that is ended or moved. */
  data: string | null
  /** The device that it is bound to, or may be; null for none. */
  device: { state: DeviceState; since: number | null } | null
  /** The number of commits whose tokens the record holds. */
  commits: number
}

/** Milliseconds for one call to Datastore. */
const timeout = 10_000
const pageSize = 500
/** Keys in one commit. */
const maxDeleted = 400

export class SessionAdmin {
  readonly #repository: SessionRepository
  readonly #rows: SessionDatastore
  readonly #now: () => number

  constructor(repository: SessionRepository, rows: SessionDatastore, now: () => number) {
    this.#repository = repository
    this.#rows = rows
    this.#now = now
  }

  /** Seconds for which other processes may serve what this one could not tell the cache; 0 if it has told all. */
  get untoldFor(): number {
    return Math.round(this.#repository.untoldFor / 1000)
  }

  /** The id by which tools know the session whose cookie holds `sid`. */
  idOf(sid: string): string {
    return this.#repository.idOf(sid)
  }

  /** One page in the order of keys, dead sessions included; `next` is for `after`, null at the end. */
  async page(options: PageOptions): Promise<{ sessions: StoredSession[]; next: string | null }> {
    const { rows, next } = await this.#rows.page(options, timeout)
    return { sessions: [...rows].map(([id, row]) => this.#describe(id, row)), next }
  }

  /** All sessions in the order of keys, or those of one user; dead ones included. */
  async *list(user?: string): AsyncIterable<StoredSession> {
    let after: string | undefined
    do {
      const { sessions, next } = await this.page({ limit: pageSize, after, user })
      yield* sessions
      after = next ?? undefined
    } while (after !== undefined)
  }

  /** @throws TipfyError TIPFY_E_SESSION_ID unless exactly one id begins with `beginning` */
  async find(beginning: string): Promise<StoredSession> {
    const found: StoredSession[] = []
    for await (const session of this.list()) if (session.id.startsWith(beginning)) found.push(session)
    if (found.length === 1) return found[0]!
    const problem = found.length === 0 ? 'There is no session' : `There are ${found.length} sessions`
    throw new TipfyError('TIPFY_E_SESSION_ID', { problem, id: beginning })
  }

  async show(id: string): Promise<StoredSession | null> {
    const row = (await this.#rows.read([id], null, timeout)).sessions.get(id)
    return row === undefined ? null : this.#describe(id, row)
  }

  /**
   * Changes the encoded data, or sets the ms that the session lives unused from now on.
   *
   * @param version of the session that was looked at: the state is `gone` if it has changed since
   */
  amend(id: string, version: number, change: { data?: string; expiresIn?: number }): Promise<Saved> {
    return this.#repository.amend(id, version, change)
  }

  /** Ends a session at once, as its own destroy() would. */
  end(id: string): Promise<void> {
    return this.#repository.revoke(id)
  }

  /** Ends all sessions of a user; returns how many were live. */
  endAll(user: string): Promise<number> {
    return this.#repository.destroyAllFor(user)
  }

  /**
   * Deletes the records that have expired, tombstones included, as Datastore's TTL policy does on Google Cloud; returns how
   * many. An expired session is never brought back, so nothing can happen between looking and deleting.
   */
  async purge({ dryRun = false }: { dryRun?: boolean } = {}): Promise<number> {
    const now = this.#now()
    const dead: string[] = []
    for await (const { id, expires } of this.list()) if (expires <= now) dead.push(id)
    for (let at = 0; at < dead.length && !dryRun; at += maxDeleted) {
      await this.#rows.delete(dead.slice(at, at + maxDeleted), timeout)
    }
    return dead.length
  }

  #describe(id: string, row: SessionRow): StoredSession {
    const { created, updated, expires, version, username, data, commits } = row
    const ended = isMoved(row) ? 'moved' : 'ended'
    const state = isTombstone(row) ? ended : expires > this.#now() ? 'live' : 'expired'
    const live = isTombstone(row) ? null : data
    const device = describeDevice(live)
    return { id, state, created, updated, expires, version, username, data: live, device, commits: commits.length }
  }
}
