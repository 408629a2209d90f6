// Finds the keys that may be results by the index alone: those that have an alternative's values.
import { everything, type Span } from '../encoding/byte-range.ts'
import { indexName } from '../encoding/keys.ts'
import type { Store } from '../storage/store.ts'
import type { Conjunction } from './filters.ts'
import type { Plan } from './plan.ts'
import { Postings, sizes } from './postings.ts'

/** One value in one index, which lists keys. */
export interface Listed {
  /** Number of the index. */
  p: number
  v: Uint8Array
}

/** The value under which the index of a kind lists all of its entities. */
const allValue = new Uint8Array()

export class Candidates {
  readonly postings: Postings
  readonly #store: Store
  readonly #plan: Plan
  readonly #n: number

  /** @param n Number of the plan's partition. */
  constructor(store: Store, plan: Plan, n: number) {
    // One more shows that the list of keys with one value is complete.
    this.postings = new Postings(store, plan.offset + plan.limit + 1)
    this.#store = store
    this.#plan = plan
    this.#n = n
  }

  /** Returns the number of a property's index, of '' for all entities; undefined if no entity ever had the property. */
  index(property: string): number | undefined {
    return this.#store.number(indexName(this.#n, this.#plan.kind!, property))
  }

  /** Returns the number of results, counted up to a limit, if one list is enough to know it. */
  count(limit: number): number | undefined {
    const { alternatives, kind } = this.#plan
    const [{ equal, key }, ...others] = alternatives as [Conjunction]
    const lists = this.#lists(equal)
    if (others.length > 0 || kind === undefined || !lists || lists.length > 1) return undefined
    const p = lists[0]?.p ?? this.index('')
    return p === undefined
      ? 0
      : this.postings.count(p, lists[0]?.v ?? allValue, key, Math.min(limit, Number.MAX_SAFE_INTEGER))
  }

  /** Returns true if an entity has all values of an alternative's equalities. */
  hasAll({ equal }: Conjunction, k: Uint8Array): boolean {
    return this.#lists(equal)?.every(({ p, v }) => this.postings.has(p, v, k)) ?? false
  }

  /** Yields the keys in a span that have the values of an alternative's equalities and other values as well, in order. */
  *keysOf({ equal }: Conjunction, and: Listed[], span: Span): Generator<Uint8Array> {
    const { kind, keyDown } = this.#plan
    if (kind === undefined) {
      yield* this.postings.allKeys(this.#n, span)
      return
    }
    const lists = this.#lists(equal)
    if (!lists) return
    const [rarest, ...others] = this.#rarestFirst([...and, ...lists], span)
    const p = rarest?.p ?? this.index('')
    if (p === undefined) return
    for (const k of this.postings.keys(p, rarest?.v ?? allValue, span, keyDown)) {
      if (others.every((other) => this.postings.has(other.p, other.v, k))) yield k
    }
  }

  /** Sorts lists by length, and counts only far enough to find a short one. */
  #rarestFirst(lists: Listed[], span: Span): Listed[] {
    for (let limit = sizes.few + 1; lists.length > 1; limit *= 8) {
      const counted = lists.map((list) => ({ list, count: this.postings.count(list.p, list.v, span, limit + 1) }))
      counted.sort((a, b) => a.count - b.count)
      if (counted[0]!.count <= limit || limit > sizes.many) return counted.map(({ list }) => list)
    }
    return lists
  }

  /** Returns the lists of an alternative's equalities; undefined if one is missing, so that nothing matches. */
  #lists(equal: Conjunction['equal']): Listed[] | undefined {
    const lists: Listed[] = []
    for (const [property, values] of equal) {
      const p = this.index(property)
      if (p === undefined) return undefined
      for (const v of values) lists.push({ p, v })
    }
    return lists
  }

  /**
   * Returns the keys of all candidates, if filters on other properties than the ordered one leave so few that fetching and
   * sorting them costs less than walking along the order until enough of them were found.
   */
  few(ordered: string, and: Listed[]): Iterable<Uint8Array> | undefined {
    const most = this.#few()
    let sum = 0
    const sources: Iterable<Uint8Array>[] = []
    for (const alternative of this.#plan.alternatives) {
      const options = this.#options(alternative, ordered, and, most + 1)
      if (!options) continue
      const best = options.sort((a, b) => a.count - b.count)[0]
      sum += best?.count ?? Number.POSITIVE_INFINITY
      if (!best || sum > most) return undefined
      sources.push(best.keys())
    }
    return distinct(sources)
  }

  /**
   * Of N entities, m of them candidates, a walk finds the first L candidates after L N / m entities, each at a quarter of the
   * cost of fetching one: fetching all is worth it while m² < L N / 4.
   */
  #few(): number {
    const { offset, limit } = this.#plan
    const total = this.#store.sql.first<[number | null]>('SELECT max(id) FROM entity')![0] ?? 0
    // Without a limit, and without an entity, the product would be no number.
    const worthwhile = total === 0 ? 0 : Math.sqrt(((offset + limit) * total) / 4)
    return Math.ceil(Math.min(Math.max(sizes.few, worthwhile), sizes.many))
  }

  /** Returns the ways to list an alternative's candidates, each with their number; undefined if there are none. */
  #options({ equal, range, key }: Conjunction, ordered: string, and: Listed[], limit: number) {
    const ofKind = this.index('')
    const lists = this.#lists(equal)
    if (!lists || ofKind === undefined) return undefined
    const keyed = key === everything ? [] : [{ p: ofKind, v: allValue }]
    const options = [...and, ...lists, ...keyed].map(({ p, v }) => ({
      count: this.postings.count(p, v, key, limit),
      keys: (): Iterable<Uint8Array> => this.postings.keys(p, v, key, false),
    }))
    for (const [property, span] of range) {
      const p = this.index(property)
      if (p === undefined || property === ordered) continue
      options.push({ count: this.postings.countValues(p, span, limit), keys: () => this.postings.keysIn(p, span) })
    }
    return options
  }
}

function* distinct(sources: Iterable<Uint8Array>[]): Generator<Uint8Array> {
  const seen = new Set<string>()
  for (const source of sources) {
    for (const k of source) {
      const id = Buffer.from(k).toString('latin1')
      if (!seen.has(id)) yield k
      seen.add(id)
    }
  }
}
