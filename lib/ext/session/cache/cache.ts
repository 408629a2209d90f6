// Sessions in the cache, never older than the last response: readers fill only over a lease of their own, writers
// only replace what is older than theirs and delete leases, both by check-and-set. docs/session-promises.md says why each step is needed,
// and tests/ext/session/simulation plants their absence.

import type { Clock } from '../../../internal/clock.ts'
import { CacheServer } from './cache-server.ts'
import { isRecord, keyOf, parse } from './entries.ts'
import {
  type CacheConnection,
  type CacheCounters,
  type CachedRecord,
  type CacheLink,
  type CacheParts,
  CacheRefused,
  type CasId,
} from './ports.ts'

/**
 * Returns what makes the cache of a repository on these servers, or undefined for no servers.
 *
 * @param retiring the servers of another cache, of an older or newer configuration that runs beside this one: entries are only
 *   deleted there
 */
export function cacheOn(
  links: readonly CacheLink[],
  retiring: readonly CacheLink[] = [],
): ((parts: CacheParts) => SessionCache) | undefined {
  return links.length + retiring.length === 0 ? undefined : (parts) => new SessionCache(links, retiring, parts)
}

/** Seconds that a reader may take from Datastore to the cache. */
const leaseSeconds = 5
/** Returns the milliseconds that an entry can live: a lease may just have been given, and servers round. */
const entryLifeOf = (cacheTtl: number): number => cacheTtl + leaseSeconds * 1000 + 2000

/** The text of a lease where the server's own ids tell one from another. */
const anyLease = 'lease of a reader'
/** Over 30 days memcached reads a date. */
const maxSeconds = 2_592_000
/** memcached takes 1 MiB by default, with its own header. */
const maxBytes = 1_000_000
/** A writer that lost this many check-and-sets deletes the entry: nine calls at most, which fit in `cacheTimeout` where each takes 5 ms. */
const maxLooks = 3

interface Seen {
  connection: CacheConnection
  cas: CasId
}

/** A record, or the lease to fill its place with: null if another reader holds it. */
type Looked = { record: CachedRecord } | { lease: Seen | null }

export class SessionCache {
  readonly entryLife: number
  readonly servers: CacheServer[]
  readonly retiring: CacheServer[]
  readonly #clock: Clock
  readonly #randomness: { token(): string }
  readonly #counters: CacheCounters
  readonly #ttl: number
  readonly #timeout: number
  /** The entries that records were read from. */
  readonly #seen = new WeakMap<CachedRecord, Seen>()
  /** Requests whose changes were committed together share the record: once is enough for all of them. */
  readonly #written = new WeakMap<CachedRecord, Promise<void>>()

  constructor(links: readonly CacheLink[], retiring: readonly CacheLink[], parts: CacheParts) {
    const { cacheTtl, cacheTimeout, cacheConnectTimeout, onTrouble } = parts.settings
    this.#clock = parts.clock
    this.#randomness = parts.randomness
    this.#counters = parts.counters
    this.#ttl = cacheTtl
    this.#timeout = cacheTimeout
    this.entryLife = entryLifeOf(cacheTtl)
    const settings = {
      timeout: cacheTimeout,
      connectTimeout: cacheConnectTimeout,
      entryLife: this.entryLife,
      onTrouble,
    }
    const serverOn = (link: CacheLink) => new CacheServer(link, parts.clock, parts.counters, settings)
    this.servers = links.map(serverOn)
    // A server of both lists is one server.
    this.retiring = retiring.map((link) => this.servers[links.indexOf(link)] ?? serverOn(link))
  }

  /** Opens the connections, so that the first request finds them open. */
  start(): void {
    for (const server of this.#all) server.start()
  }

  get #all(): Set<CacheServer> {
    return new Set([...this.servers, ...this.retiring])
  }

  /** The cached record, or what `fetch` finds: that is cached if it is a record and did not change meanwhile. */
  async read<Other>(id: string, fetch: () => Promise<CachedRecord | Other>): Promise<CachedRecord | Other> {
    if (this.servers.length === 0) return await fetch()
    const server = this.#server(id)
    let found: Looked | undefined
    try {
      found = await server.use((connection) => this.#look(connection, id))
    } catch (error) {
      if (!(error instanceof CacheRefused)) throw error
    }
    if (found !== undefined && 'record' in found) {
      this.#counters.cacheHits++
      return found.record
    }
    if (found !== undefined) this.#counters.cacheMisses++
    const lease = found?.lease
    if (!lease) return await fetch()
    let record: CachedRecord | null = null
    try {
      const fetched = await fetch()
      if (isRecord(fetched)) record = fetched
      return fetched
    } finally {
      void this.#fill(server, id, lease, record)
    }
  }

  /** Makes sure that nothing older than `record` is served; to be awaited before the response to its commit. */
  write(id: string, record: CachedRecord, base: CachedRecord | null): Promise<void> {
    let written = this.#written.get(record)
    if (written === undefined) {
      written = this.#writeAll(id, record, base)
      this.#written.set(record, written)
    }
    return written
  }

  async #writeAll(id: string, record: CachedRecord, base: CachedRecord | null): Promise<void> {
    const retired = this.#removeFrom(this.#retiringServer(id), id, 0)
    if (this.servers.length > 0) await this.#write(id, record, base)
    await retired
  }

