// The keys of a session's data. The framework keeps its own beside the user's, under names with one `$` in front; a name of
// the user's that begins with `$` is stored with one more.
import { notText } from '../../../internal/arguments.ts'
import { put } from './values.ts'

/** The user that a session in a cookie belongs to; a record has a property for it. */
export const userKey = '$user'
/** The flash messages that no page has shown yet. */
export const flashKey = '$flash'
/** The nonce of the session's CSRF tokens. */
export const csrfKey = '$csrf'
/** The device that the session is bound to: see device-state.ts. */
export const deviceKey = '$device'
/** The time of the login, in ms. */
export const loginKey = '$login'
/** The state of sign-ins that have begun and not ended: see sign-ins.ts. */
export const signInKey = '$signIn'
/** The `dataVersion` that the data was written by. */
export const versionKey = '$version'

const isReserved = (stored: string) => stored.charCodeAt(0) === 36 && stored.charCodeAt(1) !== 36
const userName = (stored: string) => (stored.charCodeAt(0) === 36 ? stored.slice(1) : stored)

/** The name under which the user's `key` is stored. */
export function storedKey(key: string): string {
  if (typeof key !== 'string') throw notText('A key of a session', key)
  return key.charCodeAt(0) === 36 ? `$${key}` : key
}

/** The user's keys and values of stored data. */
export function visibleEntries(data: Record<string, unknown>): [string, unknown][] {
  return Object.entries(data)
    .filter(([key]) => !isReserved(key))
    .map(([key, value]) => [userName(key), value])
}

/** The user's part of stored data: `data` itself where all of it is. */
export function visible(data: Record<string, unknown>): Record<string, unknown> {
  return Object.keys(data).some((key) => key.charCodeAt(0) === 36) ? Object.fromEntries(visibleEntries(data)) : data
}

/** The framework's part of stored data. */
export function reserved(data: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(data).filter(([key]) => isReserved(key)))
}

/** `data` with `user` in place of the user's part. */
export function withVisible(data: Record<string, unknown>, user: Record<string, unknown>): Record<string, unknown> {
  const own = Object.entries(user).map(([key, value]) => [storedKey(key), value])
  return Object.fromEntries([...own, ...Object.entries(reserved(data))])
}

/** Has `fn` change the user's part of `data`. */
export function changeVisible(data: Record<string, unknown>, fn: (user: Record<string, unknown>) => void): void {
  const user = visible(data)
  fn(user)
  if (user === data) return
  const next = withVisible(data, user)
  for (const key of Object.keys(data)) delete data[key]
  for (const [key, value] of Object.entries(next)) put(data, key, value)
}

/** Removes the user's part of `data`. */
export function clearVisible(data: Record<string, unknown>): void {
  for (const key of Object.keys(data)) if (!isReserved(key)) delete data[key]
}

/** Returns true if `data` holds nothing worth a cookie or a record. `csrf`: where the secret of the tokens is kept. */
export function isEmptyData(data: Record<string, unknown>, csrf: 'cookie' | 'session'): boolean {
  for (const key in data) {
    if (!Object.hasOwn(data, key) || key === versionKey || (key === csrfKey && csrf === 'cookie')) continue
    if (key !== flashKey || (data[key] as unknown[]).length > 0) return false
  }
  return true
}
