// Counts of rate limits in the cache that stands in front of the sessions: memcached or Valkey.
import { runOutside } from '../../../app/globals.ts'
import { addHits, type Count } from '../../../server/shared-counts.ts'
import type { CacheConnection, CacheLink } from '../../session/cache/ports.ts'
import type { CountStore } from './limiter.ts'

/** Attempts to replace a count that other processes change at the same time. */
const maxAttempts = 10
/** Over 30 days memcached reads a date. */
const maxSeconds = 2_592_000

export class CacheCounts implements CountStore {
  readonly name = 'the cache'
  readonly #links: readonly CacheLink[]
  readonly #timeout: number
  readonly #connections = new Map<CacheLink, Promise<CacheConnection>>()
  /** Those that are being opened. */
  readonly #opening = new Set<Promise<CacheConnection>>()

  /** @param timeout milliseconds to connect: a connection that a hit could not wait for is there for later ones */
  constructor(links: readonly CacheLink[], timeout: number) {
    this.#links = links
    this.#timeout = timeout
  }

  async add(id: string, hits: number, window: number): Promise<Count> {
    const connection = await this.#connection(id)
    const key = keyOf(id)
    for (let attempt = 1; attempt <= maxAttempts; attempt++) {
      const now = Date.now()
      const found = await connection.get(key)
      const count = addHits(found === null ? undefined : readCount(found.value), hits, window, now)
      const text = `${count.count} ${count.expires}`
      // memcached counts whole seconds of its own clock: an entry may end up to a second early.
      const seconds = Math.min(Math.ceil((count.expires - now) / 1000) + 1, maxSeconds)
      const written =
        found === null
          ? await connection.add(key, text, seconds)
          : await connection.replace(key, text, seconds, found.cas)
      if (written !== null) return count
    }
    throw new Error('too many processes count the same key at the same time')
  }

  async delete(id: string): Promise<void> {
    await (await this.#connection(id)).delete(keyOf(id))
  }

  drop(): void {
    for (const [link, connection] of this.#connections) if (!this.#opening.has(connection)) this.#close(link)
  }

  close(): void {
    for (const link of this.#connections.keys()) this.#close(link)
  }

  #close(link: CacheLink): void {
    this.#connections.get(link)?.then(
      (connection) => connection.close(),
      () => {},
    )
    this.#connections.delete(link)
  }

  /** Every process finds the count of a key on the same server. */
  async #connection(id: string): Promise<CacheConnection> {
    const link = this.#links[Buffer.from(id, 'base64url').readUInt32BE() % this.#links.length]!
    const known = this.#connections.get(link)
    if (known !== undefined) {
      const connection = await known.catch(() => null)
      if (connection?.alive) return connection
      if (this.#connections.get(link) !== known) return this.#connection(id)
    }
    // Its callbacks must not keep the request that came first.
    const connecting = runOutside(() => link.connect(this.#timeout))
    this.#connections.set(link, connecting)
    this.#opening.add(connecting)
    const done = () => this.#opening.delete(connecting)
    connecting.then(done, done)
    return connecting
  }
}

/** Within `tipfy:*`, the keys that the cache's user has rights for. A session's is `tipfy:` and hexadecimal digits alone. */
const keyOf = (id: string) => `tipfy:rate.${id}`

/** Returns the count of an entry; undefined if it is none. */
function readCount(text: string): Count | undefined {
  const [, count, expires] = /^(\d{1,15}) (\d{1,15})$/.exec(text) ?? []
  return expires === undefined ? undefined : { count: Number(count), expires: Number(expires) }
}
