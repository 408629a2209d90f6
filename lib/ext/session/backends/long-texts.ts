// The latest long text of each session and what is known of it, for the next request.

/** Characters from which on a text is long: others are decoded as fast as they are found here. */
const longText = 4096
/** Characters of all texts together. What is kept for them takes a few times as much memory. */
const maxTexts = 4 * 1024 * 1024

export class LongTexts<Value> {
  /** By the ids of sessions, latest used last. Long texts as keys would all have the hash of their length. */
  readonly #known = new Map<string, { text: string; value: Value }>()
  #size = 0

  static isLong(text: string): boolean {
    return text.length >= longText
  }

  /** Returns what is known of a text, if it is the latest of its session. */
  get(id: string, text: string): Value | undefined {
    const known = this.#known.get(id)
    return known?.text === text ? known.value : undefined
  }

  set(id: string, text: string, value: Value): void {
    this.#delete(id)
    this.#known.set(id, { text, value })
    this.#size += text.length
    for (const oldest of this.#known.keys()) {
      if (this.#size <= maxTexts) return
      this.#delete(oldest)
    }
  }

  #delete(id: string): void {
    this.#size -= this.#known.get(id)?.text.length ?? 0
    this.#known.delete(id)
  }
}
