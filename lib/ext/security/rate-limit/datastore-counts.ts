// Counts of rate limits as records in Datastore: a kind of their own, whose keys are hashes.
import type { Datastore, Transaction } from '@google-cloud/datastore'
import { internalsOf, transportName } from '../../../datastore/google/client-internals.ts'
import { transact } from '../../../datastore/transact.ts'
import { addHits, type Count } from '../../../server/shared-counts.ts'
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

  add(id: string, hits: number, window: number): Promise<Count> {
    const key = this.#datastore.key([this.#kind, id])
    const addTo = async (transaction: Transaction): Promise<Count> => {
      const [record] = (await transaction.get(key)) as [CountRecord | undefined]
      const count = addHits(readRecord(record), hits, window, Date.now())
      const data = { count: count.count, expires: new Date(count.expires) }
      transaction.save({ key, data, excludeFromIndexes: ['count', 'expires'] })
      return count
    }
    return transact(addTo, { datastore: this.#datastore, attempts: maxAttempts })
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
    const now = Date.now()
    const ended = records.filter((record) => (readRecord(record)?.expires ?? 0) <= now)
    await this.#datastore.delete(ended.map((record) => record[this.#datastore.KEY] as never))
    const last = records.at(-1)?.[this.#datastore.KEY]?.name
    this.#sweptTo = records.length < sweepSize ? undefined : last
  }
}

/** Returns the count of a record; undefined if another program wrote it. */
function readRecord({ count, expires }: CountRecord = {}): Count | undefined {
  return typeof count === 'number' && expires instanceof Date ? { count, expires: expires.getTime() } : undefined
}
