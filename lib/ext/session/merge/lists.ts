// What one side did to a list: which elements of the base it removed or replaced, and what it added where. Found by
// trimming the common ends and a longest common subsequence of the rest.
import { Identities } from '../merge-identities.ts'
import { type Effort, same } from './equality.ts'

/** For the elements of the base in [start, end]: what is added comes before one. */
export interface Edits {
  start: number
  end: number
  /** What became of each: `stays`, `gone`, or what it was replaced by. */
  fates: unknown[]
  added: (unknown[] | undefined)[]
}

export const stays = Symbol('stays')
export const gone = Symbol('gone')

/** More elements than this between the common ends are not told apart. */
const longest = 1000
/** A table of so few cells costs less than to number the elements. */
const small = 32

/** `unclear`: too much was changed to say. */
export function alignLists(base: unknown[], side: unknown[], effort: Effort): Edits | 'unchanged' | 'unclear' {
  let start = 0
  let end = base.length
  let sideEnd = side.length
  while (start < end && start < sideEnd && same(base[start], side[start], effort)) start++
  while (end > start && sideEnd > start && same(base[end - 1], side[sideEnd - 1], effort)) {
    end--
    sideEnd--
  }
  if (start === end && start === sideEnd) return 'unchanged'
  const pairs = commonSubsequence(base.slice(start, end), side.slice(start, sideEnd), effort)
  if (pairs === null) return 'unclear'

  const edits: Edits = { start, end, fates: [], added: [] }
  for (let index = start; index < end; index++) edits.fates.push(stays)
  let from = 0
  let sideFrom = start
  for (const [index, sideIndex] of pairs) {
    change(edits, base, from, index, side.slice(sideFrom, start + sideIndex))
    from = index + 1
    sideFrom = start + sideIndex + 1
  }
  change(edits, base, from, end - start, side.slice(sideFrom, sideEnd))
  return edits
}

/** Between two elements that stayed, those of the base in [from, to), counted from the start, became `items`. */
function change({ start, fates, added }: Edits, base: unknown[], from: number, to: number, items: unknown[]): void {
  if (to - from !== items.length) {
    fates.fill(gone, from, to)
    if (items.length > 0) added[from] = items
    return
  }
  // As many out as in: one was changed into the other. Of several, only where it shows.
  for (let step = 0; step < items.length; step++) {
    const [index, item] = [from + step, items[step]]
    if (items.length === 1 || alike(base[start + index], item)) fates[index] = item
    else {
      fates[index] = gone
      added[index] = [item]
    }
  }
}

/** Whether two objects have some member in common, as `{ id: 7, count: 1 }` and `{ id: 7, count: 2 }`. */
function alike(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) || Array.isArray(b)) return false
  return Object.entries(a).some(([key, value]) => {
    const telling = typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint'
    return telling && Object.hasOwn(b, key) && value === (b as Record<string, unknown>)[key]
  })
}

/** Pairs of indexes, growing in both; null where the lists are too long, or the merge has cost too much. */
function commonSubsequence(a: unknown[], b: unknown[], effort: Effort): [number, number][] | null {
  if (a.length === 0 || b.length === 0 || (a.length === 1 && b.length === 1)) return []
  if (a.length > longest || b.length > longest) return null
  if (a.length * b.length <= small) return longestOfFew(a, b, effort)
  const identities = new Identities(effort)
  const idsOfA = idsOf(a, identities)
  const idsOfB = idsOf(b, identities)
  if (idsOfA === null || idsOfB === null) return null
  // What only one of them has is in no common subsequence.
  const [inA, inB] = [new Set(idsOfA), new Set(idsOfB)]
  const left = [...idsOfA.keys()].filter((index) => inB.has(idsOfA[index]!))
  const right = [...idsOfB.keys()].filter((index) => inA.has(idsOfB[index]!))
  if (!effort.allows(2 * right.length * (left.length >> 5))) return null
  const x = left.map((index) => idsOfA[index]!)
  const y = right.map((index) => idsOfB[index]!)
  return longestCommon(x, y).map(([i, j]) => [left[i]!, right[j]!])
}

/** The same as of many, by the usual table. */
function longestOfFew(a: unknown[], b: unknown[], effort: Effort): [number, number][] | null {
  const width = a.length + 1
  const lengths = new Array<number>(width * (b.length + 1)).fill(0)
  for (let j = 0, at = width + 1; j < b.length; j++, at++) {
    for (let i = 0; i < a.length; i++, at++) {
      if (effort.spent) return null
      lengths[at] = same(a[i], b[j], effort)
        ? lengths[at - width - 1]! + 1
        : Math.max(lengths[at - 1]!, lengths[at - width]!)
    }
  }
  const pairs: [number, number][] = []
  const grows = (j: number, i: number) => lengths[j * width + i]! > lengths[j * width + i - 1]!
  for (let i = a.length, j = b.length; i > 0 && j > 0; ) {
    if (!grows(j, i)) i--
    else if (grows(j - 1, i)) j--
    else pairs.push([--i, --j])
  }
  return pairs.reverse()
}

/**
 * The longest common subsequence as pairs of indexes, by Hyyrö's bit-parallel method: 32 cells of the usual table at a
 * time. In the row after y[j], bit i is 0 where x[0..i] has one element more in common with y[0..j] than x[0..i-1] has.
 */
function longestCommon(x: number[], y: number[]): [number, number][] {
  const words = (x.length + 31) >> 5
  const places = new Map<number, Uint32Array>()
  for (const [i, id] of x.entries()) {
    let bits = places.get(id)
    if (bits === undefined) {
      bits = new Uint32Array(words)
      places.set(id, bits)
    }
    bits[i >> 5]! |= 1 << (i & 31)
  }
  const rows = new Uint32Array(words * y.length)
  let row = new Uint32Array(words).fill(0xffffffff)
  for (const [j, id] of y.entries()) {
    const bits = places.get(id)!
    const next = rows.subarray(j * words, (j + 1) * words)
    let carry = 0
    for (let word = 0; word < words; word++) {
      const before = row[word]!
      const matched = (before & bits[word]!) >>> 0
      const sum = before + matched + carry
      carry = sum > 0xffffffff ? 1 : 0
      next[word] = sum | (before & ~matched)
    }
    row = next
  }
  const pairs: [number, number][] = []
  const zero = (j: number, i: number) => (rows[j * words + (i >> 5)]! & (1 << (i & 31))) === 0
  for (let i = x.length - 1, j = y.length - 1; i >= 0 && j >= 0; ) {
    if (!zero(j, i)) i--
    else if (j > 0 && zero(j - 1, i)) j--
    else pairs.push([i--, j--])
  }
  return pairs.reverse()
}

function idsOf(items: unknown[], identities: Identities): number[] | null {
  const ids: number[] = []
  for (const item of items) {
    const id = identities.of(item)
    if (id === null) return null
    ids.push(id)
  }
  return ids
}
