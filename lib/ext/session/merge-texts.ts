// The merge of encoded data without decoding all of it: most of a large session is the same in all three texts, and what
// has the same text is the same. Only what both sides changed is read, merged as values, and written anew.
import { bodyOf, decodeData, decodePart, encodeData, encodePart, isTyped } from './data/codec.ts'
import { missing } from './merge/equality.ts'
import { type AnyMap, type AnySet, Merger, mergeData, type Tell } from './merge/merge.ts'
import { type Members, membersIn } from './merge-members.ts'
import { nothing, type Region, regionsOf, span, textOf, type Window, windowOf, windowOn } from './merge-windows.ts'

/** What lies deeper is decoded: each level more would look at all of its text once more. */
const deepest = 4

/** What `mergeData` makes of what the texts hold, encoded. */
export function mergeTexts(base: string, mine: string, theirs: string, tell: Tell): string {
  const typed = [base, mine, theirs].some(isTyped)
  const sides = [base, mine, theirs].map((text) => windowOn(text, bodyOf(text))) as Sides
  const merged = sides.every((side) => canBeReadAs(typed, side))
    ? new TextMerger(typed, tell).contents(...sides, 0)
    : null
  if (merged === null) return encodeData(mergeData(decodeData(base), decodeData(mine), decodeData(theirs), tell))
  if (!typed) return merged
  // Where all that needs a tag is gone, so is the mark of it.
  return /\{"~[a-z]"/.test(merged) ? `~${merged}` : encodeData(decodeData(`~${merged}`))
}

/**
 * Another program may have put white space around its text, or written a `~` as an escape. Beside texts with tags, one without
 * can be read like them only where no key of it looks like a tag.
 */
function canBeReadAs(typed: boolean, { text, start }: Window): boolean {
  if (text[start] !== '{' || !text.endsWith('}') || text.includes('\\u007')) return false
  return typed === isTyped(text) || !text.includes('"~')
}

/** Base, mine and theirs. */
type Sides = [Window, Window, Window]

/** What has entries, by how its text begins and ends. */
interface Form {
  readonly opening: string
  readonly closing: string
}

const list: Form = { opening: '[', closing: ']' }
const object: Form = { opening: '{', closing: '}' }
const map: Form = { opening: '{"~m":[', closing: ']}' }
const set: Form = { opening: '{"~s":[', closing: ']}' }

class TextMerger {
  readonly #typed: boolean
  readonly #merger: Merger

  constructor(typed: boolean, tell: Tell) {
    this.#typed = typed
    this.#merger = new Merger(tell)
  }

  /** Lists, objects, Maps or Sets by their entries; null for what has to be decoded. */
  contents(base: Window | null, mine: Window, theirs: Window, depth: number): string | null {
    const form = this.#formOf(mine)
    if (form === null || form !== this.#formOf(theirs) || depth > deepest) return null
    const b = base !== null && this.#formOf(base) === form ? inside(base, form) : nothing
    const [m, t] = [inside(mine, form), inside(theirs, form)]
    const [ours, others] = regionsOf(b, m, t)
    const merged =
      ours.end < others.start
        ? apart(form, b, [m, ours], [t, others])
        : others.end < ours.start
          ? apart(form, b, [t, others], [m, ours])
          : null
    const told = () => [base, mine, theirs].map((side) => this.#decode(side))
    const text = merged ?? this.#together(form, [b, m, t], span(ours, others), depth, told)
    return text === null ? null : form.opening + text + form.closing
  }

  #formOf({ text, start }: Window): Form | null {
    if (text[start] === '[') return list
    if (text[start] !== '{') return null
    if (!this.#typed || !text.startsWith('{"~', start) || text[start + 3] === '~') return object
    return [map, set].find(({ opening }) => text.startsWith(opening, start)) ?? null
  }

  /** Merges what lies in the region of both changes; around it all is the same. */
  #together(form: Form, sides: Sides, region: Region, depth: number, told: () => unknown[]): string | null {
    const [base] = sides
    const windows = sides.map((side) => windowOf(side, base, region)) as Sides
    const merged = form === object ? this.#members(windows, depth) : this.#decoded(form, windows, region.index, told)
    if (merged === null) return null
    return join(textOf(rest(base, base.start, region.start)), merged, textOf(rest(base, region.end, base.end)))
  }

  #decoded(form: Form, windows: Sides, index: number, told: () => unknown[]): string {
    const { opening, closing } = form
    const [base, mine, theirs] = windows.map(textOf) as [string, string, string]
    if (form === list && base === '') return join(theirs, mine)
    const [b, m, t] = [base, mine, theirs].map((text) => decodePart(opening + text + closing, this.#typed))
    const merger = this.#merger
    let merged: unknown
    if (form === list) merged = merger.list(b as unknown[], m as unknown[], t as unknown[], index)
    else if (form === map) merged = merger.map(b as AnyMap, m as AnyMap, t as AnyMap)
    else merged = merger.set(b as AnySet, m as AnySet, t as AnySet)
    merged ??= merger.whole(b, m, t, told)
    if (merged === m) return mine
    if (merged === t) return theirs
    return encodePart(merged, this.#typed).slice(opening.length, -closing.length)
  }

  /** The members of objects, in the order that `Merger.object` gives them. */
  #members(windows: Sides, depth: number): string | null {
    const [base, mine, theirs] = windows.map(membersIn)
    if (!base || !mine || !theirs) return null
    const mineFirst = base.hasKeysOf(theirs)
    const [first, more] = mineFirst ? [mine, theirs] : [theirs, mine]
    const both = (key: string, b: Window | null, f: Window | null, o: Window | null) =>
      mineFirst ? this.#both(key, b, f, o, depth) : this.#both(key, b, o, f, depth)
    const result = new Picked(first)
    for (let at = 0; at < first.count; at++) {
      const [other, before] = [more.find(first, at), base.find(first, at)]
      if (isSame(base, before, more, other)) result.keep(at)
      else if (isSame(base, before, first, at)) result.add(other === -1 ? '' : more.slice(other, other + 1))
      else result.add(both(first.keyOf(at), base.valueAt(before), first.valueAt(at), more.valueAt(other)))
    }
    for (let at = 0; at < more.count; at++) {
      if (more.wasFound(at)) continue
      const before = base.find(more, at)
      if (before === -1) result.add(more.slice(at, at + 1))
      else if (!isSame(base, before, more, at))
        result.add(both(more.keyOf(at), base.valueAt(before), null, more.valueAt(at)))
    }
    return result.text
  }

  /** A member that both changed; an empty text where nothing is left of it. */
  #both(key: string, base: Window | null, mine: Window | null, theirs: Window | null, depth: number): string {
    this.#merger.enter(this.#nameOf(key))
    const text = (mine && theirs && this.contents(base, mine, theirs, depth + 1)) ?? this.#values(base, mine, theirs)
    this.#merger.leave()
    return text === null ? '' : key + text
  }

  #nameOf(key: string): string {
    return key.slice(this.#typed && key[1] === '~' ? 2 : 1, -2)
  }

  #values(...sides: (Window | null)[]): string | null {
    const [base, mine, theirs] = sides.map((side) => this.#decode(side))
    const merged = this.#merger.value(base, mine, theirs)
    if (merged === missing) return null
    if (Object.is(merged, mine)) return textOf(sides[1]!)
    if (Object.is(merged, theirs)) return textOf(sides[2]!)
    return encodePart(merged, this.#typed)
  }

  #decode(side: Window | null): unknown {
    return side === null ? missing : decodePart(textOf(side), this.#typed)
  }
}

function inside(side: Window, { opening, closing }: Form): Window {
  return { ...side, start: side.start + opening.length, end: side.end - closing.length }
}

/** Makes changes that lie apart, the first before the second; null where both may have added the same key. */
function apart(
  form: Form,
  base: Window,
  [first, before]: [Window, Region],
  [second, after]: [Window, Region],
): string | null {
  const [one, other] = [windowOf(first, base, before), windowOf(second, base, after)]
  const added = textOf(one) !== '' && textOf(other) !== ''
  if (added && form !== list && (form !== object || haveCommonKey(one, other))) return null
  const untouched = [
    rest(base, base.start, before.start),
    rest(base, before.end, after.start),
    rest(base, after.end, base.end),
  ]
  const [head, middle, tail] = untouched.map(textOf)
  return join(head!, textOf(one), middle!, textOf(other), tail!)
}

function haveCommonKey(one: Window, other: Window): boolean {
  const [a, b] = [membersIn(one), membersIn(other)]
  if (a === null || b === null) return true // who knows
  for (let at = 0; at < b.count; at++) if (a.find(b, at) !== -1) return true
  return false
}

/** The entries of the base from the end of one to the end of another. */
function rest(base: Window, start: number, end: number): Window {
  return windowOf(base, base, { start, end })
}

function join(...entries: string[]): string {
  return entries.filter((text) => text !== '').join()
}

function isSame(members: Members, at: number, others: Members, other: number): boolean {
  return at === -1 || other === -1 ? at === other : members.sameValue(at, others, other)
}

/** Members in the making; those of `first` that follow one another are taken over at once. */
class Picked {
  readonly #first: Members
  readonly #pieces: string[] = []
  /** The members of the first that wait to be taken over. */
  #from = 0
  #to = 0

  constructor(first: Members) {
    this.#first = first
  }

  /** A member of the first as it is. */
  keep(at: number): void {
    if (this.#from === this.#to) this.#from = at
    this.#to = at + 1
  }

  /** A member in other words; none for an empty text. */
  add(text: string): void {
    this.#takeOver()
    if (text !== '') this.#pieces.push(text)
  }

  #takeOver(): void {
    if (this.#from < this.#to) this.#pieces.push(this.#first.slice(this.#from, this.#to))
    this.#from = this.#to
  }

  get text(): string {
    this.#takeOver()
    return this.#pieces.join()
  }
}
