// Splits GQL into words: https://cloud.google.com/datastore/docs/reference/gql_reference
import { invalid } from '../../protocol/status.ts'

export type Word =
  | { type: 'name'; text: string; quoted: boolean }
  | { type: 'string' | 'integer' | 'double' | 'binding' | 'sign'; text: string }
  | { type: 'end'; text: '' }

const patterns = [
  ['space', /\s+/y],
  ['name', /[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)*/y],
  ['quotedName', /`(?:[^`\\]|\\.|``)*`/y],
  ['string', /'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*"/sy],
  ['double', /[+-]?(?:\d+\.\d*|\.\d+)(?:[eE][+-]?\d+)?|[+-]?\d+[eE][+-]?\d+/y],
  ['integer', /[+-]?\d+/y],
  ['binding', /@(?:\d+|[A-Za-z_$][\w$]*)/y],
  ['sign', /<=|>=|!=|[=<>(),*+]/y],
] as const

const escapes: Record<string, string> = { 0: '\0', b: '\b', n: '\n', r: '\r', t: '\t', Z: '\x1a' }

/** Removes quotes; a quote inside is doubled or escaped with a backslash. */
function unquote(text: string): string {
  const quote = text[0]!
  return text
    .slice(1, -1)
    .replace(/\\(.)|(['"`])\2/gs, (whole, escaped: string | undefined, doubled: string | undefined) =>
      escaped !== undefined ? (escapes[escaped] ?? escaped) : doubled === quote ? quote : whole,
    )
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
      if (type === 'name') found.push({ type, text: word, quoted: false })
      else if (type === 'quotedName') found.push({ type: 'name', text: unquote(word), quoted: true })
      else if (type !== 'space') found.push({ type, text: type === 'string' ? unquote(word) : word })
      continue next
    }
    throw invalid(`GQL query error: Encountered ${JSON.stringify(text[at])} at position ${at}.`)
  }
  return [...found, { type: 'end', text: '' }]
}
