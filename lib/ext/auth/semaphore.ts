// At most n of some work at once; the others wait in the order they came.

export class Semaphore {
  readonly #waiting: { places: number; begin: () => void }[] = []
  #running = 0

  /** The number of those that wait. */
  get waiting(): number {
    return this.#waiting.length
  }

  /** Runs `work` as soon as it is one of at most `places`. */
  async run<T>(places: number, work: () => Promise<T>): Promise<T> {
    if (this.#waiting.length > 0 || this.#running >= places)
      await new Promise<void>((begin) => this.#waiting.push({ places, begin }))
    else this.#running++
    try {
      return await work()
    } finally {
      this.#running--
      this.#beginWaiting()
    }
  }

  #beginWaiting(): void {
    for (let next = this.#waiting[0]; next !== undefined && this.#running < next.places; next = this.#waiting[0]) {
      this.#waiting.shift()
      this.#running++
      next.begin()
    }
  }
}
