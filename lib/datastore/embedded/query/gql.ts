// GQL, Datastore's language for queries, read into the same messages that a query without it comes in.
import { invalid } from '../status.ts'
import type { Aggregation, Filter, GqlQuery, PathElement, Query, Value } from '../wire.ts'
import { type Word, words } from './gql-words.ts'

/** What a GQL text says. */
export interface Gql {
  query: Query
  /** Undefined where it aggregates nothing. */
  aggregations: Aggregation[] | undefined
}

const comparisons: Record<string, string> = {
  '=': 'EQUAL',
  '!=': 'NOT_EQUAL',
  '<': 'LESS_THAN',
  '<=': 'LESS_THAN_OR_EQUAL',
  '>': 'GREATER_THAN',
  '>=': 'GREATER_THAN_OR_EQUAL',
}
/** What a comparison is, read from right to left. */
const mirrored: Record<string, string> = { '=': '=', '!=': '!=', '<': '>', '<=': '>=', '>': '<', '>=': '<=' }

export function readGql(gql: GqlQuery): Gql {
  return new Parser(gql).whole()
}

class Parser {
  readonly #words: Word[]
  readonly #gql: GqlQuery
  #at = 0

  constructor(gql: GqlQuery) {
    this.#gql = gql
    this.#words = words(gql.queryString ?? '')
  }

  whole(): Gql {
    const read = this.#takes('AGGREGATE') ? this.#aggregate() : this.#select()
    if (this.#word.type !== 'end') throw this.#unexpected()
    return read
  }

  get #word(): Word {
    return this.#words[this.#at]!
  }

