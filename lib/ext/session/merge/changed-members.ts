// The merge of encoded data (see data/codec.ts) without a look at what no side changed: members of the session that have the same
// text on all sides are neither decoded nor encoded. Beside a large value, a small change costs what it changes.
import { endOfString } from '../../../internal/json.ts'
import { decodeData, encodeData } from '../data/codec.ts'
import { versionKey } from '../data/reserved.ts'

/** Shorter members are merged as they are. */
const minLength = 256

const versionMember = JSON.stringify(versionKey)
const hasTag = /\{"~[^~]/

type Sides = [base: string, mine: string, theirs: string]

/** Has `merge` merge the texts, with short values in the place of members that all have, and puts these into its result. */
export function mergeChanged(sides: Sides, merge: (...sides: Sides) => string): string {
  const form = sides[0].startsWith('~') ? '~' : ''
  const base = membersOf(sides[0], form)
  const mine = base && membersOf(sides[1], form, base)
  if (!base || !mine) return merge(...sides)
  const kept = [...base].filter(([key, text]) => text.length >= minLength && text === mine.get(key))
  const theirs = kept.length > 0 ? membersOf(sides[2], form, base) : null
  if (!theirs) return merge(...sides)
  const common = new Map(kept.filter(([key, text]) => text === theirs.get(key)))
  const versions = new Set([base, mine, theirs].map((members) => members.get(versionMember)))
  // A migration needs all of the data.
  if (common.size === 0 || versions.size > 1) return merge(...sides)

  // One with a tag where data has tags: so the result has the same form.
  const short = new Map([...common.keys()].map((key) => [key, (form && '{"~n":"0"}') || '0']))
  const merged = merge(textOf(base, form, short), textOf(mine, form, short), textOf(theirs, form, short))
  const text = textOf(membersOf(merged, form)!, form, common)
  return form === '' || hasTag.test(text) ? text : encodeData(decodeData(text))
}

/** Texts of members by the texts of their keys. */
type Members = ReadonlyMap<string, string>

function textOf(members: Members, form: string, others: Members): string {
  return `${form}{${[...members].map(([key, text]) => `${key}:${others.get(key) ?? text}`).join()}}`
}

/**
 * Returns null for a text that is not as `encodeData` writes it, and for keys with escapes.
 *
 * @param likely of another text: a member that is the same here need not be read
 */
function membersOf(text: string, form: string, likely?: Members): Members | null {
  if (!text.startsWith(`${form}{`)) return null
  const members = new Map<string, string>()
  for (let at = form.length + 1; text[at] === '"'; at++) {
    const colon = endOfString(text, at + 1)
    const key = text.slice(at, colon)
    if (text[colon] !== ':' || key.includes('\\')) return null
    at = endOfValue(text, colon + 1, likely?.get(key))
    members.set(key, text.slice(colon + 1, at))
    if (text[at] === '}' && at === text.length - 1) return members
    if (text[at] !== ',') return null
  }
  return null
}

/** Returns the index past a value of JSON; -1 where it does not end. */
function endOfValue(text: string, start: number, likely: string | undefined): number {
  const end = start + (likely?.length ?? 0)
  if (text.slice(start, end) === likely && ',}'.includes(text.charAt(end))) return end // faster than startsWith
  let depth = 0
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === 34) at = endOfString(text, at + 1) - 1
    else if (code === 123 || code === 91) depth++
    else if (depth === 0 && (code === 44 || code === 125)) return at
    else if (code === 125 || code === 93) depth--
    if (at < start) return -1
  }
  return -1
}
