// All sessions of one user, wherever they are signed in: listed, ended one by one or at once.
import { TipfyError } from '../../internal/errors.ts'
import type { StoredSlot } from './backends/datastore.ts'
import type { SessionSummary } from './repository/repository.ts'

/** One of a user's sessions. */
export interface UserSession extends SessionSummary {
  /** Whether it is that of this request. */
  current: boolean
}

/** Datastore indexes no longer text, and takes none with half a surrogate pair: it would refuse the record. */
const mostUserBytes = 1500

/** `user`, checked: from JavaScript a row's number comes easily, and must not differ from the same id as text later. */
export function userId(user: string): string {
  const isText = typeof user === 'string'
  const long = isText && Buffer.byteLength(user) > mostUserBytes
  if (isText && user !== '' && !long && user.isWellFormed()) return user
  const given = long ? `one of more than ${mostUserBytes} bytes` : isText ? JSON.stringify(user) : String(user)
  throw new TipfyError('TIPFY_E_SESSION_USER', { given })
}

export async function listSessions(slot: StoredSlot, user: string): Promise<UserSession[]> {
  const records = await slot.ask((store) => store.listFor(user))
  return records.map((summary) => ({ ...summary, current: summary.id === slot.recordName }))
}

/** False if the user has no such session: nobody ends another's by guessing. */
export async function revokeSession(slot: StoredSlot, user: string, id: string): Promise<boolean> {
  if (!(await listSessions(slot, user)).some((session) => session.id === id)) return false
  if (id === slot.recordName) await slot.destroy()
  else await slot.ask((store) => store.revoke(id))
  return true
}

export async function destroySessions(slot: StoredSlot, user: string, exceptCurrent: boolean): Promise<number> {
  const owner = slot.storedUser
  const ended = await slot.ask((store) => store.destroyAllFor(user, { exceptSid: exceptCurrent ? slot.id : undefined }))
  if (!exceptCurrent && owner === user) slot.forget()
  return ended
}
