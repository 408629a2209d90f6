// Parses values in a GQL text: literals, where allowed, and the bindings of `@name` and `@1`.
import type { GqlQuery, GqlQueryParameter, PathElement, Value } from '../../protocol/messages.ts'
import { type Reader, wrong } from './reader.ts'

export class ValueParser {
  readonly #reader: Reader
  readonly #gql: GqlQuery

  constructor(reader: Reader, gql: GqlQuery) {
    this.#reader = reader
    this.#gql = gql
  }

  /** True if a value comes next. */
  get isNext(): boolean {
    const { word, isCall } = this.#reader
    if (word.type !== 'name') return word.type !== 'sign' && word.type !== 'end'
    if (word.quoted) return false
    return /^(null|true|false)$/i.test(word.text) || (isCall && /^(key|blob|datetime|array)$/i.test(word.text))
  }

  value(): Value {
    const reader = this.#reader
    if (!this.isNext) throw reader.unexpected()
    if (reader.word.type === 'binding') {
      const { text } = reader.word
      const { value } = this.#binding()
      if (!value) throw wrong(`the binding ${text} is a cursor where a value belongs.`)
      return value
    }
    if (!this.#gql.allowLiterals) throw wrong('Disallowed literal: allow_literals is false.')
    const { type, text } = reader.next()
    if (type === 'string') return { stringValue: text }
    if (type === 'integer') return { integerValue: text }
    if (type === 'double') return { doubleValue: Number(text) }
    return this.#named(text.toUpperCase())
  }

  /** Parses several values: in parentheses, or an array. */
  values(): Value {
    return this.#reader.word.type === 'sign' ? this.#array() : this.value()
  }

  /** Parses a place among results: a cursor, or the number of results before it. */
  position(): { cursor?: Uint8Array | string | null; count?: number } {
    const parameter = this.#reader.word.type === 'binding' ? this.#binding() : { value: this.value() }
    if (parameter.cursor) return { cursor: parameter.cursor }
    const { integerValue } = parameter.value ?? {}
    if (integerValue === undefined || integerValue === null) throw wrong('a position is a number or a cursor.')
    return { count: Number(integerValue) }
  }

  #array(): Value {
    return { arrayValue: { values: this.#reader.inParentheses(() => this.#reader.list(() => this.value())) } }
  }

  #named(name: string): Value {
    const reader = this.#reader
    if (name === 'NULL') return { nullValue: 0 }
    if (name === 'TRUE' || name === 'FALSE') return { booleanValue: name === 'TRUE' }
    if (name === 'KEY') return { keyValue: reader.inParentheses(() => this.#key()) }
    if (name === 'ARRAY') return this.#array()
    const text = reader.inParentheses(() => reader.take('string'))
    return name === 'BLOB' ? { blobValue: Buffer.from(text, 'base64url') } : { timestampValue: timestamp(text) }
  }

  #key(): NonNullable<Value['keyValue']> {
    const reader = this.#reader
    const partitionId: Record<string, string> = {}
    for (const [word, field] of [
      ['PROJECT', 'projectId'],
      ['NAMESPACE', 'namespaceId'],
    ] as const) {
      if (!reader.takes(word)) continue
      partitionId[field] = reader.inParentheses(() => reader.take('string'))
      reader.expect(',')
    }
    const path = reader.list((): PathElement => {
      const kind = reader.word.type === 'string' ? reader.take('string') : reader.take('name')
      reader.expect(',')
      return reader.word.type === 'string'
        ? { kind, name: reader.take('string') }
        : { kind, id: reader.take('integer') }
    })
    return { partitionId, path }
  }

  #binding(): GqlQueryParameter {
    const name = this.#reader.take('binding').slice(1)
    const { namedBindings, positionalBindings } = this.#gql
    const named = namedBindings && Object.hasOwn(namedBindings, name) ? namedBindings[name] : undefined
    const bound = /^\d/.test(name) ? positionalBindings?.[Number(name) - 1] : named
    if (!bound) throw wrong(`There is no binding for @${name}.`)
    return bound
  }
}

function timestamp(text: string): NonNullable<Value['timestampValue']> {
  const millis = Date.parse(text)
  if (Number.isNaN(millis)) throw wrong(`"${text}" is no date and time of RFC 3339.`)
  const [, fraction = ''] = text.match(/\.(\d+)/) ?? []
  return { seconds: Math.floor(millis / 1000), nanos: Number(fraction.padEnd(9, '0').slice(0, 9)) }
}