  #unexpected(): Error {
    const { type, text } = this.#word
    return invalid(
      `GQL query error: Encountered ${type === 'end' ? 'the end' : `"${text}"`} where something else belongs.`,
    )
  }

  /** Whether the next word is this one; then it is taken. */
  #takes(wanted: string): boolean {
    const { type, text } = this.#word
    const is =
      type === 'name' && !(this.#word as { quoted: boolean }).quoted
        ? text.toUpperCase() === wanted
        : type === 'sign' && text === wanted
    if (is) this.#at++
    return is
  }

  #expect(...wanted: string[]): void {
    for (const word of wanted) if (!this.#takes(word)) throw this.#unexpected()
  }

  #take(type: Word['type']): string {
    const { text } = this.#word
    if (this.#word.type !== type) throw this.#unexpected()
    this.#at++
    return text
  }

  #list<T>(read: () => T): T[] {
    const list = [read()]
    while (this.#takes(',')) list.push(read())
    return list
  }

  #aggregate(): Gql {
    const aggregations = this.#list(() => this.#aggregation())
    this.#expect('OVER', '(')
    const { query } = this.#select()
    this.#expect(')')
    return { query, aggregations }
  }

  #select(): Gql {
    this.#expect('SELECT')
    const query: Query = {}
    let aggregations: Aggregation[] | undefined
    const names = () => this.#list(() => ({ name: this.#take('name') }))
    if (this.#isAggregation()) aggregations = this.#list(() => this.#aggregation())
    else if (this.#takes('DISTINCT')) {
      if (this.#takes('ON')) {
        this.#expect('(')
        query.distinctOn = names()
        this.#expect(')')
        if (!this.#takes('*')) query.projection = names().map((property) => ({ property }))
      } else {
        query.distinctOn = names()
        query.projection = query.distinctOn.map((property) => ({ property }))
      }
    } else if (!this.#takes('*')) query.projection = names().map((property) => ({ property }))
    if (this.#takes('FROM')) query.kind = [{ name: this.#take('name') }]
    if (this.#takes('WHERE')) query.filter = this.#either()
    if (this.#takes('ORDER')) query.order = this.#orders()
    if (this.#takes('LIMIT')) this.#limit(query)
    if (this.#takes('OFFSET')) this.#offset(query)
    return { query, aggregations }
  }

  #isAggregation(): boolean {
    const [name, sign] = [this.#word, this.#words[this.#at + 1]]
    return name.type === 'name' && sign?.text === '(' && /^(count|count_up_to|sum|avg)$/i.test(name.text)
  }

  #aggregation(): Aggregation {
    if (!this.#isAggregation()) throw this.#unexpected()
    const name = this.#take('name').toUpperCase()
    this.#expect('(')
    const read: Aggregation = {}
    if (name === 'COUNT') {
      this.#expect('*')
      read.count = {}
    } else if (name === 'COUNT_UP_TO') read.count = { upTo: { value: this.#value().integerValue } }
    else read[name === 'SUM' ? 'sum' : 'avg'] = { property: { name: this.#take('name') } }
    this.#expect(')')
    if (this.#takes('AS')) read.alias = this.#take('name')
    return read
  }

  #orders(): Query['order'] {
    this.#expect('BY')
    return this.#list(() => {
      const property = { name: this.#take('name') }
      const direction = this.#takes('DESC') ? 'DESCENDING' : 'ASCENDING'
      if (direction === 'ASCENDING') this.#takes('ASC')
      return { property, direction }
    })
  }

  /** A number, a cursor, or the nearer of the two. */
  #limit(query: Query): void {
    const first = this.#takes('FIRST')
    const positions = first ? this.#inParentheses(() => this.#list(() => this.#position())) : [this.#position()]
    for (const { cursor, count } of positions) {
      if (cursor) query.endCursor = cursor
      else query.limit = { value: count }
    }
    if (first && !(positions.length === 2 && query.endCursor && query.limit))
      throw invalid('GQL query error: FIRST has a number and a cursor.')
  }

  #offset(query: Query): void {
    const { cursor, count } = this.#position()
    if (!cursor) query.offset = count
    else {
      query.startCursor = cursor
      // The plus may have been read as the sign of the number.
      if (this.#takes('+') || this.#word.text.startsWith('+')) query.offset = this.#position().count
    }
  }

  #position(): { cursor?: Uint8Array | string | null; count?: number } {
    const parameter = this.#word.type === 'binding' ? this.#binding() : { value: this.#value() }
    if (parameter.cursor) return { cursor: parameter.cursor }
    const { integerValue } = parameter.value ?? {}
    if (integerValue === undefined || integerValue === null)
      throw invalid('GQL query error: a position is a number or a cursor.')
    return { count: Number(integerValue) }
  }

  #inParentheses<T>(read: () => T): T {
    this.#expect('(')
    const inner = read()
    this.#expect(')')
    return inner
  }

  #either(): Filter {
    const filters = [this.#all()]
    while (this.#takes('OR')) filters.push(this.#all())
    return filters.length === 1 ? filters[0]! : { compositeFilter: { op: 'OR', filters } }
  }

  #all(): Filter {
    const filters = [this.#condition()]
    while (this.#takes('AND')) filters.push(this.#condition())
    return filters.length === 1 ? filters[0]! : { compositeFilter: { op: 'AND', filters } }
  }

  #condition(): Filter {
    if (this.#word.text === '(' && this.#word.type === 'sign') return this.#inParentheses(() => this.#either())
    return this.#isValue() ? this.#fromValue(this.#value()) : this.#fromProperty(this.#take('name'))
  }

  #fromProperty(name: string): Filter {
    const filter = (op: string, value: Value): Filter => ({ propertyFilter: { property: { name }, op, value } })
    if (this.#takes('IS')) {
      this.#expect('NULL')
      return filter('EQUAL', { nullValue: 0 })
    }
    if (this.#takes('CONTAINS')) return filter('EQUAL', this.#value())
    if (this.#takes('IN')) return filter('IN', this.#values())
    if (this.#takes('NOT')) {
      this.#expect('IN')
      return filter('NOT_IN', this.#values())
    }
    if (this.#takes('HAS')) {
      this.#expect('ANCESTOR')
      return filter('HAS_ANCESTOR', this.#value())
    }
    return filter(
      this.#comparison((sign) => sign),
      this.#value(),
    )
  }

  /** A condition whose value comes first. */
  #fromValue(value: Value): Filter {
    const filter = (op: string): Filter => ({ propertyFilter: { property: { name: this.#take('name') }, op, value } })
    if (this.#takes('IN')) return filter('EQUAL')
    if (this.#takes('HAS')) {
      this.#expect('DESCENDANT')
      return filter('HAS_ANCESTOR')
    }
    return filter(this.#comparison((sign) => mirrored[sign]!))
  }

  #comparison(seen: (sign: string) => string): string {
    const { type, text } = this.#word
    if (type !== 'sign' || !comparisons[text]) throw this.#unexpected()
    this.#at++
    return comparisons[seen(text)]!
  }

  #values(): Value {
    if (this.#word.type === 'sign')
      return { arrayValue: { values: this.#inParentheses(() => this.#list(() => this.#value())) } }
    return this.#value()
  }

  #isValue(): boolean {
    const { type, text } = this.#word
    if (type !== 'name') return type !== 'sign' && type !== 'end'
    if ((this.#word as { quoted: boolean }).quoted) return false
    const call = this.#words[this.#at + 1]?.text === '('
    return /^(null|true|false)$/i.test(text) || (call && /^(key|blob|datetime|array)$/i.test(text))
  }

  #value(): Value {
    if (!this.#isValue()) throw this.#unexpected()
    const { type, text } = this.#word
    if (type === 'binding') {
      const { value } = this.#binding()
      if (!value) throw invalid(`GQL query error: the binding ${text} is a cursor where a value belongs.`)
      return value
    }
    if (!this.#gql.allowLiterals) throw invalid('GQL query error: Disallowed literal: allow_literals is false.')
    this.#at++
    if (type === 'string') return { stringValue: text }
    if (type === 'integer') return { integerValue: text }
    if (type === 'double') return { doubleValue: Number(text) }
    return this.#named(text.toUpperCase())
  }

  #named(name: string): Value {
    if (name === 'NULL') return { nullValue: 0 }
    if (name === 'TRUE' || name === 'FALSE') return { booleanValue: name === 'TRUE' }
    if (name === 'KEY') return { keyValue: this.#inParentheses(() => this.#key()) }
    if (name === 'ARRAY') return { arrayValue: { values: this.#inParentheses(() => this.#list(() => this.#value())) } }
    const text = this.#inParentheses(() => this.#take('string'))
    if (name === 'BLOB') return { blobValue: Buffer.from(text, 'base64url') }
    const millis = Date.parse(text)
    if (Number.isNaN(millis)) throw invalid(`GQL query error: "${text}" is no date and time of RFC 3339.`)
    const [, fraction = ''] = text.match(/\.(\d+)/) ?? []
    const nanos = Number(fraction.padEnd(9, '0').slice(0, 9))
    return { timestampValue: { seconds: Math.floor(millis / 1000), nanos } }
  }

  #key(): NonNullable<Value['keyValue']> {
    const partitionId: Record<string, string> = {}
    for (const [word, field] of [
      ['PROJECT', 'projectId'],
      ['NAMESPACE', 'namespaceId'],
    ] as const) {
      if (!this.#takes(word)) continue
      partitionId[field] = this.#inParentheses(() => this.#take('string'))
      this.#expect(',')
    }
    const path = this.#list((): PathElement => {
      const kind = this.#word.type === 'string' ? this.#take('string') : this.#take('name')
      this.#expect(',')
      return this.#word.type === 'string' ? { kind, name: this.#take('string') } : { kind, id: this.#take('integer') }
    })
    return { partitionId, path }
  }

  #binding(): { value?: Value | null; cursor?: Uint8Array | string | null } {
    const name = this.#take('binding').slice(1)
    const { namedBindings, positionalBindings } = this.#gql
    const named = namedBindings && Object.hasOwn(namedBindings, name) ? namedBindings[name] : undefined
    const bound = /^\d/.test(name) ? positionalBindings?.[Number(name) - 1] : named
    if (!bound) throw invalid(`GQL query error: There is no binding for @${name}.`)
    return bound
  }
}
