// All sessions of one user, wherever they are signed in: listed, ended one by one or at once.
import type { SessionSummary } from './store.ts'
import type { StoredSlot } from './stored.ts'

/** One of a user's sessions. */
export interface UserSession extends SessionSummary {
  /** Whether it is that of this request. */
  current: boolean
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
