// Parses GQL, Datastore's query language, into the same messages that other queries use:
// https://cloud.google.com/datastore/docs/reference/gql_reference
import type { Aggregation, GqlQuery, PartitionId, PropertyReference, Query } from '../../protocol/messages.ts'
import { FilterParser } from './filters.ts'
import { Reader, wrong } from './reader.ts'
import { ValueParser } from './values.ts'

/** A parsed GQL text. */
export interface Gql {
  query: Query
  /** Undefined for a query without aggregations. */
  aggregations: Aggregation[] | undefined
}

/** Parses a GQL text. @param partition The query's, which its keys are in where they name none. */
export function readGql(gql: GqlQuery, partition: PartitionId | null | undefined): Gql {
  return new Parser(gql, partition ?? {}).whole()
}

class Parser {
  readonly #reader: Reader
  readonly #values: ValueParser
  readonly #filters: FilterParser

  constructor(gql: GqlQuery, partition: PartitionId) {
    this.#reader = new Reader(gql.queryString ?? '')
    this.#values = new ValueParser(this.#reader, gql, partition)
    this.#filters = new FilterParser(this.#reader, this.#values)
  }

  whole(): Gql {
    const read = this.#reader.takes('AGGREGATE') ? this.#aggregate() : this.#select()
    if (this.#reader.word.type !== 'end') throw this.#reader.unexpected()
    this.#values.checkAllUsed()
    return read
  }

  #aggregate(): Gql {
    const aggregations = this.#reader.list(() => this.#aggregation())
    this.#reader.expect('OVER')
    const { query } = this.#reader.inParentheses(() => this.#select())
    return { query, aggregations }
  }

  #select(): Gql {
    const reader = this.#reader
    reader.expect('SELECT')
    const query: Query = {}
    let aggregations: Aggregation[] | undefined
    if (this.#isAggregation()) aggregations = reader.list(() => this.#aggregation())
    else this.#selected(query)
    if (reader.takes('FROM')) query.kind = [{ name: reader.name() }]
    if (reader.takes('WHERE')) query.filter = this.#filters.filter()
    if (reader.takes('ORDER')) query.order = this.#orders()
    if (reader.takes('LIMIT')) this.#limit(query)
    if (reader.takes('OFFSET')) this.#offset(query)
    return { query, aggregations }
  }

  #selected(query: Query): void {
    const reader = this.#reader
    const distinct = reader.takes('DISTINCT')
    if (distinct && reader.takes('ON')) query.distinctOn = reader.inParentheses(() => this.#names())
    // DISTINCT needs names; DISTINCT ON already has its own.
    if ((!distinct || query.distinctOn) && reader.takes('*')) return
    const names = this.#names()
    query.projection = names.map((property) => ({ property }))
    if (distinct) query.distinctOn ??= names
  }

  #names(): PropertyReference[] {
    return this.#reader.list(() => ({ name: this.#reader.property() }))
  }

  #isAggregation(): boolean {
    const { word, isCall } = this.#reader
    return word.type === 'name' && isCall && /^(count|count_up_to|sum|avg)$/i.test(word.text)
  }

  #aggregation(): Aggregation {
    const reader = this.#reader
    if (!this.#isAggregation()) throw reader.unexpected()
    const name = reader.next().text.toUpperCase()
    const read = reader.inParentheses((): Aggregation => {
      if (name === 'COUNT_UP_TO') return { count: { upTo: { value: this.#values.value().integerValue } } }
      if (name !== 'COUNT') return { [name.toLowerCase()]: { property: { name: reader.property() } } }
      reader.expect('*')
      return { count: {} }
    })
    if (reader.takes('AS')) read.alias = reader.name()
    return read
  }

  #orders(): Query['order'] {
    const reader = this.#reader
    reader.expect('BY')
    return reader.list(() => {
      const property = { name: reader.property() }
      const direction = reader.takes('DESC') ? 'DESCENDING' : 'ASCENDING'
      if (direction === 'ASCENDING') reader.takes('ASC')
      return { property, direction }
    })
  }

  /** Parses a number, a cursor, or the nearer of the two. */
  #limit(query: Query): void {
    const reader = this.#reader
    const first = reader.takes('FIRST')
    const read = () => this.#values.position()
    const positions = first ? reader.inParentheses(() => reader.list(read)) : [read()]
    for (const { cursor, count } of positions) {
      if (cursor) query.endCursor = cursor
      else query.limit = { value: count }
    }
    if (first && !(positions.length === 2 && query.endCursor && query.limit))
      throw wrong('FIRST has a number and a cursor.')
  }

  #offset(query: Query): void {
    const { cursor, count } = this.#values.position()
    if (!cursor) query.offset = count
    else {
      query.startCursor = cursor
      // The plus may have been read as the sign of the number.
      if (this.#reader.takes('+') || this.#reader.word.text.startsWith('+'))
        query.offset = this.#values.position().count
    }
  }
}
