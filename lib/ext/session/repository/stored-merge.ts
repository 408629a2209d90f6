// The merge of one save: of stored texts, by the application's own merge or by structure; conflicts are reported afterwards.
import { encodeData } from '../data/codec.ts'
import { mergeChanged } from '../merge/changed-parts.ts'
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
    const { decode, merge } = this.#settings
    if (mine === base) return theirs
    if (theirs === base) return mine
    this.#counters.merges++
    // The application's own merge may change what it is given.
    if (merge !== null) return encodeData(merge(decode(base), decode(mine), decode(theirs)))
    return mergeChanged([base, mine, theirs], ([base, mine, theirs], whole) => {
      const report = (conflict: Conflict) => this.#note(whole(conflict))
      return encodeData(mergeData(decode(base), decode(mine), decode(theirs), report))
    })
  }

  /** Returns the changes of a request, without the data that it had found. */
  added(base: string, mine: string): string {
    const { decode } = this.#settings
    return encodeData(mergeData(decode(base), decode(mine), {}, () => {}))
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
