// Deletes the records of sessions that are over: what Datastore's TTL policy does on Google Cloud, and nobody elsewhere.
import type { OpenRepository } from '../ext/session/repository/open.ts'
import type { SessionRow } from '../ext/session/repository/ports.ts'

/** So many keys in one commit. */
const batch = 400

/**
 * Deletes every row that has expired, tombstones among them, and gives their number. An expired session is never brought
 * back, so nothing can come between looking and deleting.
 */
export async function purge(
  { datastore }: Pick<OpenRepository, 'datastore'>,
  rows: AsyncIterable<[string, SessionRow]>,
  { kind, dryRun }: { kind: string; dryRun: boolean },
): Promise<number> {
  const now = Date.now()
  const dead: string[] = []
  for await (const [id, row] of rows) if (row.expires <= now) dead.push(id)
  for (let at = 0; at < dead.length && !dryRun; at += batch) {
    const keys = dead.slice(at, at + batch).map((id) => datastore.key([kind, id]))
    await datastore.delete(keys)
  }
  return dead.length
}
