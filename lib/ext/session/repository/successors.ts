// The sessions that a moved one goes on in, and the end of all of them: a request may have moved the session a moment before
// another one ends it, or logs in.
import { type StoredDevice, storedDevice } from '../data/device-state.ts'
import type { SessionRow, Snapshot, Write } from './ports.ts'
import { movedOf, tombstone } from './record.ts'
import type { Plan } from './transactions.ts'

/** More than a browser moves a session to within a minute. */
const maxFollowed = 20

/** Returns true if a request may use what a moved session goes on in, or end one that has a device. */
export type MayFollow = (device: StoredDevice | undefined) => boolean

/**
 * Returns the rows of a session and of all that it goes on in, null for those that are gone; or the ids that have to be read first.
 * `read` has those that were read, and gets these.
 */
export function follow(
  id: string,
  read: Set<string>,
  { sessions }: Snapshot,
  mayFollow: MayFollow,
): Map<string, SessionRow | null> | { readSessions: string[] } {
  const rows = new Map<string, SessionRow | null>([[id, null]])
  for (const next of rows.keys()) {
    const row = sessions.get(next) ?? null
    rows.set(next, row)
    const moved = row === null ? undefined : movedOf(row)
    const to = moved?.to !== undefined && mayFollow(moved.device) ? moved.to : []
    for (const one of to) if (rows.size < maxFollowed && !rows.has(one)) rows.set(one, null)
  }
  const readSessions = [...rows.keys()].filter((one) => !read.has(one))
  for (const one of readSessions) read.add(one)
  return readSessions.length > 0 ? { readSessions } : rows
}

/** Plans the end of the session `id`, and of those that it goes on in; the result is the ids of all that end. */
export function planEnd(
  id: string,
  read: Set<string>,
  snapshot: Snapshot,
  token: string,
  now: number,
  mayFollow: MayFollow,
): Plan<string[]> {
  const rows = follow(id, read, snapshot, mayFollow)
  if (!(rows instanceof Map)) return rows
  const writes: Write[] = []
  for (const [id, row] of rows) {
    if (row === null || row.data === null) continue
    const device = movedOf(row)?.device ?? storedDevice(row.data)
    // A refresh that is on its way needs the device of a tombstone.
    if (device === undefined || mayFollow(device)) writes.push({ op: 'update', id, row: tombstone(row, token, now) })
  }
  return { writes, result: writes.map(({ id }) => id) }
}
