// Finds the word that was probably meant, for error messages to suggest.

/** Counts the steps (insert, delete, replace) from one word to another. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, at) => at)
  for (let i = 1; i <= from.length; i++) {
    const next = [i]
    for (let j = 1; j <= to.length; j++) {
      const replaced = row[j - 1]! + (from[i - 1] === to[j - 1] ? 0 : 1)
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, replaced))
    }
    row = next
  }
  return row[to.length]!
}

/** Rates how unlike two words are, ignoring case. A word that contains the other is close, however long it is. */
export function unlikeness(word: string, other: string): number {
  const [a, b] = [word.toLowerCase(), other.toLowerCase()]
  return a !== '' && b.includes(a) ? (b.length - a.length) / 10 : distance(a, b)
}

/** Steps between words that may be one, mistyped: a share of the longer one's letters, but for short words. */
const [nearShare, nearSteps] = [0.4, 2]
/** Letters at the start that make two words near, whatever follows: `expires` and `expiration`. */
const nearStart = 4

/** Returns true for two words of which one may be meant by the other. A far-off suggestion would only mislead. */
export function isNear(word: string, other: string): boolean {
  const steps = Math.max(nearSteps, nearShare * Math.max(word.length, other.length))
  if (unlikeness(word, other) <= steps) return true
  return word.length >= nearStart && other.toLowerCase().startsWith(word.slice(0, nearStart).toLowerCase())
}

/** Returns the one of `words` that may be meant by `word`; undefined if none is near. */
export function nearTo(word: string, words: Iterable<string>): string | undefined {
  const one = nearest(word, words)
  return isNear(word, one) ? one : undefined
}

/** Asks for the one of `words` that is near `word`, as `Did you mean "host"?`; '' if there is none. */
export function didYouMean(word: string, words: Iterable<string>, quote = '"'): string {
  const near = nearTo(word, words)
  return near === undefined ? '' : `Did you mean ${quote}${near}${quote}?`
}

/** Writes what a wrong name must be: another one, and which if one is near. */
export function another(kind: string, word: string, words: readonly string[]): string {
  const near = nearTo(word, words)
  return near === undefined ? `one of the ${kind}s ${words.join(', ')}` : `another ${kind}: the nearest is ${near}`
}

/** Returns the one of `words` that is most like `word`. */
export function nearest(word: string, words: Iterable<string>): string {
  let best = ''
  for (const one of words) if (best === '' || unlikeness(word, one) < unlikeness(word, best)) best = one
  return best
}
