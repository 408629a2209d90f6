// Locks as Google's newer emulator has them, for tests of applications: what a transaction has read is locked until it ends, and
// a commit waits for it. The engine itself needs none.

import { clearTimeout, setTimeout } from '../../internal/timers.ts'
import { partitionName, pathBytes } from './encoding/keys.ts'
import type { Change } from './mutations.ts'
import { Code, StatusError } from './protocol/status.ts'
import type { Transaction } from './transactions.ts'

export class EmulatorLocks {
  readonly #open: () => Iterable<Transaction>
  readonly #wait: number
  readonly #waiting = new Set<() => void>()

  /** @param open Returns the open transactions. @param wait Milliseconds that a commit waits. */
  constructor(open: () => Iterable<Transaction>, wait: number) {
    this.#open = open
    this.#wait = wait
  }

  /**
   * Resolves once no other transaction has read what `changes` write.
   *
   * @param timeout Milliseconds that the caller can wait. @throws StatusError ABORTED after the wait.
   */
  async free(changes: readonly Change[], own: Transaction | undefined, timeout: number): Promise<void> {
    const written = new Set(changes.map(({ key }) => idOf(partitionName(key.partitionId), pathBytes(key.path))))
    const isFree = () =>
      Array.from(this.#open()).every(
        (other) =>
          // One that was begun by a read does not own its locks itself.
          (other === own && !other.byRead) || other.reads.every(({ name, k }) => !written.has(idOf(name, k))),
      )
    if (isFree()) return
    await new Promise<void>((resolve, reject) => {
      const look = () => {
        if (!isFree()) return
        clearTimeout(timer)
        this.#waiting.delete(look)
        resolve()
      }
      const timer = setTimeout(
        () => {
          this.#waiting.delete(look)
          reject(new StatusError(Code.ABORTED, 'Transaction lock timeout.'))
        },
        Math.min(this.#wait, timeout),
      )
      this.#waiting.add(look)
    })
  }

  /** Wakes the commits that wait, after a transaction has ended. */
  wake(): void {
    for (const look of [...this.#waiting]) look()
  }
}

function idOf(partition: string, k: Uint8Array): string {
  return partition + Buffer.from(k).toString('latin1')
}
