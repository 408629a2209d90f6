// The merge of one save: of stored texts, by the application's own merge or by structure; conflicts are reported afterwards.

import { type Conflict, mergeData } from '../merge/merge.ts'
import type { Counters } from './counters.ts'
import type { RepositorySettings } from './settings.ts'

/** One for each attempt at a save: conflicts of an attempt that was not committed are discarded. */
export class StoredMerge {
  readonly #settings: RepositorySettings
  readonly #counters: Counters
  readonly #unreported: Conflict[] = []
  #conflicts = 0

  constructor(settings: RepositorySettings, counters: Counters) {
    this.#settings = settings
    this.#counters = counters
  }

  merge(base: string, mine: string, theirs: string): string {
    const { encode, decode, merge } = this.#settings
    if (mine === base) return theirs
    if (theirs === base) return mine
    this.#counters.merges++
    const sides = [decode(base), decode(mine), decode(theirs)] as const
    return encode(merge === null ? mergeData(...sides, (conflict) => this.#note(conflict)) : merge(...sides))
  }

  /** Returns the changes of a request, without the data that it had found. */
  added(base: string, mine: string): string {
    const { encode, decode } = this.#settings
    return encode(mergeData(decode(base), decode(mine), {}, () => {}))
  }

  /** Reports the conflicts, after the commit. */
  report(): void {
    this.#counters.conflicts += this.#conflicts
    for (const conflict of this.#unreported) this.#settings.onConflict?.(conflict)
  }

  #note(conflict: Conflict): void {
    this.#conflicts++
    if (this.#settings.onConflict !== null) this.#unreported.push(conflict)
  }
}
