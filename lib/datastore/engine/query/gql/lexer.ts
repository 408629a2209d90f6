// Splits GQL into words: https://cloud.google.com/datastore/docs/reference/gql_reference
import { invalid } from '../../protocol/status.ts'

export type Word =
  /** A name of several parts, `a.b` or `` `a`.`b` ``, has a dot between them. */
  | { type: 'name'; text: string; quoted: boolean; parts: number }
  | { type: 'string' | 'integer' | 'double' | 'binding' | 'sign'; text: string }
  | { type: 'end'; text: '' }

const patterns = [
  ['space', /[ \t\r\n\f]+/y],
  ['name', /[\p{L}_$][\p{L}\p{N}_$]*/uy],
  ['quotedName', /`(?:[^`\\\n\r]|\\.|``)*`/y],
  ['string', /'(?:[^'\\\n\r]|\\.|'')*'|"(?:[^"\\\n\r]|\\.|"")*"/y],
  ['double', /[+-]?(?:\d+\.\d*|\.\d+)(?:[eE][+-]?\d+)?|[+-]?\d+[eE][+-]?\d+/y],
  ['integer', /[+-]?\d+/y],
  ['binding', /@(?:\d+|[A-Za-z_$][\w$]*)/y],
  ['sign', /<=|>=|!=|[=<>(),*+.]/y],
] as const

/** Behind a backslash; quotes and the like mean themselves. */
const escapes: Record<string, string> = { 0: '\0', b: '\b', n: '\n', r: '\r', t: '\t', Z: '\x1a' }
const itself = '\'"`\\%_'

/** Removes quotes; a quote inside is doubled or escaped with a backslash. */
function unquote(text: string): string {
  const quote = text[0]!
  return text
    .slice(1, -1)
    .replace(/\\(.)|(['"`])\2/gs, (whole, escaped: string | undefined, doubled: string | undefined) => {
      if (escaped === undefined) return doubled === quote ? quote : whole
      if (!Object.hasOwn(escapes, escaped) && !itself.includes(escaped))
        throw invalid(`GQL query error: there is no escape ${whole}.`)
      return escapes[escaped] ?? escaped
    })
}

/** Returns the words of a query, with an end marker. */
export function words(text: string): Word[] {
  const found: Word[] = []
  let at = 0
  next: while (at < text.length) {
    for (const [type, pattern] of patterns) {
      pattern.lastIndex = at
      const [word] = pattern.exec(text) ?? []
      if (word === undefined) continue
      at += word.length
      if (type === 'name') found.push({ type, text: word, quoted: false, parts: 1 })
      else if (type === 'quotedName') found.push({ type: 'name', text: unquote(word), quoted: true, parts: 1 })
      else if (type !== 'space') found.push({ type, text: type === 'string' ? unquote(word) : word })
      continue next
    }
    throw invalid(`GQL query error: Encountered ${JSON.stringify(text[at])} at position ${at}.`)
  }
  return [...withPaths(found), { type: 'end', text: '' }]
}

/** Joins names that have dots between them. */
function withPaths(list: Word[]): Word[] {
  const joined: Word[] = []
  for (const word of list) {
    const [name, dot] = joined.slice(-2)
    if (word.type === 'name' && dot?.type === 'sign' && dot.text === '.' && name?.type === 'name') {
      joined.splice(-2, 2, { ...name, text: `${name.text}.${word.text}`, parts: name.parts + 1 })
    } else joined.push(word)
  }
  return joined
}
