// Finds rules that are valid but hardly intended: they match nothing, or not what their author expects.
import { METHODS } from '../internal/node-http.ts'
import type { Part } from './matcher/rule-part.ts'
import type { Rule } from './rule.ts'
import type { UrlMap } from './url-map.ts'

/** A rule, and the doubt about it. */
export interface Doubtful {
  rule: Rule
  message: string
}

/** `rule` is never matched, because `by` (perhaps with others) takes everything that it could take. */
export interface Indistinguishable extends Doubtful {
  by: Rule
}

const knownMethods = new Set(METHODS)

function doubtOf({ path, methods, alias, endpoint }: Rule, map: UrlMap): string | null {
  const text = path.replace(/<[^>]*>/g, '')
  const mark = /[?#]/.exec(text)?.[0]
  if (mark !== undefined) {
    return `has a \`${mark}\`, which only matches the path's own, percent-encoded one: a query is no part of a rule, see request.args`
  }
  const variable = /(?<=\/)(?:[:*][a-z_]\w*|\*(?=\/|$))|\{\w+\}|\[\w+\]/i.exec(text)?.[0]
  if (variable !== undefined) {
    const name = variable.replace(/\W/g, '')
    return `has \`${variable}\`, which only matches that very text: a variable is written \`<${name || 'path:rest'}>\``
  }
  const encoded = /%[0-9a-f]{2}/i.exec(text)?.[0]
  if (encoded !== undefined)
    return `is read as it stands, decoded: \`${encoded}\` matches only \`%25${encoded.slice(1)}\``
  const method = [...(methods ?? [])].find((one) => !knownMethods.has(one))
  if (method !== undefined) return `is for ${method}, a method that Node does not parse`
  if (alias && map.rules(endpoint).every((rule) => rule.alias)) return 'is an alias, but no other rule has its endpoint'
  return null
}

/** Finds the doubtful rules of a map. */
export function findDoubtful(map: UrlMap): Doubtful[] {
  return map.addedRules.flatMap((rule) => {
    const doubt = doubtOf(rule, map)
    return doubt === null ? [] : [{ rule, message: `The rule \`${rule.path}\` ${doubt}` }]
  })
}

/**
 * Finds the rules of a map that no path can reach because an earlier one accepts the same. Only the regex of a converter
 * counts, not its later checks: of `<int(max=9):n>` and `<int(min=10):n>` the first is chosen, and 10 is then not found.
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

function nameOf({ path, endpoint, methods }: Rule): string {
  return `\`${path}\` (${endpoint}${methods === null ? '' : `; ${[...methods].join(', ')}`})`
}

function takesAll(others: readonly Rule[], { methods }: Rule): boolean {
  if (others.some((other) => other.methods === null)) return true
  return methods !== null && [...methods].every((method) => others.some((other) => other.methods!.has(method)))
}
