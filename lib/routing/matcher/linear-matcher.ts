// Matches several variables in one segment without backtracking. `<a>-<b>-<c>.html` on a megabyte of dashes is cubic work for
// a regular expression; here it is one pass per atom, with the same results as the expression.

/** Literal text, or the text that a converter accepts. */
export type Piece = string | { regex: string }

/** The text of each converter in order, or null where `text` as a whole does not match. */
export type Capture = (text: string) => string[] | null

/** `min` to `max` characters of one class, or one of several texts, the first that leads to a match. */
type Atom =
  | { accepts: (char: string) => boolean; min: number; max: number; lazy: boolean }
  | { choices: readonly (readonly string[])[] }

interface Span {
  from: number
  to: number
}

const literalPattern = String.raw`(?:[^\\()[\]{}.*+?^$|]|\\[^\w\s])`
const classPattern = String.raw`(\[(?:[^\]\\]|\\.)+\]|\\[pP]\{\w+(?:=\w+)?\}|\\[dDwWsS]|\.|${literalPattern})`
const quantifierPattern = String.raw`(?:([*+?])|\{(\d+)(?:(,)(\d*))?\})?(\?)?`
const atomPattern = new RegExp(
  String.raw`\(\?:(${literalPattern}*(?:\|${literalPattern}*)*)\)(?![*+?{])|${classPattern}${quantifierPattern}`,
  'uy',
)

const unquote = (text: string) => text.replace(/\\(.)/gu, '$1')
const isVariable = (atom: Atom) => 'choices' in atom || atom.max - atom.min > 1

function literal(char: string): Atom {
  return { accepts: (other) => other === char, min: 1, max: 1, lazy: false }
}

/** Makes the test of a character class, with a table of the results for ASCII. */
function classTest(source: string): (char: string) => boolean {
  const regex = new RegExp(`^${source}$`, 'u')
  const ascii = Uint8Array.from({ length: 128 }, (_, code) => (regex.test(String.fromCharCode(code)) ? 1 : 0))
  return (char) => {
    const code = char.charCodeAt(0)
    return code < 128 ? ascii[code] === 1 : regex.test(char)
  }
}

/** The atoms of a regular expression; null if it is more than a sequence of classes and choices. */
function parse(regex: string): Atom[] | null {
  const atoms: Atom[] = []
  atomPattern.lastIndex = 0
  while (atomPattern.lastIndex < regex.length) {
    const match = atomPattern.exec(regex)
    if (match === null) return null
    const [, choices, source, sign, low, comma, high, lazy] = match
    if (choices !== undefined) {
      atoms.push({ choices: choices.split(/(?<!\\)\|/).map((choice) => [...unquote(choice)]) })
    } else {
      const accepts = classTest(source!)
      const min = sign === '+' ? 1 : sign === undefined ? Number(low ?? 1) : 0
      const unbounded = sign === '*' || sign === '+' || (comma !== undefined && high === '')
      const max = unbounded ? Number.POSITIVE_INFINITY : sign === '?' ? 1 : Number(high ?? low ?? 1)
      atoms.push({ accepts, min, max, lazy: lazy !== undefined })
    }
  }
  return atoms
}

/** True if a regular expression of these pieces never backtracks: each run ends where a literal begins. */
function isDeterministic(atoms: readonly Atom[], literals: ReadonlyMap<number, string>): boolean {
  const variable = atoms.flatMap((atom, at) => (isVariable(atom) ? [at] : []))
  return variable.slice(0, -1).every((at) => {
    const atom = atoms[at]!
    const next = literals.get(at + 1)
    return next !== undefined && 'accepts' in atom && !atom.accepts(next)
  })
}

/** Finds, for every atom from the last to the first, the places where it may start so that the rest reaches the end. */
function reachable(atoms: readonly Atom[], chars: readonly string[]): Uint8Array[] | null {
  const end = chars.length
  const starts: Uint8Array[] = new Array(atoms.length + 1)
  starts[atoms.length] = new Uint8Array(end + 1)
  starts[atoms.length]![end] = 1
  for (let at = atoms.length - 1; at >= 0; at -= 1) {
    const atom = atoms[at]!
    const after = starts[at + 1]!
    const mine = new Uint8Array(end + 1)
    if ('choices' in atom) {
      for (let place = end; place >= 0; place -= 1) {
        mine[place] = atom.choices.some((choice) => fits(choice, chars, place) && after[place + choice.length]) ? 1 : 0
      }
    } else {
      const nearest = nextSet(after)
      for (let place = end, run = 0; place >= 0; place -= 1) {
        run = place < end && atom.accepts(chars[place]!) ? run + 1 : 0
        const furthest = place + Math.min(run, atom.max)
        mine[place] = place + atom.min <= furthest && nearest[place + atom.min]! <= furthest ? 1 : 0
      }
    }
    if (!mine.includes(1)) return null
    starts[at] = mine
  }
  return starts
}

/** Finds, for every place, the nearest one at or after it that is set. */
function nextSet(set: Uint8Array): Uint32Array {
  const nearest = new Uint32Array(set.length)
  for (let place = set.length - 1, next = 0xffffffff; place >= 0; place -= 1) {
    if (set[place] === 1) next = place
    nearest[place] = next
  }
  return nearest
}

function fits(choice: readonly string[], chars: readonly string[], place: number): boolean {
  return choice.every((char, at) => chars[place + at] === char)
}

/** Finds the end of the atom that starts at `place`: the nearest if it is lazy, else the furthest. */
function endOf(atom: Atom, chars: readonly string[], place: number, after: Uint8Array): number {
  if ('choices' in atom) {
    return place + atom.choices.find((choice) => fits(choice, chars, place) && after[place + choice.length])!.length
  }
  let furthest = place
  while (furthest < chars.length && furthest - place < atom.max && atom.accepts(chars[furthest]!)) furthest += 1
  return atom.lazy ? after.indexOf(1, place + atom.min) : after.lastIndexOf(1, furthest)
}

/** Makes a matcher for these pieces; null where a regular expression is as fast, or the only way to express them. */
export function linearMatcher(pieces: readonly Piece[]): Capture | null {
  const atoms: Atom[] = []
  const spans: Span[] = []
  const literals = new Map<number, string>()
  for (const piece of pieces) {
    if (typeof piece === 'string') {
      for (const char of piece) literals.set(atoms.push(literal(char)) - 1, char)
    } else {
      const own = parse(piece.regex)
      if (own === null) return null
      spans.push({ from: atoms.length, to: atoms.length + own.length })
      atoms.push(...own)
    }
  }
  if (isDeterministic(atoms, literals)) return null
  return (text) => {
    const chars = [...text]
    const starts = reachable(atoms, chars)
    if (starts === null || starts[0]![0] !== 1) return null
    const places = [0]
    for (const [at, atom] of atoms.entries()) places.push(endOf(atom, chars, places[at]!, starts[at + 1]!))
    return spans.map(({ from, to }) => chars.slice(places[from], places[to]).join(''))
  }
}
