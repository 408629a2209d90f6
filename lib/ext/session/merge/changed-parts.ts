// The merge of encoded data (see data/codec.ts) without a look at what no side changed: members of objects that have the same text on
// all sides, the entries that lists, Maps and Sets begin with, and the elements that lists end with are neither decoded nor encoded.
// They are left out of the texts that are merged, and put into the result.
import { commonEnd } from '../../../internal/common-ends.ts'
import { endOfString } from '../../../internal/json.ts'
import { decodeData, encodeData, sameData } from '../data/codec.ts'
import { versionKey } from '../data/reserved.ts'
import { member } from '../data/values.ts'
import type { Conflict } from './merge.ts'

/** Shorter texts are merged as they are. */
const minLength = 16
/** So are shorter objects. */
const minObject = 256

/** Deeper values are merged as they are: each level is read once more. */
const maxDepth = 4
const maxPath = 400

const versions = new RegExp(`"\\${versionKey}":[^,}]*`, 'g')
const tag = /\{"~[^~]/

type Three<T> = [base: T, mine: T, theirs: T]
export type Sides = Three<string>
const sideIndexes = [0, 1, 2] as const
const each = <T>(make: (side: 0 | 1 | 2) => T): Three<T> => [make(0), make(1), make(2)]
const areSame = <T>([base, mine, theirs]: Three<T>): boolean => base === mine && base === theirs

/** A value of all sides. */
interface Shortened {
  /** With short values in the place of what is left out. */
  texts: Sides
  /** Indexes past the value in the texts of the sides. */
  ends: Three<number>
  /** Returns the merged text with what was left out. */
  restore: (merged: string) => string
}

/** @param whole returns a conflict with what was left out of its values */
type Merge = (sides: Sides, whole: (conflict: Conflict) => Conflict) => string

/** @param sides `mine` as `encodeData` wrote it: so what all sides have in common is as it writes, too */
export function mergeChanged(sides: Sides, merge: Merge): string {
  const form = sides[0].startsWith('~') ? '~' : ''
  const shortener = new Shortener(sides, form)
  const shortened = shortener.session()
  if (shortened === null) return merge(sides, (conflict) => conflict)
  const texts = each((i) => form + shortened.texts[i])
  const merged = merge(texts, (conflict) => shortener.whole(conflict))
  const text = form + shortened.restore(merged.slice(form.length))
  return form === '' || tag.test(text) ? text : encodeData(decodeData(text))
}

class Shortener {
  readonly #sides: Sides
  readonly #form: string
  /** Has a tag where the data has tags, so that the merged text has the same form. */
  readonly #short: string
  /** The lists that are shortened, as they were, by their paths. */
  readonly #lists = new Map<string, Sides>()

  constructor(sides: Sides, form: string) {
    this.#sides = sides
    this.#form = form
    this.#short = form === '' ? '0' : '{"~n":"0"}'
  }

  session(): Shortened | null {
    const sides = this.#sides
    const { length } = this.#form
    // A migration needs all of the data.
    if (!areSame(each((i) => String(sides[i].match(versions))))) return null
    if (sides.some((side) => !side.startsWith(`${this.#form}{`))) return null
    const shortened = this.#members([length, length, length], 'session', 0)
    return shortened !== null && sides.every((side, i) => side.length === shortened.ends[i]) ? shortened : null
  }

  /** Conflicts are about members, about elements, which keep their indexes, or about lists. */
  whole(conflict: Conflict): Conflict {
    const sides = this.#lists.get(conflict.path)
    if (sides === undefined) return conflict
    const [base, mine, theirs] = each((i) => decodeData(`${this.#form}{"list":${sides[i]}}`).list)
    return { path: conflict.path, base, mine, theirs }
  }

  /** Shortens objects. Members that follow one another on all sides become one, with the key of the first. */
  #members(starts: Three<number>, path: string, depth: number): Shortened | null {
    const sides = this.#sides
    const at = each((i) => starts[i] + 1)
    const texts: Sides = ['{', '{', '{']
    const restores = new Map<string, Shortened['restore']>()
    while (sides[0][at[0]] === '"') {
      const key = keyAt(sides[0], at[0])
      if (key === null) return null
      const { length, next } = commonEntries(sides, at)
      if (length > 0) {
        const run = sides[0].slice(at[0], at[0] + length)
        const isLong = length >= minLength
        if (isLong) restores.set(key, () => run.slice(key.length + 1, -1))
        for (const i of sideIndexes) {
          texts[i] += isLong ? `${key}:${this.#short},` : run
          at[i] += length
        }
        continue
      }
      const has = each((i) => sides[i].startsWith(`${key}:`, at[i]))
      const values = each((i) => at[i] + key.length + 1)
      const inner = () => path + member(JSON.parse(key))
      const part = has.includes(false) ? null : this.#value(values, next, inner, depth + 1)
      if (part !== null) restores.set(key, part.restore)
      for (const i of sideIndexes) {
        if (!has[i]) continue
        const end = part === null ? endOfValue(sides[i], values[i]) : part.ends[i]
        if (end === -1) return null
        texts[i] += `${key}:${part === null ? sides[i].slice(values[i], end) : part.texts[i]}`
        at[i] = end
        if (sides[i][end] === ',') texts[i] += sides[i][at[i]++]
      }
    }
    if (restores.size === 0) return null
    const ends = each((i) => endOfEntries(sides[i], at[i]))
    const restore = (merged: string) => withValues(merged, restores)
    return { texts: each((i) => texts[i] + sides[i].slice(at[i], ends[i])), ends, restore }
  }

  /** Returns null for values that are merged as they are. @param length of that of the base */
  #value(starts: Three<number>, length: number, path: () => string, depth: number): Shortened | null {
    const begin = (text: string) => this.#sides.every((side, i) => side.startsWith(text, starts[i]))
    const opening = (this.#form === '' ? ['['] : ['[', '{"~m":[', '{"~s":[']).find(begin)
    if (opening === undefined && (length < minObject || !begin('{'))) return null
    const at = path()
    if (depth > maxDepth || at.length > maxPath) return null
    if (opening !== undefined) return this.#entries(starts, opening, at)
    const hasTag = this.#form !== '' && this.#sides.some((side, i) => tag.test(side.slice(starts[i], starts[i]! + 4)))
    return hasTag ? null : this.#members(starts, at, depth)
  }

  /** Shortens the entries that lists, Maps or Sets begin with. */
  #entries(starts: Three<number>, opening: string, path: string): Shortened | null {
    const sides = this.#sides
    const at = each((i) => starts[i] + opening.length)
    const { length, count } = commonEntries(sides, at)
    const isList = opening === '['
    if (length < minLength) return isList ? this.#ending(starts, path) : null
    const ends = each((i) => endOfEntries(sides[i], at[i] + length) + (isList ? 0 : 1))
    const values = each((i) => sides[i].slice(starts[i], ends[i]))
    if (isList) this.#lists.set(path, values)
    const head = sides[0].slice(at[0], at[0] + length - 1)
    // Elements of lists keep their places. Of Maps and Sets the first entry is left, because there are no two alike.
    const short = isList ? this.#short + ',0'.repeat(count - 1) : sides[0].slice(at[0], endOfValue(sides[0], at[0]))
    return {
      texts: each((i) => opening + short + values[i].slice(opening.length + length - 1)),
      ends,
      restore: (merged) => opening + head + merged.slice(opening.length + short.length),
    }
  }

  /** Shortens the elements that lists end with. */
  #ending(starts: Three<number>, path: string): Shortened | null {
    const ends = each((i) => endOfEntries(this.#sides[i], starts[i] + 1))
    const lists = each((i) => this.#sides[i].slice(starts[i], ends[i]))
    const [base, ...others] = lists
    // The merge compares from the start first, and might go on into what is left out here.
    const first = base.slice(1, endOfValue(base, 1))
    if (others.some((list) => sameData(first, list.slice(1, endOfValue(list, 1))))) return null
    const common = Math.min(...others.map((list) => commonEnd(base, list)))
    let start = endOfValue(base, 1)
    while (base[start] === ',' && start < base.length - common) start = endOfValue(base, start + 1)
    const end = base.slice(endOfValue(base, start + 1), -1)
    if (base[start] !== ',' || end.length < minLength) return null
    this.#lists.set(path, lists)
    return {
      texts: each((i) => `${lists[i].slice(0, -1 - end.length)}]`),
      ends,
      restore: (merged) => `${merged.slice(0, -1)}${end}]`,
    }
  }
}

/** Entries that are the same on all sides, and the one behind them. */
interface CommonEntries {
  /** Characters, with the commas behind them. */
  length: number
  count: number
  /** Characters of the one behind them, in the base. */
  next: number
}

function commonEntries([base, mine, theirs]: Sides, [start, m, t]: Three<number>): CommonEntries {
  let [length, count] = [0, 0]
  for (;;) {
    const end = endOfValue(base, start + length) + 1 - start
    const next = end - length
    if (base[start + end - 1] !== ',') return { length, count, next }
    const entry = base.slice(start + length, start + end) // faster than startsWith
    const isCommon = entry === mine.slice(m + length, m + end) && entry === theirs.slice(t + length, t + end)
    if (!isCommon) return { length, count, next }
    length = end
    count++
  }
}

/** Returns the text of a member's key; null for one with escapes, and where there is none. */
function keyAt(text: string, start: number): string | null {
  const key = text.slice(start, endOfString(text, start + 1))
  return text[start + key.length] === ':' && !key.includes('\\') ? key : null
}

/** Returns the text of an object with other values. */
function withValues(text: string, restores: ReadonlyMap<string, Shortened['restore']>): string {
  const members: string[] = []
  for (let start = 1, end = 0; text[start] === '"'; start = end + 1) {
    end = endOfValue(text, start)
    const key = text.slice(start, endOfString(text, start + 1))
    const value = text.slice(start + key.length + 1, end)
    members.push(`${key}:${restores.get(key)?.(value) ?? value}`)
  }
  return `{${members.join()}}`
}

/** Returns the index past the list or object that has entries from there on; 0 where it does not end. */
function endOfEntries(text: string, start: number): number {
  let end = endOfValue(text, start)
  while (text[end] === ',') end = endOfValue(text, end + 1)
  return end + 1
}

/** Returns the index past a value of JSON, or past a member; -1 where it does not end. */
function endOfValue(text: string, start: number): number {
  let depth = 0
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === 34) at = endOfString(text, at + 1) - 1
    else if (code === 123 || code === 91) depth++
    else if (depth === 0 && (code === 44 || code === 125 || code === 93)) return at
    else if (code === 125 || code === 93) depth--
    if (at < start) return -1
  }
  return -1
}
