// The stop of a server, for its requests.

/** Shared by all requests of an application. */
export class Draining {
  /** True once the server stops: each response then closes its connection. */
  hasBegun = false
  readonly #listeners = new Set<() => void>()

  begin(): void {
    this.hasBegun = true
    for (const listener of this.#listeners) listener()
  }

  /** Calls `listener` when the server stops, at once if it does already. Returns a function that removes it. */
  listen(listener: () => void): () => void {
    if (this.hasBegun) listener()
    else this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }
}
