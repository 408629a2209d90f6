// What a long document was before a change is kept as a difference.
import { expect, test } from '@jest/globals'
import { writeDocument } from '../../../../lib/datastore/engine/encoding/document.ts'
import { isDifference, replaced, restored } from '../../../../lib/datastore/engine/encoding/replaced.ts'

const document = (n: number, ...texts: string[]) =>
  writeDocument({
    n: { valueType: 'integerValue', integerValue: String(n) },
    ...Object.fromEntries(
      texts.map((stringValue, at) => [
        `t${at}`,
        { valueType: 'stringValue', stringValue, excludeFromIndexes: true } as const,
      ]),
    ),
  })
const long = (mark: string, size = 5000) => 'word '.repeat(size / 10) + mark + ' more'.repeat(size / 10)

test.each<[string, string, string]>([
  ['one number', document(9, long('')), document(10, long(''))],
  ['the middle', document(1, long('red')), document(1, long('green'))],
  ['the start', document(1, `a${long('')}`), document(1, `bb${long('')}`)],
  ['the end, with spaces there', document(1, `${long('')}a   `), document(1, `${long('')}b `)],
  ['nothing but spaces at the end', document(1, `${long('')}   `), document(1, `${long('')} `)],
  ['a second text', document(1, long(''), long('x')), document(1, long(''), long('x'), long('y').slice(0, 900))],
  ['a text that repeats itself', document(1, 'a'.repeat(5000)), document(1, 'a'.repeat(5001))],
  ['line breaks and tabs', document(1, long('\n\t\v\n')), document(1, long('\t\n\n'))],
  ['the second half of a surrogate pair', document(1, long('😀')), document(1, long('😁'))],
  ['the first half of a surrogate pair', document(1, long('\u{1f600}')), document(1, long('\u{1fa00}'))],
])('a difference restores the document: %s', (_, before, after) => {
  for (const [then, now] of [
    [before, after],
    [after, before],
  ] as const) {
    const difference = replaced(then, now)
    expect(isDifference(difference)).toBe(true)
    expect(difference.isWellFormed()).toBe(true)
    expect(difference.length).toBeLessThan(then.length / 2)
    expect(restored(difference, now)).toBe(then)
  }
})

test.each<[string, string, string]>([
  ['short documents', document(1, 'a'), document(2, 'b')],
  ['documents with little in common', document(1, long('', 3000)), document(1, 'other '.repeat(1000))],
  ['a long document beside a short one', document(1, long('')), document(1)],
  ['a short document beside a long one', document(1), document(1, long(''))],
])('a document is kept as it is: %s', (_, before, after) => {
  expect(replaced(before, after)).toBe(before)
  expect(isDifference(before)).toBe(false)
})

test('random changes of a text are restored, one after the other, back to the first', () => {
  // A sequence that each run repeats.
  let seed = 7
  const below = (n: number) => {
    seed = (seed * 48_271) % 2_147_483_647
    return seed % n
  }
  let text = long('😀é', 4000)
  const versions = [document(0, text)]
  const differences: string[] = []
  for (let n = 1; n <= 300; n++) {
    const [at, cut] = [below(text.length), below(30)]
    text = (text.slice(0, at) + '😀 é\n'.repeat(below(8)) + text.slice(at + cut)).toWellFormed()
    versions.push(document(n, text))
    differences.push(replaced(versions[n - 1]!, versions[n]!))
  }
  for (let n = 300; n > 0; n--) {
    const difference = differences[n - 1]!
    expect(isDifference(difference) ? restored(difference, versions[n]!) : difference).toBe(versions[n - 1])
  }
  expect(differences.filter(isDifference).length).toBeGreaterThan(250)
})
