// A session's new id: the new record, the tombstone of the old and the user's row in one transaction.
import { decodeData, encodeData, sameData } from '../data/codec.ts'
import { stateOf, storedDevice } from '../data/device-state.ts'
import { csrfKey, deviceKey } from '../data/reserved.ts'
import type { SessionRow, Snapshot, Write } from './ports.ts'
import {
  changeDevice,
  isLive,
  keyName,
  type Moved,
  movedAgain,
  movedOf,
  type SessionRecord,
  tombstone,
  tombstoneLife,
  withDevice,
} from './record.ts'
import { follow, type MayFollow } from './successors.ts'
import type { Plan } from './transactions.ts'
import { isRevoked, isSpared, login } from './user-index.ts'
import type { Saved } from './writer.ts'

export interface Move {
  oldId: string
  newId: string
  /** The record that the request had loaded; null for none. */
  base: SessionRecord | null
  /** The encoded data as the request leaves it. */
  data: string
  /** Undefined: the request did not set it, and is no login. */
  username: string | null | undefined
  expiresIn: number | undefined
  /** Asked where the request had loaded none. */
  mayFollow: MayFollow
  /** The ids of the sessions that were read. */
  read: Set<string>
}

/** The parts of the repository that a move needs. */
export interface MoveTools {
  now: number
  merge(base: string, mine: string, theirs: string): string
  /** The data that `mine` has and `base` does not. */
  added(base: string, mine: string): string
  make(row: { data: string; username: string | null; token: string; idle?: number; created?: number }): SessionRecord
}

/**
 * The new session goes on where the old one is. Where the old one is gone, it holds what this request itself brings: all of
 * its data if another request moved the session, only its own changes if it was destroyed, revoked or has expired.
 */
export function planMove(
  move: Move,
  snapshot: Snapshot,
  token: string,
  read: string | null,
  tools: MoveTools,
): Plan<Saved> {
  const { oldId, newId, base } = move
  const { user } = snapshot
  const { now } = tools
  const isLogin = move.username !== undefined
  const old = findOld(move, snapshot, now)
  if (old === 'replaced') return { writes: [], result: { state: 'gone' } }
  if (old !== null && 'readSessions' in old) return old
  let username = isLogin ? move.username! : (old?.username ?? null)
  if (username !== null && read !== keyName(username)) return { readUser: keyName(username) }
  const revoked = !isLogin && username !== null && isRevoked(oldId, user, now)
  if (revoked) username = null

  const from = revoked ? null : old
  const data = withMovedDevice(move, old, nextData(move, from, tools), now)
  const known = base ?? (isLive(old, now) ? old : null)
  // A login begins a new life, for the absolute limit; any other new id goes on with the old one.
  const created = from !== null && username === from.username ? (known ?? from).created : now
  const idle = move.expiresIn ?? (known ? known.expires - known.updated : undefined)
  const row = tools.make({ data, username, token, idle, created })

  const writes: Write[] = [{ op: 'insert', id: newId, row }]
  const next: Moved = isLogin ? { logins: [newId] } : { to: [newId] }
  if (isLive(old, now)) {
    writes.push({ op: 'update', id: oldId, row: tombstone(old, token, now, revoked ? undefined : next) })
  } else if (from !== null) writes.push({ op: 'update', id: oldId, row: movedAgain(from, token, next) })
  if (username !== null) writes.push(login(username, newId, user, now))
  return { writes, result: { state: 'saved', record: row } }
}

/**
 * Returns the row that a move goes on from: live, or the tombstone of a session that has moved; null for none, 'replaced' if its browser
 * has another session by now, whose cookie this request must not put out of it: unless it wrote something that would be lost, and is not
 * bound.
 */
function findOld(
  { oldId, base, data, username, mayFollow, read }: Move,
  snapshot: Snapshot,
  now: number,
): SessionRow | null | 'replaced' | { readSessions: string[] } {
  const old = snapshot.sessions.get(oldId)
  if (isLive(old, now)) return old
  const moved = old && movedOf(old)
  if (moved === undefined) return null
  // An id that was dead before the request loaded it may be a copy: nothing goes on from it without the proof of its device.
  if (base === null && !mayFollow(moved.device)) {
    if (username === undefined) return isUnchanged('{}', data) ? 'replaced' : null
    if (stateOf(moved.device) === 'bound') return null
  }
  // One that ended it first stays that: nothing goes on from it.
  if (username !== undefined) return moved.logins?.length === 0 ? null : old!
  const rows = follow(oldId, read, snapshot)
  if (!(rows instanceof Map)) return rows
  const logins = [...rows.values()].map((row) => (row === null ? undefined : movedOf(row)?.logins))
  const isReplaced = logins.some((names) => names !== undefined)
  // The browser of a login gives up the key of the session before it: one that is bound to that key could not be used.
  if (isReplaced && (stateOf(moved.device) === 'bound' || isUnchanged(base?.data ?? '{}', data))) return 'replaced'
  // It may have ended meanwhile, under its new id: but not where the end of all others has spared this one.
  const wasSpared = isSpared(oldId, snapshot.user, now)
  const hasEnded = [...rows.values()].some((row) => (row === null ? !wasSpared : row.data === null))
  return hasEnded || logins.some((names) => names?.length === 0) ? null : old!
}

/** Returns true if a request changed nothing by itself: regenerate() renews the nonce of forms, and an offer to the device is noted. */
function isUnchanged(base: string, mine: string): boolean {
  const [before, after] = [base, mine].map((text) => {
    return encodeData({ ...decodeData(text), [csrfKey]: null, [deviceKey]: null })
  })
  return sameData(before!, after!)
}

/** Returns the data of the new session, which goes on from the row `from`. */
function nextData({ base, data, username }: Move, from: SessionRow | null, tools: MoveTools): string {
  if (isLive(from, tools.now)) return tools.merge(base?.data ?? '{}', data, from.data)
  if (from === null) return base === null ? data : tools.added(base.data, data)
  // It may have been bound since this request loaded it.
  const device = movedOf(from)?.device
  return username === undefined && device !== undefined ? withDevice(data, device) : data
}

/** Returns encoded data whose device tells that the session moves. That of a login begins anew, whatever was merged. */
function withMovedDevice(move: Move, old: SessionRow | null, data: string, now: number): string {
  if (move.username === undefined) return changeDevice(data, (device) => ({ ...device, moved: now }))
  const offered = storedDevice(move.data)
  if (offered === undefined || old === null) return data
  const isMoving = movedOf(old) !== undefined || now - (storedDevice(old.data)?.moved ?? 0) < tombstoneLife
  return withDevice(data, isMoving ? { ...offered, moved: now } : offered)
}
