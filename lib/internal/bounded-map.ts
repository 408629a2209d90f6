// A map of what is known of texts, bounded by their length: what was set first goes first.

export class BoundedMap<Value> {
  readonly #entries = new Map<string, { readonly value: Value; readonly length: number }>()
  readonly #max: number
  #length = 0

  /** @param max the characters of all texts together */
  constructor(max: number) {
    this.#max = max
  }

  get size(): number {
    return this.#entries.size
  }

  get(key: string): Value | undefined {
    return this.#entries.get(key)?.value
  }

  /** @param length the characters of the text that the value is about */
  set(key: string, value: Value, length: number): void {
    this.#delete(key)
    this.#entries.set(key, { value, length })
    this.#length += length
    for (const oldest of this.#entries.keys()) {
      if (this.#length <= this.#max) return
      this.#delete(oldest)
    }
  }

  #delete(key: string): void {
    this.#length -= this.#entries.get(key)?.length ?? 0
    this.#entries.delete(key)
  }
}
