// Keeps what a long document was before a change as its difference from the document that came after: its JSON, and the part of its
// long texts that is not in the other. Spaces at the end (see document.ts) are counted.
import { commonEnd, commonStart } from '../../../internal/common-ends.ts'

/** In front of a difference: no document begins with it. */
const mark = '\v'
/** Characters from which on a document is long. */
const longDocument = 2048

/** The characters of the long texts that both have at their start and at their end, and the spaces after those of the former. */
type Lengths = [start: number, end: number, spaces: number]

/** Returns a document that is replaced, or a difference from the one in its place where that is much shorter. */
export function replaced(before: string, after: string): string {
  if (before.length < longDocument || !hasLongTexts(before) || !hasLongTexts(after)) return before
  const [then, now] = [parts(before), parts(after)]
  const { length } = then.long
  let start = commonStart(then.long, now.long)
  let end = commonEnd(then.long, now.long, Math.min(length, now.long.length) - start)
  // Half of a surrogate pair cannot be stored.
  if (splitsPair(then.long, start)) start--
  if (splitsPair(then.long, length - end)) end--
  const middle = then.long.slice(start, length - end)
  if (then.json.length + middle.length > before.length / 2) return before
  const lengths: Lengths = [start, end, then.spaces]
  return `${mark}${JSON.stringify(lengths)}\n${then.json}\n${middle}`
}

export function isDifference(text: string): boolean {
  return text.startsWith(mark)
}

/** Returns the document that a difference was made of. @param after the document that replaced it */
export function restored(difference: string, after: string): string {
  const [lengths, json, middle] = fields(difference, 2) as [string, string, string]
  const [start, end, spaces] = JSON.parse(lengths.slice(mark.length)) as Lengths
  const { long } = parts(after)
  return `${json}\n${long.slice(0, start)}${middle}${long.slice(long.length - end)}${' '.repeat(spaces)}`
}

const splitsPair = (text: string, at: number) => (text.charCodeAt(at) & 0xfc00) === 0xdc00

const hasLongTexts = (text: string) => text.startsWith('\t')

function parts(text: string): { json: string; long: string; spaces: number } {
  const [json, rest] = fields(text, 1) as [string, string]
  let end = rest.length
  while (rest.charCodeAt(end - 1) === 32) end--
  return { json, long: rest.slice(0, end), spaces: rest.length - end }
}

/** Splits a text at its first line breaks. */
function fields(text: string, breaks: number): string[] {
  const found: string[] = []
  let from = 0
  for (let at = 0; at < breaks; at++) {
    const end = text.indexOf('\n', from)
    found.push(text.slice(from, end))
    from = end + 1
  }
  return [...found, text.slice(from)]
}
