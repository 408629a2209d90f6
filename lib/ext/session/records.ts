// What a session's row is and becomes: its key, its life, its tombstone. Pure but for the clock handed in.
import { hash } from 'node:crypto'
import { TipfyError } from '../../errors.ts'
import type { SessionRow } from './ports.ts'

/** A live session as it was read or committed. Times in ms since 1970. */
export interface SessionRecord {
  version: number
  created: number
  updated: number
  expires: number
  /** Encoded by the codec. */
  data: string
  username: string | null
}

/** How many tokens a row keeps. */
export const tokensKept = 16
/** How long a tombstone stands, in ms. */
export const tombstoneLife = 60_000
/** Datastore takes 1,048,572 bytes for an entity: the rest of the record has to fit in too. */
const maxDataBytes = 1_040_000

/** The name of a session's or user's key: a leaked table holds no usable id. */
export function keyName(id: string): string {
  return hash('sha256', id)
}

export type LiveRow = SessionRow & { data: string }

export function isTombstone(row: SessionRow): boolean {
  return row.data === null || row.data === ''
}

export function isLive(row: SessionRow | null | undefined, now: number): row is LiveRow {
  return row !== null && row !== undefined && !isTombstone(row) && row.expires > now
}

export function recordOf({ version, created, updated, expires, data, username }: LiveRow): SessionRecord {
  return { version, created, updated, expires, data, username }
}

/** When a session used at `now` dies: by `idle` ms without use, or by its age. */
export function expiry(created: number, idle: number, absolute: number | null, now: number): number {
  return absolute === null ? now + idle : Math.min(now + idle, created + absolute)
}

/** The next version of a row. */
export function nextRow<Changed extends Partial<SessionRow>>(row: SessionRow, token: string, changed: Changed) {
  const commits = [token, ...row.commits].slice(0, tokensKept)
  return checked({ ...row, version: row.version + 1, commits, ...changed })
}

/** Throws where Datastore would not take it. */
export function checked<Row extends SessionRow>(row: Row): Row {
  const size = row.data === null || row.data.length * 3 <= maxDataBytes ? 0 : Buffer.byteLength(row.data)
  if (size > maxDataBytes) throw new TipfyError('TIPFY_E_SESSION_RECORD_TOO_LARGE', { size, limit: maxDataBytes })
  return row
}

/** A tombstone in place of `row`. One that `moved` keeps the user, for destroyAllFor to find it. */
export function tombstone(row: SessionRow, token: string, now: number, moved: boolean): SessionRow {
  return nextRow(row, token, {
    updated: now,
    expires: now + tombstoneLife,
    data: moved ? '' : null,
    username: moved ? row.username : null,
  })
}
