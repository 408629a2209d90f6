// The merge of one save: of stored texts, by the application's own merge or by structure, and what is told of it afterwards.

import { type Conflict, mergeData } from '../merge/merge.ts'
import type { Counters } from './counters.ts'
import type { RepositorySettings } from './settings.ts'

/** One for each attempt at a save: what an attempt that was not committed found in conflict is nobody's business. */
export class StoredMerge {
  readonly #settings: RepositorySettings
  readonly #counters: Counters
  readonly #told: Conflict[] = []
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

  /** What a request changed, without what it had found. */
  added(base: string, mine: string): string {
    const { encode, decode } = this.#settings
    return encode(mergeData(decode(base), decode(mine), {}, () => {}))
  }

  /** Once it is committed. */
  report(): void {
    this.#counters.conflicts += this.#conflicts
    for (const conflict of this.#told) this.#settings.onConflict?.(conflict)
  }

  #note(conflict: Conflict): void {
    this.#conflicts++
    if (this.#settings.onConflict !== null) this.#told.push(conflict)
  }
}
