// What is known of long texts, for the requests that find them again.

/** Characters from which on a text is long: others are decoded as fast as they are found here. */
const longText = 4096
/** Characters of all texts together. What is kept for them takes a few times as much memory. */
const maxTexts = 4 * 1024 * 1024

export class LongTexts<Value> {
  /** Latest used last. */
  readonly #known = new Map<string, Value>()
  #size = 0

  static isLong(text: string): boolean {
    return text.length >= longText
  }

  get(text: string): Value | undefined {
    if (!LongTexts.isLong(text)) return undefined
    const value = this.#known.get(text)
    if (value !== undefined) this.set(text, value)
    return value
  }

  set(text: string, value: Value): void {
    if (!LongTexts.isLong(text)) return
    if (this.#known.delete(text)) this.#size -= text.length
    this.#known.set(text, value)
    this.#size += text.length
    for (const oldest of this.#known.keys()) {
      if (this.#size <= maxTexts) return
      this.#known.delete(oldest)
      this.#size -= oldest.length
    }
  }
}
