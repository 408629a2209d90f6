// From values back to a URL: which rule can say them, and how it does.
import { isDeepStrictEqual } from 'node:util'
import { type BaseConverter, ValidationError } from './converters.ts'
import { encodeQuery, quotePath } from './quote.ts'
import type { Built, Rule, Values } from './rule.ts'

/** Text of the rule, a default already written as URL, or a variable. */
export type BuildItem = string | { url: string } | { name: string; converter: BaseConverter<unknown> }

type Step = string | { name: string; converter: BaseConverter<unknown> }

/** Neighbouring constants are joined once and for all. */
function fold(items: readonly BuildItem[]): Step[] {
  const steps: Step[] = []
  for (const item of items) {
    if (typeof item !== 'string' && 'name' in item) steps.push(item)
    else {
      const text = typeof item === 'string' ? quotePath(item) : item.url
      const last = steps.length - 1
      if (typeof steps[last] === 'string') steps[last] += text
      else steps.push(text)
    }
  }
  return steps
}

function run(steps: readonly Step[], values: Values): string {
  let text = ''
  for (const step of steps) text += typeof step === 'string' ? step : step.converter.toUrl(values[step.name])
  return text
}

export class Builder {
  private readonly domain: readonly Step[]
  private readonly path: readonly Step[]
  private readonly rule: Rule

  constructor(domain: readonly BuildItem[], path: readonly BuildItem[], rule: Rule) {
    this.domain = fold(domain)
    this.path = fold(path)
    this.rule = rule
  }

  build(values: Values, appendUnknown: boolean): Built | null {
    try {
      // Werkzeug's order, which tells where the converter of one refuses its value and that of the other throws.
      const domain = run(this.domain, values)
      const path = run(this.path, values)
      const query = appendUnknown ? this.query(values) : ''
      return { domain, path: query === '' ? path : `${path}?${query}` }
    } catch (error) {
      if (error instanceof ValidationError) return null
      throw error
    }
  }

  private query(values: Values): string {
    const { arguments: known, map } = this.rule
    const unknown = Object.keys(values).filter((name) => !known.has(name))
    if (unknown.length === 0) return ''
    const pairs = [...pairsOf(Object.fromEntries(unknown.map((name) => [name, values[name]])))]
    if (map!.sortParameters) pairs.sort(map!.sortParameters === true ? byNameAndValue : map!.sortParameters)
    return encodeQuery(pairs)
  }
}

/** Names with their values; one with a list of them comes once for each. */
export function* pairsOf(values: Values): Iterable<[string, unknown]> {
  for (const [name, value] of Object.entries(values)) {
    if (Array.isArray(value) || value instanceof Set) for (const one of value) yield [name, one]
    else yield [name, value]
  }
}

function byNameAndValue([name, value]: [string, unknown], [otherName, otherValue]: [string, unknown]): number {
  const [one, other] = name === otherName ? [String(value), String(otherValue)] : [name, otherName]
  return one < other ? -1 : one > other ? 1 : 0
}

/** Whether these values, and this method if one is given, are enough for a rule and do not gainsay its defaults. */
export function isSuitable(rule: Rule, values: Values, method: string | null): boolean {
  if (method !== null && rule.methods !== null && !rule.methods.has(method)) return false
  for (const name of rule.arguments) {
    if (Object.hasOwn(rule.defaults, name)) {
      if (Object.hasOwn(values, name) && !isDeepStrictEqual(values[name], rule.defaults[name])) return false
    } else if (!Object.hasOwn(values, name)) return false
  }
  return true
}

/** Whether a rule with defaults is the shorter way to say what `other` says with variables. */
export function providesDefaultsFor(rule: Rule, other: Rule): boolean {
  return (
    rule.compiled.trace !== other.compiled.trace &&
    rule.arguments.size === other.arguments.size &&
    [...rule.arguments].every((name) => other.arguments.has(name))
  )
}

/** The order in which the rules of an endpoint are tried: no aliases first, then more values, then more defaults. */
export function compareForBuild(one: Rule, other: Rule): number {
  return (
    Number(one.alias) - Number(other.alias) ||
    other.arguments.size - one.arguments.size ||
    Object.keys(other.defaults).length - Object.keys(one.defaults).length
  )
}
