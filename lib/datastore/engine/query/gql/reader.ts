// Reads the words of a GQL text one at a time.
import { invalid } from '../../protocol/status.ts'
import { type Word, words } from './lexer.ts'

/** Returns the error for a faulty GQL text. */
export function wrong(what: string): Error {
  return invalid(`GQL query error: ${what}`)
}

/** Words that are names only between backquotes. */
const keywords = new Set(
  'AGGREGATE ALL ANCESTOR AND AS ASC AVG BETWEEN BY CONTAINS COUNT COUNT_UP_TO CURSOR DESC DESCENDANT DISTINCT FALSE FROM GROUP HAS \
HAVING IN IS JOIN LIKE LIMIT NOT NULL OFFSET ON OR ORDER OVER SELECT SUM TRUE WHERE'.split(' '),
)

const maxDepth = 100

export class Reader {
  readonly #words: Word[]
  #at = 0
  #depth = 0

  constructor(text: string) {
    this.#words = words(text)
  }

  /** The next word. */
  get word(): Word {
    return this.#words[this.#at]!
  }

  /** True if an opening parenthesis follows the next word. */
  get isCall(): boolean {
    const { type, text } = this.#words[this.#at + 1] ?? this.word
    return type === 'sign' && text === '('
  }

  unexpected(): Error {
    const { type, text } = this.word
    return wrong(`Encountered ${type === 'end' ? 'the end' : `"${text}"`} where something else belongs.`)
  }

  /** Takes the next word. */
  next(): Word {
    return this.#words[this.#at++]!
  }

  /** Takes the next word if it is this keyword (in capitals) or sign; returns true if it was. */
  takes(wanted: string): boolean {
    const { word } = this
    const is =
      word.type === 'name' && !word.quoted && word.parts === 1
        ? word.text.toUpperCase() === wanted
        : word.type === 'sign' && word.text === wanted
    if (is) this.#at++
    return is
  }

  expect(...wanted: string[]): void {
    for (const word of wanted) if (!this.takes(word)) throw this.unexpected()
  }

  /** Takes the next word, which must be of this type, and returns its text. */
  take(type: Word['type']): string {
    if (this.word.type !== type) throw this.unexpected()
    return this.next().text
  }

  /** Takes the name of a property, which may be a path into entity values. */
  property(): string {
    const { word } = this
    if (word.type !== 'name' || (!word.quoted && word.parts === 1 && keywords.has(word.text.toUpperCase())))
      throw this.unexpected()
    return this.next().text
  }

  /** Takes a name of one part: of a kind, or an alias. */
  name(): string {
    if (this.word.type === 'name' && this.word.parts > 1) throw this.unexpected()
    return this.property()
  }

  /** Parses a list separated by commas. */
  list<T>(read: () => T): T[] {
    const list = [read()]
    while (this.takes(',')) list.push(read())
    return list
  }

  inParentheses<T>(read: () => T): T {
    this.expect('(')
    if (++this.#depth > maxDepth) throw wrong(`At most ${maxDepth} nested parentheses are supported.`)
    const inner = read()
    this.#depth--
    this.expect(')')
    return inner
  }
}
