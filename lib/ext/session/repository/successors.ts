// The sessions that a moved one goes on in, and the end of all of them: a request may have moved the session a moment before
// another one ends it, or logs in.
import { type StoredDevice, stateOf, storedDevice } from '../data/device-state.ts'
import type { SessionRow, Snapshot, Write } from './ports.ts'
import { type Moved, movedOf, tombstone } from './record.ts'
import type { Plan } from './transactions.ts'

/** More than a browser moves a session to within a minute. */
const maxFollowed = 20

/** Returns true if a request may use what a moved session goes on in, or end a bound one; called with the device of that. */
export type MayFollow = (device: StoredDevice | undefined) => boolean

/**
 * Returns the rows of a session and of all that it goes on in, null for those that are gone; or the ids that have to be read first.
 *
 * @param read the ids of the sessions that were read; gets those that have to be
 * @param next returns the names to go on with
 */
export function follow(
  id: string,
  read: Set<string>,
  { sessions }: Snapshot,
  next: (moved: Moved) => readonly string[] = ({ to = [] }) => to,
): Map<string, SessionRow | null> | { readSessions: string[] } {
  const rows = new Map<string, SessionRow | null>([[id, null]])
  for (const at of rows.keys()) {
    const row = sessions.get(at) ?? null
    rows.set(at, row)
    const moved = row === null ? undefined : movedOf(row)
    for (const one of moved === undefined ? [] : next(moved)) {
      if (rows.size < maxFollowed && !rows.has(one)) rows.set(one, null)
    }
  }
  const readSessions = [...rows.keys()].filter((one) => !read.has(one))
  for (const one of readSessions) read.add(one)
  return readSessions.length > 0 ? { readSessions } : rows
}

/** The end of a session, as a request asks for it. */
export interface End {
  readonly id: string
  /** The ids of the sessions that were read. */
  readonly read: Set<string>
  readonly mayFollow: MayFollow
  /** True if a login of another user follows: a regenerate() under way must not take the place of that. */
  readonly isForLogin: boolean
}

/** The parts of an end that have defaults. */
export type EndOptions = Partial<Pick<End, 'mayFollow' | 'isForLogin'>>

/** Plans the end of a session, and of those that it goes on in; the result is the ids of all that end. */
export function planEnd(
  { id, read, mayFollow, isForLogin }: End,
  snapshot: Snapshot,
  token: string,
  now: number,
): Plan<string[]> {
  const rows = follow(id, read, snapshot, ({ device, to = [] }) => (mayFollow(device) ? to : []))
  if (!(rows instanceof Map)) return rows
  const writes: Write[] = []
  const kept = isForLogin ? { logins: [] } : undefined
  for (const [id, row] of rows) {
    if (row === null || row.data === null) continue
    const device = movedOf(row)?.device ?? storedDevice(row.data)
    // A refresh that is on its way needs the device of a tombstone.
    if (stateOf(device) !== 'bound' || mayFollow(device)) {
      writes.push({ op: 'update', id, row: tombstone(row, token, now, kept) })
    }
  }
  return { writes, result: writes.map(({ id }) => id) }
}
