// Locks of SQLite that another process holds, and patience with them.
import { block, ticks } from '../../../internal/timers.ts'

/** Milliseconds to wait for another process that is opening or recovering the same file. */
export const patience = 10_000

/** Returns true for `SQLITE_BUSY` and its relatives: another process holds the lock. */
export function isBusy(error: unknown): boolean {
  const errcode = (error as { errcode?: number }).errcode
  return errcode !== undefined && (errcode & 0xff) === 5
}

/** Retries while another process opens or recovers the file. */
export function patiently<T>(take: () => T): T {
  const end = ticks() + patience
  for (;;) {
    try {
      return take()
    } catch (error) {
      if (!isBusy(error) || ticks() > end) throw error
      block(1)
    }
  }
}
