// Parses `a=1&b=2`, in a URL and in a form's body, by the URL standard: it never throws, whatever was sent.
import { MultiDict } from '../multidict.ts'

function decode(text: string): string {
  const spaced = text.includes('+') ? text.replaceAll('+', ' ') : text
  if (!spaced.includes('%')) return spaced
  try {
    return decodeURIComponent(spaced)
  } catch {
    // Malformed: repaired by the standard's rules, which Node 22's URLSearchParams does not follow everywhere.
    return spaced.replace(/(?:%[0-9a-f]{2})+/gi, (run) => Buffer.from(run.replaceAll('%', ''), 'hex').toString())
  }
}

/** The pairs of a query. `onPair` is called before each is added, so that a caller can count. */
export function parseQuery(text: string, onPair?: () => void): MultiDict {
  const found = new MultiDict()
  let from = 0
  while (from < text.length) {
    let to = text.indexOf('&', from)
    if (to === -1) to = text.length
    if (to > from) {
      onPair?.()
      // Not by indexOf, which would run to the end of the text for each pair without a value.
      let equals = from
      while (equals < to && text.charCodeAt(equals) !== 61) equals++
      if (equals === to) found.add(decode(text.slice(from, to)), '')
      else found.add(decode(text.slice(from, equals)), decode(text.slice(equals + 1, to)))
    }
    from = to + 1
  }
  return found
}
