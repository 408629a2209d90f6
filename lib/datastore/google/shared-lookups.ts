// Lookups of one record each that are made in one turn of the event loop, as one call: that costs several times what a record in it does.
import { setImmediate } from '../../internal/timers.ts'

interface Path {
  readonly kind: string
  readonly name: string
}

export interface Key {
  readonly path: readonly Path[]
}

interface LookupResponse {
  readonly found?: readonly { readonly entity: { readonly key: Key } }[] | null
  readonly deferred?: readonly Key[] | null
}

type Lookup = (request: { keys: readonly Key[] }, timeout: number) => Promise<LookupResponse>

interface Waiting {
  readonly key: Key
  readonly resolve: (response: LookupResponse) => void
  readonly reject: (error: unknown) => void
}

/** Lookups in one call: each waits for the slowest of them. */
const maxTogether = 10

/** A group ends at the shortest deadline of its lookups, which may be this part of another's. */
const leastDeadline = 0.95

/** INVALID_ARGUMENT, which may be about one key of several. */
const invalid = 3

export class SharedLookups {
  readonly #lookup: Lookup
  #waiting: Waiting[] = []
  #timeout = 0

  constructor(lookup: Lookup) {
    this.#lookup = lookup
  }

  add(key: Key, timeout: number): Promise<LookupResponse> {
    if (this.#waiting.length > 0) {
      const [short, long] = timeout < this.#timeout ? [timeout, this.#timeout] : [this.#timeout, timeout]
      if (short < long * leastDeadline) return this.#lookup({ keys: [key] }, timeout)
      this.#timeout = short
    } else {
      this.#timeout = timeout
      setImmediate(() => this.#make())
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ key, resolve, reject })
      if (this.#waiting.length === maxTogether) this.#make()
    })
  }

  #make(): void {
    const waiting = this.#waiting
    if (waiting.length === 0) return
    this.#waiting = []
    const keys = new Map(waiting.map(({ key }) => [nameOf(key), key]))
    this.#lookup({ keys: [...keys.values()] }, this.#timeout)
      .then((response) => share(response, waiting))
      .catch((error: unknown) => this.#fail(error, waiting))
  }

  #fail(error: unknown, waiting: readonly Waiting[]): void {
    if (waiting.length === 1 || (error as { code?: unknown }).code !== invalid) {
      for (const { reject } of waiting) reject(error)
      return
    }
    for (const { key, resolve, reject } of waiting) this.#lookup({ keys: [key] }, this.#timeout).then(resolve, reject)
  }
}

const nameOf = ({ path }: Key): string => `${path[0]!.kind}/${path[0]!.name}`

/** Gives each lookup its own part of a response. */
function share(response: LookupResponse, waiting: readonly Waiting[]): void {
  if (waiting.length === 1) {
    waiting[0]!.resolve(response)
    return
  }
  const found = new Map(response.found?.map((one) => [nameOf(one.entity.key), one]))
  const deferred = new Set(response.deferred?.map(nameOf))
  for (const { key, resolve } of waiting) {
    const name = nameOf(key)
    const own = found.get(name)
    resolve(own ? { found: [own] } : deferred.has(name) ? { deferred: [key] } : {})
  }
}
