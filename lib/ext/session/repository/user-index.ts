// The sessions of one user: lists them, and ends them all. Logins and revocations of a user meet in one row, which every
// login writes together with its session: so each login is either before a revocation, and dead, or after it, and lives, however
// far the index lags behind.
import { type DeviceState, describeDevice } from '../data/device-state.ts'
import type { UserRow, Write } from './ports.ts'
import { isLive, keyName, type Moved } from './record.ts'
import { follow, type MayFollow } from './successors.ts'
import type { TransactionRunner } from './transactions.ts'

export interface SessionSummary {
  /** Names the session to `revoke`; of no use as a cookie. */
  id: string
  created: number
  updated: number
  expires: number
  /** The device that it is bound to, or may be; null for none. `since`: when that registered. */
  device: { state: DeviceState; since: number | null } | null
}

/** Runs work while no login of the user runs in this process. */
export type RunAlone = <T>(run: () => Promise<T>) => Promise<T>

/** Milliseconds that a user's row keeps a login or a revocation: longer than an index lags or destroyAllFor runs. */
const remembered = 60_000
const maxLogins = 500
/** Sessions ended in one commit: one busy session should not hold up all the others. */
const maxEnded = 25
/** Sessions listed by one call: their data comes with them. */
const maxListed = 250

function newRow(row: UserRow | null, now: number): UserRow {
  if (row === null) return { sequence: 0, revoked: 0, revokedAt: 0, logins: [] as UserRow['logins'], stamp: null }
  // Longer than a revocation is looked at, for clocks that differ.
  const logins = row.logins.filter(({ at }) => now - at < 3 * remembered)
  return { ...row, logins: logins.slice(-maxLogins), stamp: null }
}

/** The write that makes session `id` one of `username`'s, to be committed together with it. */
export function login(username: string, id: string, user: UserRow | null, now: number): Write {
  const row = newRow(user, now)
  row.sequence++
  row.logins = [...row.logins.filter((entry) => entry.id !== id), { sequence: row.sequence, id, at: now }]
  return { op: 'user', id: keyName(username), row }
}

/** Returns true if a revocation that may still be under way includes this session. */
export function isRevoked(id: string, user: UserRow | null, now: number): boolean {
  return isRevoking(user, now) && !isLater(id, user)
}

/** Returns true if such a revocation has spared this session. */
export function isSpared(id: string, user: UserRow | null, now: number): boolean {
  return isRevoking(user, now) && isLater(id, user)
}

function isRevoking(user: UserRow | null, now: number): user is UserRow {
  return user !== null && user.revokedAt !== 0 && now - user.revokedAt < remembered
}

function isLater(id: string, { logins, revoked }: UserRow): boolean {
  return logins.some((entry) => entry.id === id && entry.sequence > revoked)
}

/** Returns the live sessions of a user, latest used first. */
export async function listSessions(runner: TransactionRunner, username: string): Promise<SessionSummary[]> {
  const { datastore, counters, clock } = runner
  const { user } = await runner.retry('listed', counters.read, (timeout) =>
    datastore.read([], keyName(username), timeout),
  )
  const ids = await candidates(runner, username, 'listed', user)
  const found: SessionSummary[] = []
  for (const part of parts(ids, maxListed)) {
    const { sessions } = await runner.retry('listed', counters.read, (timeout) =>
      runner.read(datastore, part, null, timeout),
    )
    for (const [id, row] of sessions) {
      if (row.username !== username || !isLive(row, clock.now())) continue
      const { created, updated, expires, data } = row
      found.push({ id, created, updated, expires, device: describeDevice(data) })
    }
  }
  return found.sort((a, b) => b.updated - a.updated)
}

/** The session that the end of all others spares, and what it goes on in. */
export interface Except {
  readonly id: string
  readonly mayFollow: MayFollow
}

/** Ends the sessions of a user that were committed before, but `except`; returns all their ids, and how many were live. */
export async function revokeAll(
  runner: TransactionRunner,
  username: string,
  except: Except | null,
  alone: RunAlone,
): Promise<{ all: string[]; live: number }> {
  const row = await alone(() => revokeLogins(runner, username, except))
  const ended = { all: await candidates(runner, username, 'destroyed', row), live: 0 }
  for (const ids of parts(ended.all, maxEnded)) {
    ended.live += await runner.transact<number>({
      what: 'destroyed',
      ids,
      user: keyName(username),
      plan({ sessions, user }) {
        const later = new Set(user?.logins.filter(({ sequence }) => sequence > row.revoked).map(({ id }) => id))
        const dead = [...sessions].filter(([id, row]) => row.username === username && !later.has(id))
        const live = dead.filter(([, row]) => isLive(row, runner.clock.now()))
        return { writes: dead.map(([id]) => ({ op: 'delete', id })), result: live.length }
      },
      recognised: (_, live) => live,
    })
  }
  return ended
}

/**
 * Revokes all logins up to now, but that of `except`; returns the row. Another request may have moved that session a moment before: one
 * with a copy of its cookie, perhaps.
 */
function revokeLogins(runner: TransactionRunner, username: string, except: Except | null): Promise<UserRow> {
  const id = keyName(username)
  const read = new Set<string>()
  return runner.transact<UserRow>({
    what: 'destroyed',
    ids: [],
    user: id,
    plan(snapshot) {
      const now = runner.clock.now()
      const next = ({ device, to = [], logins = [] }: Moved) => [...(except!.mayFollow(device) ? to : []), ...logins]
      const kept = except === null ? new Map() : follow(except.id, read, snapshot, next)
      if (!(kept instanceof Map)) return kept
      const row = newRow(snapshot.user, now)
      row.revoked = ++row.sequence
      row.revokedAt = now
      for (const id of kept.keys()) row.logins.push({ sequence: ++row.sequence, id, at: now })
      return { writes: [{ op: 'user', id, row }], result: row }
    },
    recognised: (_, row) => row,
  })
}

/** Returns the ids that may be the user's sessions, by the index and, as that lags, by the latest logins. */
async function candidates(
  runner: TransactionRunner,
  username: string,
  what: string,
  row: UserRow | null,
): Promise<string[]> {
  const found = await runner.retry(what, runner.counters.query, (timeout) => runner.datastore.find(username, timeout))
  return [...new Set([...found, ...(row?.logins ?? []).map((entry) => entry.id)])]
}

/** Cuts a list into parts of `size`. */
export function* parts<T>(items: readonly T[], size: number): Iterable<T[]> {
  for (let at = 0; at < items.length; at += size) yield items.slice(at, at + size)
}
