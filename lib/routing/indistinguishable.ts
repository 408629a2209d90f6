// Rules that look the same to whoever matches a path: the later one is never reached, and nobody would notice.
import type { Part } from './matcher/rule-part.ts'
import type { Rule } from './rule.ts'
import type { UrlMap } from './url-map.ts'

/** `rule` is never matched, for `by` (perhaps with others) takes all that it could take. */
export interface Indistinguishable {
  rule: Rule
  by: Rule
  message: string
}

function nameOf({ path, endpoint, methods }: Rule): string {
  return `\`${path}\` (${endpoint}${methods === null ? '' : `; ${[...methods].join(', ')}`})`
}

/**
 * The rules of a map that no path can reach because an earlier one accepts the same. What a converter checks after its
 * regex does not count: of `<int(max=9):n>` and `<int(min=10):n>` the first is chosen, and 10 is then not found.
 */
export function findIndistinguishable(map: UrlMap): Indistinguishable[] {
  const ids = new Map<Part, number>()
  const idOf = (part: Part) => {
    if (!ids.has(part)) ids.set(part, ids.size)
    return ids.get(part)!
  }
  const earlier = new Map<string, Rule[]>()
  const found: Indistinguishable[] = []
  for (const rule of map.addedRules) {
    if (rule.buildOnly) continue
    const key = [...rule.compiled.domainParts.map(idOf), '|', ...rule.compiled.parts.map(idOf)].join(' ')
    const others = earlier.get(key) ?? []
    earlier.set(key, [...others, rule])
    const [by] = others
    if (by === undefined || !takesAll(others, rule)) continue
    found.push({ rule, by, message: `The rule ${nameOf(rule)} is never matched: ${nameOf(by)} comes first` })
  }
  return found
}

function takesAll(others: readonly Rule[], { methods }: Rule): boolean {
  if (others.some((other) => other.methods === null)) return true
  return methods !== null && [...methods].every((method) => others.some((other) => other.methods!.has(method)))
}
