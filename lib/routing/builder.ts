// Builds the URL of one rule from values.
import { type BaseConverter, ValidationError } from './converters.ts'
import { encodeQuery, quotePath } from './quote.ts'
import type { RuleMap, Values } from './types.ts'

/** A domain and a path with its query, quoted. */
export interface Built {
  domain: string
  path: string
}

/** Text of the rule, a default already written as URL, or a variable. */
export type BuildItem = string | { url: string } | { name: string; converter: BaseConverter<unknown> }

type Step = string | { name: string; converter: BaseConverter<unknown> }

/** Joins neighbouring constants. */
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
  readonly #domain: readonly Step[]
  readonly #path: readonly Step[]
  readonly #known: ReadonlySet<string>
  readonly #sort: RuleMap['sortParameters']

  /** `known` are the names of the rule's variables and defaults: values of other names become the query. */
  constructor(
    domain: readonly BuildItem[],
    path: readonly BuildItem[],
    known: ReadonlySet<string>,
    sort: RuleMap['sortParameters'],
  ) {
    this.#domain = fold(domain)
    this.#path = fold(path)
    this.#known = known
    this.#sort = sort
  }

  /** Null where a converter rejects its value. */
  build(values: Values, appendUnknown: boolean): Built | null {
    try {
      // Werkzeug's order, which decides where the converter of one rejects its value and that of the other throws.
      const domain = run(this.#domain, values)
      const path = run(this.#path, values)
      const query = appendUnknown ? this.#query(values) : ''
      return { domain, path: query === '' ? path : `${path}?${query}` }
    } catch (error) {
      if (error instanceof ValidationError) return null
      throw error
    }
  }

  #query(values: Values): string {
    const unknown = Object.keys(values).filter((name) => !this.#known.has(name))
    if (unknown.length === 0) return ''
    const pairs = [...pairsOf(Object.fromEntries(unknown.map((name) => [name, values[name]])))]
    if (this.#sort) pairs.sort(this.#sort === true ? byNameAndValue : this.#sort)
    return encodeQuery(pairs)
  }
}

/** Names with their values; a name with a list is repeated for each item. */
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
