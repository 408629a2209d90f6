// A session's new id: the new record, the tombstone of the old and the user's row in one transaction.
import { type StoredDevice, stateOf, storedDevice } from '../data/device-state.ts'
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
import { follow } from './successors.ts'
import type { Plan } from './transactions.ts'
import { isRevoked, login } from './user-index.ts'
import type { Saved } from './writer.ts'

/** The registrations that a login remembers. */
const maxFormer = 5

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
  /** Returns true if the request shows the proof of a device, or needs none. */
  isProven: (device: StoredDevice) => boolean
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
  { sessions, user }: Snapshot,
  token: string,
  read: string | null,
  tools: MoveTools,
): Plan<Saved> {
  const { oldId, newId, base } = move
  const { now } = tools
  const old = sessions.get(oldId)
  const live = isLive(old, now)
  const isLogin = move.username !== undefined
  const moved = old && movedOf(old)
  const device = moved?.device
  // The old id of a bound session may be a copy: it is worth nothing without the proof, which a request that loaded it has shown.
  let isKept = moved && (base !== null || device === undefined || move.isProven(device))
  if (isKept && !isLogin) {
    const rows = follow(oldId, move.read, { sessions, user }, () => true)
    if (!(rows instanceof Map)) return rows
    const all = [...rows.values()]
    // The browser of a login gives up the key of the session before it: one that is bound to that key could not be used.
    const isLeft = all.some((row) => row && movedOf(row)?.isLogin)
    if (isLeft && stateOf(device) === 'bound') return { writes: [], result: { state: 'gone' } }
    // It has ended meanwhile, under its new id.
    if (all.some((row) => row === null || row.data === null)) isKept = false
  }
  const from = live || isKept ? old : null
  let username = isLogin ? move.username! : (from?.username ?? null)
  if (username !== null && read !== keyName(username)) return { readUser: keyName(username) }
  const revoked = !isLogin && username !== null && isRevoked(oldId, user, now)
  if (revoked) username = null

  let { data } = move
  if (live && !revoked) data = tools.merge(base?.data ?? '{}', data, old.data)
  else if ((revoked || !from) && base !== null) data = tools.added(base.data, data)
  // It may have been bound since this request loaded it; a login, though, begins without a device.
  else if (isKept && !revoked && device !== undefined && !isLogin) data = withDevice(data, device)
  const former = isLogin ? formerOf(old, moved, now) : []
  if (former.length > 0) data = changeDevice(data, (offered) => ({ ...offered, former }))
  else if (!isLogin) data = changeDevice(data, (own) => (stateOf(own) === 'bound' ? { ...own, moved: now } : own))
  const known = base ?? (live ? old : null)
  // A login begins a new life, for the absolute limit; any other new id goes on with the old one.
  const created = from && !revoked && username === from.username ? (known ?? from).created : now
  const idle = move.expiresIn ?? (known ? known.expires - known.updated : undefined)
  const row = tools.make({ data, username, token, idle, created })

  const writes: Write[] = [{ op: 'insert', id: newId, row }]
  const next: Moved = isLogin ? { isLogin } : { to: [newId] }
  if (live) writes.push({ op: 'update', id: oldId, row: tombstone(old, token, now, revoked ? undefined : next) })
  else if (old && isKept) writes.push({ op: 'update', id: oldId, row: movedAgain(old, token, next) })
  if (username !== null) writes.push(login(username, newId, user, now))
  return { writes, result: { state: 'saved', record: row } }
}

/** The ids of registrations whose keys the browser may still need, as another request may have given their session a new id just now. */
function formerOf(old: SessionRow | undefined, moved: Moved | undefined, now: number): string[] {
  const { id, former = [], moved: movedAt = 0 } = moved?.device ?? storedDevice(old?.data) ?? {}
  const isMoving = moved !== undefined || now - movedAt < tombstoneLife
  return [...former, ...(isMoving && id !== undefined ? [id] : [])].slice(-maxFormer)
}
