// The rows of sessions: keys, lifetimes, tombstones. Pure functions; the time is passed in.
import { hash } from 'node:crypto'
import { TipfyError } from '../../../internal/errors.ts'
import { decodeData, encodeData } from '../data/codec.ts'
import { type StoredDevice, storedDevice } from '../data/device-state.ts'
import { deviceKey } from '../data/reserved.ts'
import type { SessionRow } from './ports.ts'

/** A live session as it was read or committed. */
export type SessionRecord = SessionRow & {
  /** Encoded by the codec. */
  data: string
}

/** The number of tokens that a row keeps. */
export const tokensKept = 16
/** Milliseconds that a tombstone is kept. */
export const tombstoneLife = 60_000
/** The sessions of one kind that a tombstone names. */
const maxMoves = 10
/** Datastore takes 1,048,572 bytes for an entity: the rest of the record has to fit in too. */
const maxDataBytes = 1_040_000

// A request asks for the same name twice, and a browser asks again and again.
const names = new Map<string, string>()
const maxNames = 2000

/** The name of a session's or user's key: a leaked table holds no usable id. */
export function keyName(id: string): string {
  const known = names.get(id)
  if (known !== undefined) return known
  const name = hash('sha256', id)
  if (names.size >= maxNames) names.clear()
  if (id.length < 100) names.set(id, name)
  return name
}

export function isTombstone(row: SessionRow): boolean {
  return row.data === null || isMoved(row)
}

/** Kept by the tombstone of a moved session. */
export interface Moved {
  /** The device, for a refresh that is on its way. */
  readonly device?: StoredDevice
  /** The names of the sessions that it goes on in. */
  readonly to?: readonly string[]
  /** The names of those that logins began in its place; none are named by one that ended it first. */
  readonly logins?: readonly string[]
}

/** Returns true for the tombstone of a session that has a new id. */
export function isMoved({ data }: SessionRow): boolean {
  return data === ''
}

/** Returns what a tombstone keeps; undefined for one that did not move. */
export function movedOf(row: SessionRow): Moved | undefined {
  if (!isMoved(row)) return undefined
  const { [deviceKey]: device, ...rest } = row.moved === undefined ? {} : decodeData(row.moved)
  return { ...rest, ...(device !== undefined && { device }) } as Moved
}

/** Returns encoded data with a device in it. */
export function withDevice(data: string, device: StoredDevice): string {
  return encodeData({ ...decodeData(data), [deviceKey]: device })
}

/** Returns encoded data with a change of the device that it has. */
export function changeDevice(data: string, change: (device: StoredDevice) => StoredDevice): string {
  const device = storedDevice(data)
  return device === undefined ? data : withDevice(data, change(device))
}

function encodeMoved({ device, ...rest }: Moved): string {
  return encodeData({ ...(device !== undefined && { [deviceKey]: device }), ...rest })
}

export function isLive(row: SessionRow | null | undefined, now: number): row is SessionRecord {
  return row !== null && row !== undefined && !isTombstone(row) && row.expires > now
}

/** Returns the time at which a session used at `now` ends: after `idle` ms without use, or by its age. */
export function expiry(created: number, idle: number, absolute: number | null, now: number): number {
  return absolute === null ? now + idle : Math.min(now + idle, created + absolute)
}

/** The tokens of the next version. */
export function withToken(row: SessionRow, token: string): string[] {
  return [token, ...row.commits].slice(0, tokensKept)
}

/** Throws where Datastore would not take it. */
export function checked<Row extends SessionRow>(row: Row): Row {
  const size = row.data === null || row.data.length * 3 <= maxDataBytes ? 0 : Buffer.byteLength(row.data)
  if (size > maxDataBytes) throw new TipfyError('TIPFY_E_SESSION_RECORD_TOO_LARGE', { size, limit: maxDataBytes })
  return row
}

/** A tombstone in place of `row`. One that moved keeps the user, for destroyAllFor to find it. */
export function tombstone(row: SessionRow, token: string, now: number, moved?: Omit<Moved, 'device'>): SessionRow {
  const next = { ...row, version: row.version + 1, commits: withToken(row, token), stamp: null, updated: now }
  const expires = now + tombstoneLife
  if (moved === undefined) return { ...next, expires, data: null, moved: undefined, username: null }
  return {
    ...next,
    expires,
    data: '',
    moved: encodeMoved({ device: movedOf(row)?.device ?? storedDevice(row.data), ...moved }),
  }
}

/** The tombstone `row` once another request has moved its session, too. */
export function movedAgain(row: SessionRow, token: string, { to, logins }: Moved): SessionRow {
  const moved = movedOf(row)!
  const both = (before: readonly string[] = [], next: readonly string[]) => [...before, ...next].slice(-maxMoves)
  const next = encodeMoved({
    ...moved,
    ...(to && { to: both(moved.to, to) }),
    ...(logins && { logins: both(moved.logins, logins) }),
  })
  return { ...row, version: row.version + 1, commits: withToken(row, token), stamp: null, moved: next }
}
