// Counts of rate limits as records in Datastore: a kind of their own, whose keys are hashes.
import { setTimeout as delay } from 'node:timers/promises'
import type { Datastore } from '@google-cloud/datastore'
import { internalsOf, transportName } from '../../../datastore/google/client-internals.ts'
import type { Count } from '../../../server/shared-counts.ts'
import type { CountStore } from './limiter.ts'

/** Attempts at a transaction that another one aborts. */
const maxAttempts = 5
/** Records looked at by one sweep. */
const sweepSize = 300

interface CountRecord {
  readonly count?: unknown
  readonly expires?: unknown
}

export class DatastoreCounts implements CountStore {
  readonly name = 'Datastore'
  readonly #datastore: Datastore
  readonly #kind: string
  #sweptTo: string | undefined

  constructor(datastore: Datastore, kind: string) {
    this.#datastore = datastore
    this.#kind = kind
  }

  async add(id: string, hits: number, window: number): Promise<Count> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#tryToAdd(id, hits, window)
      } catch (error) {
        const isAborted = (error as { code?: unknown }).code === 10
        if (!isAborted || attempt === maxAttempts) throw error
        await delay(Math.random() * 10 * 2 ** attempt)
      }
    }
  }

  async #tryToAdd(id: string, hits: number, window: number): Promise<Count> {
    const key = this.#datastore.key([this.#kind, id])
    const transaction = this.#datastore.transaction()
    try {
      await transaction.run()
      const [record] = (await transaction.get(key)) as [CountRecord | undefined]
      const now = Date.now()
      const known = readRecord(record, now)
      const count = { count: (known?.count ?? 0) + hits, expires: known?.expires ?? now + window }
      const data = { count: count.count, expires: new Date(count.expires) }
      transaction.save({ key, data, excludeFromIndexes: ['count', 'expires'] })
      await transaction.commit()
      return count
    } catch (error) {
      await transaction.rollback().catch(() => {})
      throw error
    }
  }

  async delete(id: string): Promise<void> {
    await this.#datastore.delete(this.#datastore.key([this.#kind, id]))
  }

  /**
   * Deletes ended counts in an embedded Datastore: a few hundred records are looked at, others each time. Google's deletes them by
   * a TTL policy on `expires`. An index on that, for a query, would cost more than the counting.
   */
  async sweep(): Promise<void> {
    if (!internalsOf(this.#datastore).clients_.has(transportName)) return
    const from = this.#sweptTo
    let query = this.#datastore.createQuery(this.#kind).order('__key__').limit(sweepSize)
    if (from !== undefined) query = query.filter('__key__', '>', this.#datastore.key([this.#kind, from]))
    const [records] = (await this.#datastore.runQuery(query)) as [
      (CountRecord & Record<symbol, { name?: string }>)[],
      unknown,
    ]
    const ended = records.filter((record) => readRecord(record, Date.now()) === undefined)
    await this.#datastore.delete(ended.map((record) => record[this.#datastore.KEY] as never))
    const last = records.at(-1)?.[this.#datastore.KEY]?.name
    this.#sweptTo = records.length < sweepSize ? undefined : last
  }
}

/** Returns the count of a record; undefined if it has ended, or another program wrote it. */
function readRecord(record: CountRecord | undefined, now: number): Count | undefined {
  const { count, expires } = record ?? {}
  if (typeof count !== 'number' || !(expires instanceof Date) || expires.getTime() <= now) return undefined
  return { count, expires: expires.getTime() }
}
