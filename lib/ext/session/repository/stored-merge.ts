// The merge of one save: of stored texts, by the application's own merge or by structure; conflicts are reported afterwards.
import { encodeData } from '../data/codec.ts'
import { mergeChanged } from '../merge/changed-members.ts'
import { type Conflict, type Data, mergeData } from '../merge/merge.ts'
import type { Counters } from './counters.ts'
import type { RepositorySettings } from './settings.ts'

/** Texts whose data is remembered. */
const maxTexts = 3

/**
 * The data of the texts that were merged last. Requests that change one session at once merge from the same base, each onto what the
 * one before it made: of three texts only its own has to be decoded, and values of the same text are the same objects, which are
 * compared at once. The structural merge changes none of them.
 */
export class DecodedTexts {
  /** Latest used last. Held weakly: after a crowd the data goes with the next collection. */
  readonly #known = new Map<string, WeakRef<Data>>()

  get(text: string, decode: (text: string) => Data): Data {
    const data = this.#known.get(text)?.deref() ?? decode(text)
    this.set(text, data)
    return data
  }

  set(text: string, data: Data): void {
    this.#known.delete(text)
    this.#known.set(text, new WeakRef(data))
    if (this.#known.size > maxTexts) this.#known.delete(this.#known.keys().next().value!)
  }

  forget(): void {
    this.#known.clear()
  }
}

/** One for each attempt at a save: conflicts of an attempt that was not committed are discarded. */
export class StoredMerge {
  readonly #settings: RepositorySettings
  readonly #counters: Counters
  readonly #unreported: Conflict[] = []
  readonly #texts: DecodedTexts
  #conflicts = 0

  /** @param texts shared by the merges of a repository */
  constructor(settings: RepositorySettings, counters: Counters, texts = new DecodedTexts()) {
    this.#settings = settings
    this.#counters = counters
    this.#texts = texts
  }

  merge(base: string, mine: string, theirs: string): string {
    const { decode, merge } = this.#settings
    if (mine === base) return theirs
    if (theirs === base) return mine
    this.#counters.merges++
    // The application's own merge may change what it is given.
    if (merge !== null) return encodeData(merge(decode(base), decode(mine), decode(theirs)))
    return mergeChanged([base, mine, theirs], (...sides) => this.#byStructure(...sides))
  }

  #byStructure(base: string, mine: string, theirs: string): string {
    const { decode } = this.#settings
    const known = (text: string) => this.#texts.get(text, decode)
    const merged = mergeData(known(base), decode(mine), known(theirs), (conflict) => this.#note(conflict))
    const text = encodeData(merged)
    this.#texts.set(text, merged)
    // The application gets parts of them, which it may change.
    if (this.#unreported.length > 0) this.#texts.forget()
    return text
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
