// A session's new id: the new record, the tombstone of the old and the user's row in one transaction.
import type { Snapshot, Write } from './ports.ts'
import { deviceOfTombstone, isLive, isMoved, keyName, type SessionRecord, tombstone, withDevice } from './record.ts'
import type { Plan } from './transactions.ts'
import { isRevoked, login } from './user-index.ts'
import type { Saved } from './writer.ts'

export interface Move {
  oldId: string
  newId: string
  /** The record that the request had loaded; null for none. */
  base: SessionRecord | null
  /** The encoded data as the request leaves it. */
  data: string
  /** Undefined: the request did not set it. */
  username: string | null | undefined
  expiresIn: number | undefined
  /** Returns true if the request shows the proof of an encoded device, or needs none. */
  isProven: (device: string) => boolean
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
  { sessions, user }: Snapshot,
  token: string,
  read: string | null,
  tools: MoveTools,
): Plan<Saved> {
  const { oldId, newId, base } = move
  const { now } = tools
  const old = sessions.get(oldId)
  const live = isLive(old, now)
  const device = old && deviceOfTombstone(old)
  // The old id of a bound session may be a copy: it is worth nothing without the proof, which a request that loaded it has shown.
  const isKept = old && isMoved(old) && (base !== null || device == null || move.isProven(device))
  const from = live || isKept ? old : null
  let username = move.username === undefined ? (from?.username ?? null) : move.username
  if (username !== null && read !== keyName(username)) return { readUser: keyName(username) }
  const revoked = move.username === undefined && username !== null && isRevoked(oldId, user, now)
  if (revoked) username = null

  let { data } = move
  if (live && !revoked) data = tools.merge(base?.data ?? '{}', data, old.data)
  else if ((revoked || !from) && base !== null) data = tools.added(base.data, data)
  // It may have been bound since this request loaded it; a login, though, begins without a device.
  else if (isKept && !revoked && device != null && move.username === undefined) data = withDevice(data, device)
  const known = base ?? (live ? old : null)
  // A login begins a new life, for the absolute limit; any other new id goes on with the old one.
  const created = from && !revoked && username === from.username ? (known ?? from).created : now
  const idle = move.expiresIn ?? (known ? known.expires - known.updated : undefined)
  const row = tools.make({ data, username, token, idle, created })

  const writes: Write[] = [{ op: 'insert', id: newId, row }]
  if (live) writes.push({ op: 'update', id: oldId, row: tombstone(old, token, now, !revoked) })
  if (username !== null) writes.push(login(username, newId, user, now))
  return { writes, result: { state: 'saved', record: row } }
}
