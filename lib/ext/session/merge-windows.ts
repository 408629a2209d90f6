// What three texts of one list, object, Map or Set do not have in common, found by comparing characters: the merge of encoded
// data need not read the rest.
import { comma, openList, openObject, pastNested, pastText, quote } from './merge-scan.ts'

/** A part of a text: a value, or entries with commas between them. */
export interface Window {
  readonly text: string
  readonly codes: Uint16Array
  readonly start: number
  readonly end: number
}

export function windowOn(text: string, start: number): Window {
  const bytes = Buffer.from(text, 'utf16le')
  const codes = new Uint16Array(bytes.buffer, bytes.byteOffset, text.length)
  return { text, codes, start, end: text.length }
}

export const nothing: Window = windowOn('', 0)

/** What one side changed of a base: from the end of one entry (or the beginning) to the end of another. */
export interface Region {
  readonly start: number
  readonly end: number
  /** How many entries of the base lie before it. */
  readonly index: number
}

/** What each of two sides changed of a base; a region is a little wider than need be where neighbours look alike. */
export function regionsOf(base: Window, mine: Window, theirs: Window): [Region, Region] {
  const { codes, start, end } = base
  const [m, t] = [new Change(base, mine), new Change(base, theirs)]
  let count = 0
  for (let at = start; at < end && !(m.isKnown && t.isKnown); at++) {
    switch (codes[at]) {
      case quote:
        at = pastText(codes, at) - 1
        break
      case openList:
      case openObject:
        at = pastNested(codes, at) - 1
        break
      case comma:
        count++
        m.entryEnds(at, count)
        t.entryEnds(at, count)
    }
  }
  m.entryEnds(end, count + 1)
  t.entryEnds(end, count + 1)
  return [m, t]
}

/** Finds the region of one side, told where the base's entries end, in turn. */
class Change implements Region {
  readonly #base: Window
  readonly #side: Window
  /** Up to here the base is as the side begins, and from there on as it ends. */
  readonly #alikeTo: number
  readonly #alikeFrom: number
  /** By how much the side is longer; what begins and what ends alike may not be the same. */
  readonly #growth: number
  isKnown = false
  start: number
  end: number
  index = 0

  constructor(base: Window, side: Window) {
    this.#base = base
    this.#side = side
    this.start = base.start
    this.end = base.end
    const shortest = Math.min(base.end - base.start, side.end - side.start)
    const head = alikeForward(base, side, shortest)
    const tail = alikeBackward(base, side, shortest)
    this.#alikeTo = base.start + head
    this.#alikeFrom = base.end - tail
    this.#growth = side.end - side.start - (base.end - base.start)
  }

  entryEnds(at: number, count: number): void {
    if (this.isKnown) return
    if (at <= this.#alikeTo && this.#endsInSide(at)) {
      this.start = at
      this.index = count
    } else if (at >= this.#alikeFrom && at - this.start + this.#growth >= 0) {
      this.end = at
      this.isKnown = true
    }
  }

  #endsInSide(at: number): boolean {
    const place = this.#side.start + at - this.#base.start
    return place === this.#side.end || this.#side.codes[place] === comma
  }
}

/** So many characters at a time are compared as texts, which costs next to nothing. */
const stride = 1024

/** How many characters are alike from two places on, at most `most`. */
function alikeForward(a: Window, b: Window, most: number): number {
  let count = 0
  const next = (w: Window) => w.text.slice(w.start + count, w.start + count + stride)
  while (count + stride <= most && next(a) === next(b)) count += stride
  while (count < most && a.codes[a.start + count] === b.codes[b.start + count]) count++
  return count
}

/** The same before two places. */
function alikeBackward(a: Window, b: Window, most: number): number {
  let count = 0
  const next = (w: Window) => w.text.slice(w.end - count - stride, w.end - count)
  while (count + stride <= most && next(a) === next(b)) count += stride
  while (count < most && a.codes[a.end - 1 - count] === b.codes[b.end - 1 - count]) count++
  return count
}

/** What a side has where the base has a region that nothing but the region tells it from. */
export function windowOf(side: Window, base: Window, { start, end }: Pick<Region, 'start' | 'end'>): Window {
  const from = side.start + start - base.start
  const to = side.end + end - base.end
  return { ...side, start: start > base.start && from < to ? from + 1 : from, end: to }
}

export function textOf({ text, start, end }: Window): string {
  return text.slice(start, end)
}

/** The smallest that has both in it. */
export function span(a: Region, b: Region): Region {
  const first = a.start < b.start ? a : b
  return { start: first.start, end: Math.max(a.end, b.end), index: first.index }
}
