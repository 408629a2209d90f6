// A setting is written once: in a table, with its default, its check and its doc comment. Its type is read off the table.

/** The types of a value as 'number', 'string|null', 'string[]|function' …; or a function that returns true, or what it wants. */
export type Check = string | ((value: unknown) => true | string)
export type Checks = Readonly<Record<string, Check>>

/** One key of a section. */
export interface Setting<Value> {
  readonly default: Value
  readonly check: Check
}

/** The section that a table describes. */
export type SectionOf<Table> = { [Key in keyof Table]: Table[Key] extends Setting<infer Value> ? Value : never }

/** @param check default: the type of the default value */
export function setting<Value>(value: Value, check: Check = typeLike(value)): Setting<Value> {
  return { default: value, check }
}

/** A number above 0: of bytes, seconds, items. */
export function limit(value: number): Setting<number> {
  return { default: value, check: positive }
}

export function limits<Table extends object>(table: Table): { [Key in keyof Table]: Setting<number> } {
  const entries = Object.entries(table).map(([key, value]) => [key, limit(value)])
  return Object.fromEntries(entries) as { [Key in keyof Table]: Setting<number> }
}

/** One of a few texts. */
export function choice<const Value extends string>(value: NoInfer<Value>, values: readonly Value[]): Setting<Value> {
  const wanted = values.map((one) => `'${one}'`).join(', ')
  return { default: value, check: (given) => values.includes(given as Value) || wanted.replace(/, ([^,]*)$/, ' or $1') }
}

const positive: Check = (value) =>
  (typeof value === 'number' && Number.isFinite(value) && value > 0) || 'a number above 0'

/** The defaults of a table. */
export function defaultsOf<Table extends Record<string, Setting<unknown>>>(table: Table): SectionOf<Table> {
  return Object.fromEntries(Object.entries(table).map(([key, one]) => [key, one.default])) as SectionOf<Table>
}

/** The checks of a table. */
export function checksOf(table: Record<string, Setting<unknown>>): Checks {
  return Object.fromEntries(Object.entries(table).map(([key, { check }]) => [key, check]))
}

/** Returns true for an object of keys and values: a list has no keys that were meant. */
export function isDictionary(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function typeOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return value.every((item) => typeof item === 'string') ? 'string[]' : 'array'
  return typeof value
}

/** The check that a default implies: null allows anything, an empty list any list. */
export function typeLike(value: unknown): Check {
  if (value === null || value === undefined) return () => true
  return Array.isArray(value) && value.length === 0 ? 'array' : typeOf(value)
}

/** Returns null if a value passes a check, else what was wanted. */
export function mismatch(value: unknown, check: Check): string | null {
  if (typeof check === 'function') {
    const result = check(value)
    return result === true ? null : result
  }
  const is = typeOf(value)
  const passes = check.split('|').some((wanted) => wanted === is || (wanted === 'array' && is === 'string[]'))
  return passes ? null : check.replaceAll('|', ' or ')
}
