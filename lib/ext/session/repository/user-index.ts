// The sessions of one user: which there are, and ending them all. Logins and revocations of a user meet in one row, which
// every login writes in its transaction: so each login is either before a revocation, and dead, or after it, and lives,
// whatever the index says.
import type { SessionRow, UserRow, Write } from './ports.ts'
import { isLive, keyName } from './record.ts'
import type { TransactionRunner } from './transactions.ts'

export interface SessionSummary {
  /** Names the session to `revoke`; of no use as a cookie. */
  id: string
  created: number
  updated: number
  expires: number
}

/** How long a user's row remembers a login or a revocation, in ms: longer than an index lags or destroyAllFor runs. */
const remembered = 60_000
const rememberedLogins = 500
/** So many sessions in one transaction: one busy session should not hold up all the others. */
const part = 25

function userRow(row: UserRow | null, now: number): UserRow {
  if (row === null) return { sequence: 0, revoked: 0, revokedAt: 0, logins: [] as UserRow['logins'] }
  // Longer than a revocation is looked at, for clocks that differ.
  const logins = row.logins.filter(({ at }) => now - at < 3 * remembered)
  return { ...row, logins: logins.slice(-rememberedLogins) }
}

/** The write that makes session `id` one of `username`'s, to be committed together with it. */
export function login(username: string, id: string, user: UserRow | null, now: number): Write {
  const row = userRow(user, now)
  row.sequence++
  row.logins = [...row.logins.filter((entry) => entry.id !== id), { sequence: row.sequence, id, at: now }]
  return { op: 'user', id: keyName(username), row }
}

/** Whether a revocation that may still be under way means this session too. */
export function isRevoked(id: string, user: UserRow | null, now: number): boolean {
  if (user === null || user.revokedAt === 0 || now - user.revokedAt >= remembered) return false
  return !user.logins.some((entry) => entry.id === id && entry.sequence > user.revoked)
}

/** The live sessions of a user, latest used first. */
export async function listSessions(runner: TransactionRunner, username: string): Promise<SessionSummary[]> {
  const found: SessionSummary[] = []
  const { ids } = await candidates(runner, username, 'listed', null)
  for (const [id, row] of await rowsOf(runner, ids, username)) {
    if (!isLive(row, runner.clock.now())) continue
    found.push({ id, created: row.created, updated: row.updated, expires: row.expires })
  }
  return found.sort((a, b) => b.updated - a.updated)
}

/** Ends the user's sessions that were committed before, but `except`: all their ids, and how many of them were live. */
export async function revokeAll(
  runner: TransactionRunner,
  username: string,
  except: string | null,
): Promise<{ all: string[]; live: number }> {
  const { ids, revoked } = await candidates(runner, username, 'destroyed', (row, now) => {
    row.revoked = ++row.sequence
    row.revokedAt = now
    if (except !== null) row.logins.push({ sequence: ++row.sequence, id: except, at: now })
  })
  const ended = { all: [...ids], live: 0 }
  for (let at = 0; at < ended.all.length; at += part) {
    ended.live += await runner.transact<number>({
      what: 'destroyed',
      ids: ended.all.slice(at, at + part),
      user: keyName(username),
      plan({ sessions, user }) {
        const later = new Set(user?.logins.filter(({ sequence }) => sequence > revoked).map(({ id }) => id))
        const dead = [...sessions].filter(([id, row]) => row.username === username && !later.has(id))
        const live = dead.filter(([, row]) => isLive(row, runner.clock.now()))
        return { writes: dead.map(([id]) => ({ op: 'delete', id })), result: live.length }
      },
      recognised: (_, live) => live,
    })
  }
  return ended
}

/** What may be the user's sessions, by the index and, where that lags, by the latest logins. */
async function candidates(
  runner: TransactionRunner,
  username: string,
  what: string,
  change: ((row: UserRow, now: number) => void) | null,
) {
  const id = keyName(username)
  const row = await runner.transact<UserRow>({
    what,
    ids: [],
    user: id,
    plan({ user }) {
      const now = runner.clock.now()
      const row = userRow(user, now)
      if (change === null) return { writes: [], result: row }
      change(row, now)
      return { writes: [{ op: 'user', id, row }], result: row }
    },
    recognised: (_, row) => row,
  })
  const found = await runner.retry(what, runner.counters.query, (timeout) => runner.datastore.find(username, timeout))
  return { ids: new Set([...found, ...row.logins.map((entry) => entry.id)]), revoked: row.revoked }
}

async function rowsOf(runner: TransactionRunner, ids: Set<string>, username: string): Promise<[string, SessionRow][]> {
  if (ids.size === 0) return []
  const rows = await runner.retry('listed', runner.counters.lookup, (timeout) =>
    runner.datastore.getMany([...ids], timeout),
  )
  return [...rows].filter(([, row]) => row.username === username)
}
