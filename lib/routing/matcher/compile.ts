// Compiles the rules of a map into what a match needs.
import { compareForBuild, providesDefaultsFor } from '../build-order.ts'
import { decodePath } from '../quote.ts'
import type { Rule } from '../rule.ts'
import type { RuleMap } from '../types.ts'
import { type Candidate, RuleTree } from './rule-tree.ts'

/** The rules of a map, ready to match. */
export interface Compiled {
  readonly tree: RuleTree
  /** Rules by path that are matched by that path alone and whose match depends on nothing but the method. */
  readonly plain: ReadonlyMap<string, Rule>
  /** For each rule, the rules that say the same shorter by their defaults. */
  readonly shorter: ReadonlyMap<Rule, readonly Rule[]>
  readonly hasSubdomains: boolean
  readonly mergeSlashes: boolean
  readonly redirectDefaults: boolean
}

/** Compiles all `rules`, and sorts those of each endpoint into the order to build by. */
export function compileRules(map: RuleMap, rules: readonly Rule[], byEndpoint: Iterable<Rule[]>): Compiled {
  const { hostMatching, defaultSubdomain, mergeSlashes, redirectDefaults } = map
  const shorter = new Map<Rule, Rule[]>()
  for (const ofEndpoint of byEndpoint) {
    ofEndpoint.sort(compareForBuild)
    const earlier: Rule[] = []
    for (const rule of ofEndpoint) {
      const others = earlier.filter((other) => providesDefaultsFor(other, rule))
      if (others.length > 0) shorter.set(rule, others)
      if (Object.keys(rule.defaults).length > 0 && !rule.buildOnly) earlier.push(rule)
    }
  }
  const tree = new RuleTree(rules.filter((rule) => !rule.buildOnly))
  const hasSubdomains = rules.some((rule) => rule.subdomain !== '')
  const hasDomains = hasSubdomains || hostMatching || defaultSubdomain !== ''
  const plain: Compiled['plain'] = hasDomains ? new Map() : plainRules(tree, shorter)
  return { tree, plain, shorter, hasSubdomains, mergeSlashes, redirectDefaults }
}

function plainRules({ domains }: RuleTree, shorter: Compiled['shorter']): Map<string, Rule> {
  const plain = new Map<string, Rule>()
  for (const [path, leaf] of domains.get('')?.statics ?? []) {
    const [{ rule, how }] = leaf as [Candidate]
    const isPlain = rule.compiled.arguments.size === 0 && rule.redirectTo === undefined && !rule.alias
    if (leaf.length === 1 && how === 'exact' && isPlain && !shorter.has(rule) && isReadAsItIs(path))
      plain.set(path, rule)
  }
  return plain
}

/** Decodes a path, and leaves one slash at its start unless it is empty. Null if it cannot be decoded. */
export function readPath(path: string): string | null {
  const text = decodePath(path)
  if (text === null || text === '' || (text[0] === '/' && text[1] !== '/')) return text
  return `/${text.replace(/^\/+/, '')}`
}

/** True for a path that a request asks for by this very text. */
function isReadAsItIs(path: string): boolean {
  return path.isWellFormed() && !path.includes('%') && readPath(path) === path
}
