// The latest long text of each session and what is known of it, for the next request.
import { BoundedMap } from '../../../internal/bounded-map.ts'

/** Characters from which on a text is long: others are decoded as fast as they are found here. */
const longText = 4096
/** Characters of all texts together. What is kept for them takes a few times as much memory. */
const maxTexts = 4 * 1024 * 1024

export class LongTexts<Value> {
  /** By the ids of sessions. Long texts as keys would all have the hash of their length. */
  readonly #known = new BoundedMap<{ text: string; value: Value }>(maxTexts)

  static isLong(text: string): boolean {
    return text.length >= longText
  }

  /** Returns what is known of a text, if it is the latest of its session. */
  get(id: string, text: string): Value | undefined {
    const known = this.#known.get(id)
    return known?.text === text ? known.value : undefined
  }

  set(id: string, text: string, value: Value): void {
    this.#known.set(id, { text, value }, text.length)
  }
}
