// Flash messages: put into the session by one request, shown once by the next. They are part of the session's data, and saved
// and merged with it: two tabs that flash at once lose neither.
import type { BackendSession } from './backends/backend.ts'
import { flashKey } from './data/reserved.ts'

/** A message for the user's next page. */
export interface Flash {
  /** A text, or anything that a session can hold. */
  message: unknown
  /** Like 'info', 'success', 'error'. */
  level: string
}

/** A message as it is stored; without a key it is in the common box. */
type StoredFlash = [message: unknown, level: string, key?: string]

const storedFlashes = (data: Record<string, unknown>) => (data[flashKey] as StoredFlash[] | undefined) ?? []
const toFlash = ([message, level]: StoredFlash): Flash => ({ message, level })
const isIn =
  (box: string | undefined) =>
  ([, , key]: StoredFlash) =>
    key === box

export function addFlash(session: BackendSession, message: unknown, level: string, box: string | undefined): void {
  const data = session.write()
  const flash: StoredFlash = box === undefined ? [message, level] : [message, level, box]
  data[flashKey] = [...storedFlashes(data), flash]
}

/**
 * Takes the messages out of a box. Those stored in Datastore are taken in one step, at once: of two tabs that ask, one gets
 * them. An empty box is not written.
 */
export async function takeFlashes(session: BackendSession, box: string | undefined): Promise<Flash[]> {
  let taken: StoredFlash[] = []
  if (!storedFlashes(session.look()).some(isIn(box))) return []
  if (session.kind.backend === 'datastore' && storedFlashes(session.stored()).some(isIn(box))) {
    await session.update((data) => {
      taken = remove(data, box)
    })
    if (session.isClosed) return taken.map(toFlash) // there are no others: nothing can be written any more
  }
  const data = session.write()
  if (Object.hasOwn(data, flashKey)) session.handOut(flashKey)
  const own = remove(data, box)
  if (storedFlashes(data).length === 0 && !Object.hasOwn(session.stored(), flashKey)) delete data[flashKey]
  return [...taken, ...own].map(toFlash)
}

function remove(data: Record<string, unknown>, box: string | undefined): StoredFlash[] {
  const all = storedFlashes(data)
  const taken = all.filter(isIn(box))
  // A stored key stays: deleted, it would lose against the whole list of another request that adds a message.
  if (taken.length > 0) data[flashKey] = all.filter((flash) => !isIn(box)(flash))
  return taken
}
