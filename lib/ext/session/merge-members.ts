// The members of an object in the text of encoded data: where each lies, found without reading what it holds.
import { backslash, colon, comma, openList, openObject, pastNested, pastText, quote } from './merge-scan.ts'
import type { Window } from './merge-windows.ts'

export class Members {
  readonly #side: Window
  readonly count: number
  /** Of each member: where its key starts, where its value starts, and where that ends. */
  readonly #places: readonly number[]
  readonly #found: Uint8Array
  #foundCount = 0
  /** The place after the last one that was found: most often keys are asked for in this order. */
  #next = 0
  #byKey: Map<string, number> | undefined

  constructor(side: Window, places: readonly number[]) {
    this.#side = side
    this.count = places.length / 3
    this.#places = places
    this.#found = new Uint8Array(this.count)
  }

  startOf(at: number): number {
    return this.#places[3 * at]!
  }

  valueOf(at: number): number {
    return this.#places[3 * at + 1]!
  }

  endOf(at: number): number {
    return this.#places[3 * at + 2]!
  }

  /** As it is written: `"name":`. */
  keyOf(at: number): string {
    return this.#side.text.slice(this.startOf(at), this.valueOf(at))
  }

  /** The text of the members from `from` to before `to`. */
  slice(from: number, to: number): string {
    return this.#side.text.slice(this.startOf(from), this.endOf(to - 1))
  }

  valueAt(at: number): Window | null {
    return at === -1 ? null : { ...this.#side, start: this.valueOf(at), end: this.endOf(at) }
  }

  sameKey(at: number, other: Members, otherAt: number): boolean {
    const [start, end] = [this.startOf(at), this.valueOf(at)]
    return sameCodes(this.#side.codes, start, end, other.#side.codes, other.startOf(otherAt), other.valueOf(otherAt))
  }

  sameValue(at: number, other: Members, otherAt: number): boolean {
    const [start, end] = [this.valueOf(at), this.endOf(at)]
    return sameCodes(this.#side.codes, start, end, other.#side.codes, other.valueOf(otherAt), other.endOf(otherAt))
  }

  /** Whether the keys are the same in the same order. */
  hasKeysOf(other: Members): boolean {
    if (this.count !== other.count) return false
    for (let at = 0; at < this.count; at++) if (!this.sameKey(at, other, at)) return false
    return true
  }

  /** The place of the member with the key of another object's; -1 where there is none. */
  find(other: Members, at: number): number {
    const next = this.#next
    const found = next < this.count && this.sameKey(next, other, at) ? next : this.#look(other, at)
    if (found === -1) return -1
    this.#next = found + 1
    if (this.#found[found] === 0) this.#foundCount++
    this.#found[found] = 1
    return found
  }

  #look(other: Members, at: number): number {
    if (this.#foundCount === this.count) return -1
    if (this.#byKey === undefined) {
      this.#byKey = new Map()
      for (let place = 0; place < this.count; place++) this.#byKey.set(this.keyOf(place), place)
    }
    return this.#byKey.get(other.keyOf(at)) ?? -1
  }

  /** Whether there is a member of exactly this text. */
  has(member: string): boolean {
    for (let at = 0; at < this.count; at++) {
      if (this.#side.text.startsWith(member, this.startOf(at)) && this.endOf(at) - this.startOf(at) === member.length)
        return true
    }
    return false
  }

  wasFound(at: number): boolean {
    return this.#found[at] === 1
  }
}

function sameCodes(
  a: Uint16Array,
  from: number,
  to: number,
  b: Uint16Array,
  otherFrom: number,
  otherTo: number,
): boolean {
  if (to - from !== otherTo - otherFrom) return false
  for (let at = from, other = otherFrom; at < to; at++, other++) {
    if (a[at] !== b[other]) return false
  }
  return true
}

/** Null for what is not written as `encodeData` writes it, and for keys with an escape, which could be written in two ways. */
export function membersIn(side: Window): Members | null {
  const { codes, start, end } = side
  const places: number[] = []
  for (let at = start; at < end; at++) {
    const value = pastKey(codes, at) + 1
    if (codes[value - 1] !== colon) return null
    const after = pastValue(codes, value, end)
    if (after === -1 || after > end || (after < end && codes[after] !== comma)) return null
    places.push(at, value, after)
    at = after
  }
  return new Members(side, places)
}

function pastKey(codes: Uint16Array, at: number): number {
  if (codes[at] !== quote) return -1
  for (let here = at + 1; here < codes.length; here++) {
    const code = codes[here]
    if (code === quote) return here + 1
    if (code === backslash) return -1
  }
  return -1
}

/** Past the value that starts at `at`; -1 where none does. */
function pastValue(codes: Uint16Array, at: number, end: number): number {
  const first = codes[at]!
  if (first === quote) return pastText(codes, at)
  if (first === openObject || first === openList) return pastNested(codes, at)
  let here = at
  while (here < end && codes[here] !== comma) here++
  return isAtomic(first) ? here : -1
}

/** Whether a number, `true`, `false` or `null` starts so. */
function isAtomic(char: number): boolean {
  return (char >= 48 && char <= 57) || char === 45 || char === 116 || char === 102 || char === 110
}