  async #write(id: string, record: CachedRecord, base: CachedRecord | null): Promise<void> {
    const server = this.#server(id)
    const known = base === null ? undefined : this.#seen.get(base)
    try {
      const done = await server.use((connection) => this.#publish(connection, id, record, known), true)
      if (done === undefined) await this.#miss(server, id, 0)
    } catch (error) {
      if (!(error instanceof CacheRefused)) throw error
      await this.#removeFrom(server, id, 0)
    }
  }

  /** Deletes the entry. A server that was in use until now is tried for `patience` ms. */
  async remove(id: string, patience = 0): Promise<void> {
    const main = this.servers.length === 0 ? undefined : this.#server(id)
    await Promise.all([main, this.#retiringServer(id)].map((server) => this.#removeFrom(server, id, patience)))
  }

  async #removeFrom(server: CacheServer | undefined, id: string, patience: number): Promise<void> {
    if (server === undefined) return
    const wasUsed = server.state === 'closed' || server.isInDoubt
    const done = await allowRefusal(server.use((connection) => connection.delete(keyOf(id)), true))
    if (done === undefined) await this.#miss(server, id, wasUsed ? patience : 0)
  }

  /**
   * Repeats a change at the server until it is confirmed, and waits for that for `patience` ms; once more as long as for any call
   * where the server has failed for the first time in a while. Perhaps it only had no processor: then the first repetition,
   * which comes at once, confirms the change, and no process sees what was there before.
   */
  async #miss(server: CacheServer, id: string, patience: number): Promise<void> {
    server.miss(keyOf(id))
    await server.retryAtOnce()
    const wait = server.isInDoubt ? Math.max(patience, this.#timeout) : patience
    if (!(await server.confirmed(keyOf(id), wait))) this.#counters.cacheUnconfirmed++
  }

  close(): void {
    for (const server of this.#all) server.close()
  }

  async #look(connection: CacheConnection, id: string): Promise<Looked> {
    const key = keyOf(id)
    const found = await connection.look?.(key, anyLease, leaseSeconds)
    if (found !== undefined && 'added' in found)
      return { lease: found.added === null ? null : { connection, cas: found.added } }
    const entry = found === undefined ? await connection.get(key) : found.entry
    if (entry !== null) {
      const content = parse(id, entry.value)
      if (content === 'lease') {
        this.#counters.leasesMet++
        return { lease: null }
      }
      if (content === 'newer') return { lease: null }
      if (content !== 'broken' && content.expires > this.#clock.now()) {
        this.#seen.set(content, { connection, cas: entry.cas })
        return { record: content }
      }
      this.#counters.cacheBroken++
      if (!(await connection.delete(key, entry.cas))) return { lease: null }
    }
    const cas = await connection.add(key, `lease ${this.#randomness.token()}`, leaseSeconds)
    return { lease: cas === null ? null : { connection, cas } }
  }

  // In the background: a reader that has its record does not need the cache.
  async #fill(server: CacheServer, id: string, lease: Seen, record: CachedRecord | null): Promise<void> {
    // The lease counts only on the connection that gave it.
    if (!lease.connection.alive) return
    const key = keyOf(id)
    const value = record === null ? null : this.#valueOf(id, record)
    try {
      await server.use(async (connection) => {
        if (connection !== lease.connection) return
        if (value === null) await connection.delete(key, lease.cas)
        else if (await connection.replace(key, value.text, value.seconds, lease.cas)) this.#counters.fills++
      })
    } catch {
      await allowRefusal(server.use((connection) => connection.delete(key)))
    }
  }

  async #publish(
    connection: CacheConnection,
    id: string,
    record: CachedRecord,
    known: Seen | undefined,
  ): Promise<true> {
    const key = keyOf(id)
    const value = this.#valueOf(id, record)
    const swap = async (cas: CasId): Promise<boolean> => {
      const put = value && (await connection.replace(key, value.text, value.seconds, cas))
      if (put) this.#seen.set(record, { connection, cas: put })
      return value ? Boolean(put) : await connection.delete(key, cas)
    }
    // The entry that this request read is older than its commit: if it is still there, no look is needed.
    if (known?.connection === connection && (await swap(known.cas))) return true
    for (let looks = 0; looks < maxLooks; looks++) {
      const entry = await connection.get(key)
      if (entry === null) return true
      const content = parse(id, entry.value)
      if (typeof content === 'object' && content.version >= record.version) return true
      const older = typeof content === 'object'
      if (older ? await swap(entry.cas) : await connection.delete(key, entry.cas)) return true
    }
    await connection.delete(key)
    return true
  }

  #server(id: string): CacheServer {
    return this.servers[Number.parseInt(id.slice(0, 8), 16) % this.servers.length]!
  }

  /** The server of the retiring cache, unless that is the same. */
  #retiringServer(id: string): CacheServer | undefined {
    const server = this.retiring[Number.parseInt(id.slice(0, 8), 16) % this.retiring.length]
    return this.servers.length > 0 && server === this.#server(id) ? undefined : server
  }

  /** Null: not to be cached. */
  #valueOf(id: string, record: CachedRecord): { text: string; seconds: number } | null {
    const { data, ...rest } = record
    const left = Math.min(record.expires - this.#clock.now(), this.#ttl)
    if (left <= 0) return null
    const text = `value ${JSON.stringify({ id, ...rest })}\n${data}`
    if (text.length * 3 > maxBytes && Buffer.byteLength(text) > maxBytes) return null
    return { text, seconds: Math.min(Math.ceil(left / 1000), maxSeconds) }
  }
}

async function allowRefusal<T>(use: Promise<T | undefined>): Promise<T | undefined> {
  try {
    return await use
  } catch (error) {
    if (error instanceof CacheRefused) return undefined
    throw error
  }
}
