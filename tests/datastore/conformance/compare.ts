// Compares what this engine and an emulator give to a random question: equal, or unlike for a reason that a document decides.
import type { Given, Question, World } from './random.ts'

type Row = { path: string; values: string }

/** Returns why two answers are alike: `equal`, or the reason of a known difference; undefined if there is none. */
export function likeness(ours: Given, theirs: Given, question: Question, world: World): string | undefined {
  if (same(ours, theirs)) return 'equal'
  // No query outside a transaction can be in anything's way.
  if ('code' in theirs && [2, 10, 13].includes(theirs.code)) return 'an error of the emulator itself'
  if ('code' in ours && breaksRules(question)) return 'PropertyFilter.Operator forbids it'
  if ('code' in ours && question.query.kind!.length === 0) return 'a query of all kinds knows no properties'
  if ('numbers' in ours || 'numbers' in theirs || 'code' in ours || 'code' in theirs) return undefined
  const { total, query, how } = question
  const [mine, others] = [ours.rows.flat(), theirs.rows.flat()]
  const entities = !query.projection?.length || query.projection[0]!.property!.name === '__key__'
  const distinct = query.distinctOn!.length > 0
  if (distinct && how !== 'plain') {
    const groups = query.distinctOn!.map(({ name }) => name!)
    const once = others.filter(
      (row, i) => others.findIndex((other) => groupOf(other, groups) === groupOf(row, groups)) === i,
    )
    if (world.arrays || same(once, mine.slice(0, once.length)))
      return 'the emulator forgets the groups of the page before'
  }
  if (!entities && world.arrays && sameButForNaN(mine, others, question))
    return 'the emulator takes no NaN for the same as another'
  if (
    !entities &&
    world.arrays &&
    same(
      mine,
      others.filter((row, i) => !same(row, others[i - 1])),
    )
  )
    return 'the emulator gives a row once for each alternative'
  // An entity with an array is a result once, in the place of its first value.
  if (entities && world.arrays) {
    const unique = once(others)
    if (how === 'plain' && (same(mine, unique) || (!total && same(sorted(mine), sorted(unique)))))
      return 'the emulator gives an entity once for each of its values'
    if (how !== 'plain' && others.length !== unique.length)
      return 'the emulator gives an entity once for each of its values'
    if (how !== 'plain' && mine.length !== once(mine).length) return undefined
    if (how !== 'plain') return 'pages of entities with several values'
  }
  if (!total && same(sorted(mine), sorted(others))) return 'the order is not said'
  return undefined
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)
const textOf = ({ path, values }: Row): string => `${path}${values}`
const sorted = (rows: Row[]): string[] => rows.map(textOf).sort()
const once = (rows: Row[]): Row[] => rows.filter((row, i) => rows.findIndex(({ path }) => path === row.path) === i)

/** Returns the values of a row by which it is grouped. */
function groupOf({ values }: Row, groups: string[]): string {
  const parts = values.slice(1, -1).split(/, (?=[\w.]+=)/)
  return parts.filter((part) => groups.includes(part.slice(0, part.indexOf('=')))).join()
}

/** Returns true if rows differ only in repetitions that have NaN, which push others off the last page. */
function sameButForNaN(mine: Row[], others: Row[], { query, total, how }: Question): boolean {
  const id = (row: Row) => (query.distinctOn!.length > 0 ? row.values : textOf(row))
  const once = (rows: Row[]) =>
    rows.filter((row, i) => !row.values.includes('NaN') || rows.findIndex((other) => id(other) === id(row)) === i)
  const [ours, theirs] = [once(mine), once(others)]
  if (!total) return same(sorted(ours), sorted(theirs))
  return same(how === 'plain' ? ours : ours.slice(0, theirs.length), theirs)
}

/** Returns true if a query has NOT_EQUAL or NOT_IN beside what they do not go with, or alternatives with different ancestors. */
function breaksRules({ query }: Question): boolean {
  const text = JSON.stringify(query.filter ?? {})
  const ops = [...text.matchAll(/"op":"(\w+)"/g)].map(([, op]) => op!)
  const not = ops.filter((op) => op === 'NOT_EQUAL' || op === 'NOT_IN').length
  const alternatives = ops.includes('OR')
  return (
    not > 1 ||
    (ops.includes('NOT_IN') && (alternatives || ops.includes('IN'))) ||
    (alternatives && ops.includes('HAS_ANCESTOR'))
  )
}
