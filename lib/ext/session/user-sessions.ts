// The sessions of one user: listed, ended one by one or all at once.
import { TipfyError } from '../../internal/errors.ts'
import { describeGiven } from '../../internal/has-text.ts'
import type { DatastoreSession } from './backends/datastore.ts'
import type { MayFollow, SessionSummary } from './repository/repository.ts'

/** One of a user's sessions. */
export interface UserSession extends SessionSummary {
  /** True for the session of this request. */
  current: boolean
}

/** Datastore rejects a record with a longer indexed text, or with half a surrogate pair in one. */
const maxUserBytes = 1500

/** Returns `user` if it can be one: a number from JavaScript must not differ from the same id as text later. */
export function userId(user: string): string {
  const isText = typeof user === 'string'
  const long = isText && Buffer.byteLength(user) > maxUserBytes
  if (isText && user !== '' && !long && user.isWellFormed()) return user
  const given = long ? `one of more than ${maxUserBytes} bytes` : describeGiven(user)
  throw new TipfyError('TIPFY_E_SESSION_USER', { given })
}

export async function listSessions(current: DatastoreSession, user: string): Promise<UserSession[]> {
  const records = await current.call((repository) => repository.listFor(user))
  return records.map((summary) => ({ ...summary, current: summary.id === current.recordName }))
}

/** Ends one of a user's sessions; false if the user has no such session, so that guessing ends no other user's. */
export async function revokeSession(current: DatastoreSession, user: string, id: string): Promise<boolean> {
  if (id === current.recordName && user === current.storedUser) {
    await current.destroy()
    return true
  }
  if (!(await listSessions(current, user)).some((session) => session.id === id)) return false
  await current.call((repository) => repository.revoke(id))
  return true
}

export async function destroySessions(
  current: DatastoreSession,
  user: string,
  exceptCurrent: boolean,
): Promise<number> {
  const exceptSid = exceptCurrent ? current.id : undefined
  const mayFollow: MayFollow = (device) => current.hasProof(device)
  const end = () => current.call((repository) => repository.destroyAllFor(user, { exceptSid, mayFollow }))
  return !exceptCurrent && current.storedUser === user ? current.endWith(end) : end()
}
