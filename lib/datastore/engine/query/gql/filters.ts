// Parses the conditions behind WHERE.
import type { Filter, Value } from '../../protocol/messages.ts'
import type { Reader } from './reader.ts'
import type { ValueParser } from './values.ts'

const comparisons: Record<string, string> = {
  '=': 'EQUAL',
  '!=': 'NOT_EQUAL',
  '<': 'LESS_THAN',
  '<=': 'LESS_THAN_OR_EQUAL',
  '>': 'GREATER_THAN',
  '>=': 'GREATER_THAN_OR_EQUAL',
}
/** The comparison with its sides exchanged. */
const mirrored: Record<string, string> = { '=': '=', '!=': '!=', '<': '>', '<=': '>=', '>': '<', '>=': '<=' }

/** One of several values, or a single one. */
function contains(name: string, value: Value): Filter {
  return { propertyFilter: { property: { name }, op: value.arrayValue ? 'IN' : 'EQUAL', value } }
}

export class FilterParser {
  readonly #reader: Reader
  readonly #values: ValueParser

  constructor(reader: Reader, values: ValueParser) {
    this.#reader = reader
    this.#values = values
  }

  /** Parses conditions with AND and OR; AND binds tighter. */
  filter(): Filter {
    return this.#joined('OR', () => this.#joined('AND', () => this.#condition()))
  }

  #joined(op: 'AND' | 'OR', read: () => Filter): Filter {
    const filters = [read()]
    while (this.#reader.takes(op)) filters.push(read())
    return filters.length === 1 ? filters[0]! : { compositeFilter: { op, filters } }
  }

  #condition(): Filter {
    const { type, text } = this.#reader.word
    if (type === 'sign' && text === '(') return this.#reader.inParentheses(() => this.filter())
    return this.#values.isNext ? this.#fromValue(this.#values.value()) : this.#fromProperty(this.#reader.property())
  }

  #fromProperty(name: string): Filter {
    const filter = (op: string, value: Value): Filter => ({ propertyFilter: { property: { name }, op, value } })
    const [reader, values] = [this.#reader, this.#values]
    if (reader.takes('IS')) {
      return filter('EQUAL', values.nothing())
    }
    if (reader.takes('CONTAINS') || reader.takes('IN')) return contains(name, values.value())
    if (reader.takes('NOT')) {
      reader.expect('IN')
      return filter('NOT_IN', values.value())
    }
    if (reader.takes('HAS')) {
      reader.expect('ANCESTOR')
      return filter('HAS_ANCESTOR', values.value())
    }
    return filter(comparisons[this.#sign()]!, values.value())
  }

  /** Parses a condition whose value comes first. */
  #fromValue(value: Value): Filter {
    const reader = this.#reader
    const filter = (op: string): Filter => ({ propertyFilter: { property: { name: reader.property() }, op, value } })
    if (reader.takes('IN')) return contains(reader.property(), value)
    if (reader.takes('HAS')) {
      reader.expect('DESCENDANT')
      return filter('HAS_ANCESTOR')
    }
    return filter(comparisons[mirrored[this.#sign()]!]!)
  }

  #sign(): string {
    const { type, text } = this.#reader.word
    if (type !== 'sign' || !comparisons[text]) throw this.#reader.unexpected()
    return this.#reader.next().text
  }
}
