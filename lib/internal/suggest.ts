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

/** Returns the one of `words` that is most like `word`. */
export function nearest(word: string, words: Iterable<string>): string {
  let best = ''
  for (const one of words) if (best === '' || unlikeness(word, one) < unlikeness(word, best)) best = one
  return best
}
