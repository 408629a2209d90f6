// The rows of sessions: keys, lifetimes, tombstones. Pure functions; the time is passed in.
import { hash } from 'node:crypto'
import { TipfyError } from '../../../internal/errors.ts'
import { decodeData, encodeData } from '../data/codec.ts'
import { storedDevice } from '../data/device-state.ts'
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

/** In front of the device in the tombstone of a bound session: no encoded data begins with it. */
const deviceMark = '>'

/** Returns true for the tombstone of a session that has a new id. */
export function isMoved({ data }: SessionRow): boolean {
  return data === '' || data?.startsWith(deviceMark) === true
}

/** The encoded device that a tombstone keeps, for a refresh that is on its way; undefined if the session had none. */
export function deviceOfTombstone({ data }: SessionRow): string | undefined {
  return data?.startsWith(deviceMark) ? data.slice(1) : undefined
}

/** Returns encoded data with an encoded device in it. */
export function withDevice(data: string, device: string): string {
  return encodeData({ ...decodeData(data), [deviceKey]: storedDevice(device) })
}

function movedData(row: SessionRow): string {
  const device = storedDevice(row.data)
  return device === undefined ? '' : deviceMark + encodeData({ [deviceKey]: device })
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

/** A tombstone in place of `row`. One that `moved` keeps the user, for destroyAllFor to find it. */
export function tombstone(row: SessionRow, token: string, now: number, moved: boolean): SessionRow {
  return {
    ...row,
    version: row.version + 1,
    commits: withToken(row, token),
    stamp: null,
    updated: now,
    expires: now + tombstoneLife,
    data: moved ? movedData(row) : null,
    username: moved ? row.username : null,
  }
}
