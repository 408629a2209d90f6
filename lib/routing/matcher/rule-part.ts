// The parts of a rule between its slashes: each matches one segment or, for a path converter, all the rest.
import { type BaseConverter, escapeRegex } from '../converters.ts'
import { type Capture, linearMatcher, type Piece } from './linear-matcher.ts'

/** Orders dynamic parts: more and longer static text first, then more variables, then lighter ones. */
interface Weight {
  statics: readonly number[]
  converters: readonly number[]
}

/** One part of a rule: text, or a pattern with variables. */
export type Part = string | DynamicPart

/** A part with variables. Rules of a map that agree in a part share it: they are tried at the same time. */
export class DynamicPart {
  /** The static text it begins with. */
  readonly prefix: string
  /** It takes all the rest of the path. */
  readonly final: boolean
  /** It is final and its rule ends with a slash, which is removed from the texts it is given. */
  readonly suffixed: boolean
  readonly weight: Weight
  /** It is a single variable, whose text is that of the part. */
  readonly whole: boolean
  /** The texts of its variables; null if it does not match. */
  readonly capture: Capture
  /** True if it matches. */
  readonly test: (text: string) => boolean

  constructor(pieces: readonly Piece[], weight: Weight, final: boolean, suffixed: boolean) {
    this.prefix = typeof pieces[0] === 'string' ? pieces[0] : ''
    this.final = final
    this.suffixed = suffixed
    this.weight = weight
    this.whole = pieces.length === 1
    const linear = linearMatcher(pieces)
    if (linear !== null) {
      this.capture = linear
      this.test = (text) => linear(text) !== null
    } else {
      const regex = new RegExp(`^${sourceOf(pieces)}$`, 'u')
      this.test = (text) => regex.test(text)
      this.capture = namedGroups(regex, pieces)
    }
  }
}

function sourceOf(pieces: readonly Piece[]): string {
  return pieces
    .map((piece, at) => (typeof piece === 'string' ? escapeRegex(piece) : `(?<v${at}>${piece.regex})`))
    .join('')
}

// A converter's regex may have groups too, so ours are found by name.
function namedGroups(regex: RegExp, pieces: readonly Piece[]): Capture {
  const names = pieces.flatMap((piece, at) => (typeof piece === 'string' ? [] : [`v${at}`]))
  return (text) => {
    const groups = regex.exec(text)?.groups
    return groups === undefined ? null : names.map((name) => groups[name]!)
  }
}

/** A variable with its converter, the text between them, and slashes. */
export type Item = BaseConverter<unknown> | string

/** As in Werkzeug: a regex that contains a slash is not confined to a segment, unless its class says so. */
function isIsolating(converter: BaseConverter<unknown>): boolean {
  return converter.partIsolating ?? (converter.regex === '[^/]+' || !converter.regex.includes('/'))
}

/** Compares two lists of the same length. */
function compareLists(one: readonly number[], other: readonly number[]): number {
  const at = one.findIndex((value, index) => value !== other[index])
  return at === -1 ? 0 : one[at]! - other[at]!
}

/** Returns a negative number if `one` is tried before `other`. */
export function compareParts({ weight: one }: DynamicPart, { weight: other }: DynamicPart): number {
  return (
    other.statics.length - one.statics.length ||
    compareLists(other.statics, one.statics) ||
    other.converters.length - one.converters.length ||
    compareLists(one.converters, other.converters)
  )
}

/** Splits a rule's path or domain into parts. `known` are the map's dynamic parts so far. */
export function splitItems(items: readonly Item[], known: Map<string, DynamicPart>): Part[] {
  const parts: Part[] = []
  let pieces: Item[] = []
  let final = false
  for (const item of items) {
    if (item === '/' && !final) {
      parts.push(join(pieces, final, false, known))
      pieces = []
    } else {
      pieces.push(item)
      final ||= typeof item !== 'string' && !isIsolating(item)
    }
  }
  const suffixed = final && pieces.at(-1) === '/'
  if (suffixed) pieces.pop()
  parts.push(join(pieces, final, suffixed, known))
  if (suffixed) parts.push('')
  return parts
}

function join(pieces: readonly Item[], final: boolean, suffixed: boolean, known: Map<string, DynamicPart>): Part {
  if (pieces.every((piece) => typeof piece === 'string')) return pieces.join('')
  const statics = pieces.flatMap((piece) => (typeof piece === 'string' && piece !== '/' ? [[...piece].length] : []))
  const weight = { statics, converters: pieces.flatMap((piece) => (typeof piece === 'string' ? [] : [piece.weight])) }
  const key = `${sourceOf(pieces)} ${final} ${suffixed} ${statics} ${weight.converters}`
  const part = known.get(key) ?? new DynamicPart(pieces, weight, final, suffixed)
  known.set(key, part)
  return part
}
