// Parses values in a GQL text: literals, where allowed, and the bindings of `@name` and `@1`.
import { isReserved } from '../../encoding/keys.ts'
import type { GqlQuery, GqlQueryParameter, PartitionId, PathElement, Value } from '../../protocol/messages.ts'
import { type Reader, wrong } from './reader.ts'

const maxPosition = 2 ** 31 - 1

export class ValueParser {
  readonly #reader: Reader
  readonly #gql: GqlQuery
  readonly #partition: PartitionId
  readonly #usedPositions = new Set<number>()

  /** @param partition Where keys are that name no project and no namespace. */
  constructor(reader: Reader, gql: GqlQuery, partition: PartitionId) {
    this.#reader = reader
    this.#gql = gql
    this.#partition = partition
    for (const [name, parameter] of Object.entries(gql.namedBindings ?? {})) {
      checkBindingName(name)
      checkParameter(parameter)
    }
    for (const parameter of gql.positionalBindings ?? []) checkParameter(parameter)
  }

  /** Throws for a positional binding that the text does not name. */
  checkAllUsed(): void {
    const unused = (this.#gql.positionalBindings ?? []).findIndex((_, i) => !this.#usedPositions.has(i))
    if (unused !== -1) throw wrong(`Unused positional binding: ${unused + 1}.`)
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

  /** Parses the NULL of IS NULL, a literal like any other. */
  nothing(): Value {
    if (!/^null$/i.test(this.#reader.word.text)) throw this.#reader.unexpected()
    return this.value()
  }

  /** Parses a place among results: a cursor, or the number of results before it. */
  position(): { cursor?: Uint8Array | string | null; count?: number } {
    const parameter = this.#reader.word.type === 'binding' ? this.#binding() : { value: this.value() }
    if (parameter.cursor) return { cursor: parameter.cursor }
    const { integerValue } = parameter.value ?? {}
    if (integerValue === undefined || integerValue === null) throw wrong('a position is a number or a cursor.')
    const count = Number(integerValue)
    if (count > maxPosition) throw wrong(`The position ${integerValue} is too large.`)
    return { count }
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
    return name === 'BLOB' ? { blobValue: blob(text) } : { timestampValue: timestamp(text) }
  }

  #key(): NonNullable<Value['keyValue']> {
    const reader = this.#reader
    let partitionId = this.#partition
    for (const [word, field] of [
      ['PROJECT', 'projectId'],
      ['NAMESPACE', 'namespaceId'],
    ] as const) {
      if (!reader.takes(word)) continue
      const value = reader.inParentheses(() => reader.take('string'))
      // A key that names one of them is in no namespace but that.
      partitionId = partitionId === this.#partition ? { [field]: value } : { ...partitionId, [field]: value }
      reader.expect(',')
    }
    const path = reader.list((): PathElement => {
      const kind = reader.name()
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
    if (/^\d/.test(name)) this.#usedPositions.add(Number(name) - 1)
    const bound = /^\d/.test(name) ? positionalBindings?.[Number(name) - 1] : named
    if (!bound) throw wrong(`There is no binding for @${name}.`)
    return bound
  }
}

function checkBindingName(name: string): void {
  if (!/^[A-Za-z_$][\w$]*$/.test(name)) throw wrong(`"${name}" is no name of a binding.`)
  if (isReserved(name)) throw wrong(`The GQL query parameter name "${name}" is reserved.`)
}

function checkParameter({ value, cursor }: GqlQueryParameter): void {
  if ((value === undefined || value === null) && (cursor === undefined || cursor === null))
    throw wrong('A GQL query parameter is empty.')
}

/** Reads base64url without padding. */
function blob(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64url')
  if (bytes.toString('base64url') !== text) throw wrong(`Invalid blob text: "${text}".`)
  return bytes
}

const datetime = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.(\d{1,6}))?(?:[Zz]|[+-](?!00:00)\d\d:\d\d)$/

function timestamp(text: string): NonNullable<Value['timestampValue']> {
  const match = datetime.exec(text)
  const millis = match ? Date.parse(text.toUpperCase()) : Number.NaN
  const [date, time] = [text.slice(0, 10), text.slice(11, 19)]
  // A day that its month does not have is read as one of the next.
  const isDate = !Number.isNaN(millis) && new Date(`${date}T${time}Z`).toISOString().startsWith(`${date}T${time}`)
  if (!match || !isDate) throw wrong(`Invalid datetime text: "${text}".`)
  return { seconds: Math.floor(millis / 1000), nanos: Number((match[1] ?? '').padEnd(9, '0')) }
}
