// The merge of lists by element: what each side did to the elements of the base, done one after the other. Found by trimming
// the common ends and a longest common subsequence of the rest.
import { type Effort, same } from '../data/equality.ts'
import type { CanonicalKeys } from './canonical-keys.ts'

const { max } = Math // see data/equality.ts

/** More elements than this between the common ends are compared as a whole. */
const maxAligned = 1000

/** Marks an element of the base that was not replaced by another. */
const stays = Symbol('stays')
const gone = Symbol('gone')

/** The edits of one side. */
interface Edits {
  /** Of each element of the base. */
  fates: unknown[]
  /** The new elements before each element of the base, and at the end. */
  added: (unknown[] | undefined)[]
}

/** `both` merges an element that both replaced. Returns null where too much was changed, or the merge has cost too much. */
export function mergeLists(
  [base, mine, theirs]: [unknown[], unknown[], unknown[]],
  keys: CanonicalKeys,
  effort: Effort,
  both: (index: number, base: unknown, mine: unknown, theirs: unknown) => unknown,
): unknown[] | null {
  if (base.length === 0) return theirs.concat(mine)
  const ours = editsOf(base, mine, keys, effort)
  if (ours === 'none') return theirs
  const others = editsOf(base, theirs, keys, effort)
  if (others === 'none') return mine
  if (ours === null || others === null) return null

  const result: unknown[] = []
  for (let index = 0; index <= base.length; index++) {
    for (const item of others.added[index] ?? []) result.push(item)
    for (const item of ours.added[index] ?? []) result.push(item)
    if (index === base.length) break
    const [m, t] = [ours.fates[index], others.fates[index]]
    if (m === stays) {
      if (t !== gone) result.push(t === stays ? base[index] : t)
    } else if (t === stays || t === gone) {
      if (m !== gone) result.push(m)
    } else result.push(m === gone ? t : both(index, base[index], m, t))
  }
  return result
}

function editsOf(base: unknown[], side: unknown[], keys: CanonicalKeys, effort: Effort): Edits | 'none' | null {
  if (effort.left < 0) return null
  let start = 0
  let end = base.length
  let sideEnd = side.length
  while (start < end && start < sideEnd && same(base[start], side[start], effort)) start++
  while (end > start && sideEnd > start && same(base[end - 1], side[sideEnd - 1], effort)) {
    end--
    sideEnd--
  }
  if (start === end && start === sideEnd) return 'none'
  const pairs = commonSubsequence(base.slice(start, end), side.slice(start, sideEnd), keys, effort)
  if (pairs === null) return null
  const edits: Edits = { fates: new Array(base.length).fill(stays), added: [] }
  let [from, sideFrom] = [start, start]
  for (const [index, sideIndex] of [...pairs, [end - start, sideEnd - start] as const]) {
    change(edits, base, from, start + index, side.slice(sideFrom, start + sideIndex))
    from = start + index + 1
    sideFrom = start + sideIndex + 1
  }
  return edits
}

/** Notes that the elements in [from, to) of the base became `items`. */
function change({ fates, added }: Edits, base: unknown[], from: number, to: number, items: unknown[]): void {
  if (to - from !== items.length) {
    fates.fill(gone, from, to)
    if (items.length > 0) added[from] = items
    return
  }
  // As many out as in: one was changed into the other. Of several, only where it shows.
  for (const [step, item] of items.entries()) {
    if (items.length === 1 || haveCommonMember(base[from + step], item)) fates[from + step] = item
    else {
      fates[from + step] = gone
      added[from + step] = [item]
    }
  }
}

/** Tells if two objects have a member in common, as `{ id: 7, count: 1 }` and `{ id: 7, count: 2 }`. */
function haveCommonMember(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) || Array.isArray(b)) return false
  return Object.entries(a).some(([key, value]) => {
    const isTelling = typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint'
    return isTelling && Object.hasOwn(b, key) && value === (b as Record<string, unknown>)[key]
  })
}

/** Returns a longest one as pairs of indexes, growing in both; null where that would cost too much. */
function commonSubsequence(a: unknown[], b: unknown[], keys: CanonicalKeys, effort: Effort): [number, number][] | null {
  if (a.length === 0 || b.length === 0 || (a.length === 1 && b.length === 1)) return []
  if (a.length > maxAligned || b.length > maxAligned) return null
  effort.left -= (a.length * b.length) >> 2
  if (effort.left < 0) return null
  const [x, y] = [a.map((item) => keys.of(item)), b.map((item) => keys.of(item))]
  // lengths[j * width + i]: the length of the longest one of the first i of x and the first j of y.
  const width = x.length + 1
  const lengths = new Uint16Array(width * (y.length + 1))
  for (let j = 0, at = width + 1; j < y.length; j++, at++) {
    for (let i = 0; i < x.length; i++, at++) {
      lengths[at] = x[i] === y[j] ? lengths[at - width - 1]! + 1 : max(lengths[at - 1]!, lengths[at - width]!)
    }
  }
  const pairs: [number, number][] = []
  for (let i = x.length, j = y.length; lengths[j * width + i]! > 0; ) {
    const length = lengths[j * width + i]
    if (lengths[j * width + i - 1] === length) i--
    else if (lengths[(j - 1) * width + i] === length) j--
    else pairs.push([--i, --j])
  }
  return pairs.reverse()
}
