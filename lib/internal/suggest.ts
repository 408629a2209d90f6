// Finds the word that was probably meant, for errors to propose.

/** Steps (insert, delete, replace) from one word to another. */
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

/** How unlike `other` is to `word`, case aside. What has all of it as a part is close, however much is missing. */
export function unlikeness(word: string, other: string): number {
  const [a, b] = [word.toLowerCase(), other.toLowerCase()]
  return a !== '' && b.includes(a) ? (b.length - a.length) / 10 : distance(a, b)
}

/** The one of `words` that is most like `word`. */
export function nearest(word: string, words: Iterable<string>): string {
  let best = ''
  for (const one of words) if (best === '' || unlikeness(word, one) < unlikeness(word, best)) best = one
  return best
}
