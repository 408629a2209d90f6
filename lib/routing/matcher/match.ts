// Matches a path with a rule and its values, in the order in which Werkzeug's adapter decides. The outcome is data: redirects
// and errors are made by the adapter.
import { BadRequest } from '../../http/exceptions.ts'
import { put } from '../../internal/json.ts'
import type { Variable } from '../bind.ts'
import { isSuitable } from '../build-order.ts'
import type { Built } from '../builder.ts'
import { ValidationError } from '../converters.ts'
import { decodeSlashes } from '../quote.ts'
import type { Rule } from '../rule.ts'
import type { Values } from '../types.ts'
import { type Compiled, readPath } from './compile.ts'
import { type Candidate, needsSlash } from './rule-tree.ts'
import { methodsOf, Search } from './search.ts'

/** A rule, and the values of its variables and defaults. */
export interface Match {
  rule: Rule
  args: Record<string, unknown>
}

/** A redirect to another form of the same URL; paths are decoded. */
export type Redirection =
  | { kind: 'slash' | 'merged'; path: string }
  | { kind: 'shorter'; built: Built }
  | { kind: 'alias'; match: Match; path: string }
  | { kind: 'target'; match: Match }

/** No rule matches, or none with this method; `allow` are the methods that would match. */
export type Mismatch = { kind: 'methods'; allow: string[] } | { kind: 'nothing' }

export type Outcome = Match | Redirection | Mismatch

/** Matches `path`, percent-encoded as requested, for a method in upper case. Throws BadRequest for a malformed path. */
export function matchPath(compiled: Compiled, domain: string, path: string, method: string): Outcome {
  const { tree, shorter, plain, redirectDefaults } = compiled
  const certain = domain === '' ? plain.get(path) : undefined
  if (certain !== undefined && (certain.methods === null || certain.methods.has(method)))
    return { rule: certain, args: {} }
  const text = decodedPath(path)
  const search = new Search(domain, text, method).run(tree)
  const { best } = search
  if (best === null) return matchMerged(compiled, search)
  if (needsSlash(best)) return { kind: 'slash', path: `${text}/` }
  const { rule } = best
  const args = valuesOf(search, best)
  if (args === null) return mismatch(search.others, best)
  const match = { rule, args }
  if (redirectDefaults) {
    if (rule.alias) return { kind: 'alias', match, path: text }
    const built = buildShorter(shorter.get(rule), args, method)
    if (built !== null) return { kind: 'shorter', built }
  }
  return rule.redirectTo === undefined ? match : { kind: 'target', match }
}

/** Every rule that matches a path with some method, the preferred one first; redirects are left out. */
export function rulesForPath({ tree }: Compiled, domain: string, path: string): Rule[] {
  return candidatesFor(tree, domain, decodedPath(path)).flatMap((one) => (needsSlash(one) ? [] : [one.rule]))
}

/**
 * Matches a path for OPTIONS, which an application answers for every rule, whatever its `methods` are: with the methods of its rules,
 * or with the redirect that they have in common.
 */
export function matchOptions({ tree, mergeSlashes }: Compiled, domain: string, path: string): Redirection | Mismatch {
  const text = decodedPath(path)
  const found = candidatesFor(tree, domain, text)
  const rules = found.filter((one) => !needsSlash(one))
  if (rules.length > 0) return { kind: 'methods', allow: methodsOf(rules, null) }
  if (found.length > 0) return { kind: 'slash', path: `${text}/` }
  const merged = mergedPath(text)
  const best = mergeSlashes && merged !== text ? candidatesFor(tree, domain, merged)[0] : undefined
  return (best && mergeInto(best, merged)) ?? { kind: 'nothing' }
}

/** Every way to match a path with some method, the preferred one first. */
function candidatesFor(tree: Compiled['tree'], domain: string, path: string): Candidate[] {
  const search = new Search(domain, path, null).run(tree)
  return search.others
    .filter((candidate) => valuesOf(search, candidate) !== null)
    .sort((one, other) => one.rank - other.rank)
}

const mergedPath = (path: string) => path.replace(/\/{2,}/g, '/')

/** The redirect to a path with merged slashes; null if the rule takes them as they are. */
function mergeInto(best: Candidate, merged: string): Redirection | null {
  if (!needsSlash(best) && !best.rule.mergeSlashes) return null
  return { kind: 'merged', path: needsSlash(best) ? `${merged}/` : merged }
}

/** Decodes a path, with one slash at its start. Throws BadRequest. */
export function decodedPath(path: string): string {
  const text = readPath(path)
  if (text === null) throw new BadRequest('The path has a % that does not encode UTF-8 text.')
  return text
}

/** Tries again with merged slashes where nothing was found. */
function matchMerged({ tree, mergeSlashes }: Compiled, search: Search): Outcome {
  const merged = mergedPath(search.path)
  if (!mergeSlashes || merged === search.path) return mismatch(search.others)
  const again = new Search(search.domain, merged, search.method).run(tree)
  const { best } = again
  return (best && mergeInto(best, merged)) ?? mismatch([...search.others, ...again.others])
}

function mismatch(others: readonly Candidate[], winner: Candidate | null = null): Mismatch {
  const allow = methodsOf(others, winner)
  return allow.length > 0 ? { kind: 'methods', allow } : { kind: 'nothing' }
}

/** Null where a converter rejects its text. */
function valuesOf(search: Search, candidate: Candidate): Record<string, unknown> | null {
  const { compiled } = candidate.rule
  const args: Record<string, unknown> = {}
  if (compiled.arguments.size === 0) return args
  const { variables } = compiled
  let at = 0
  try {
    for (const dynamic of candidate.dynamics) {
      const text = search.text(dynamic, candidate)
      if (dynamic.part.whole) setValue(args, variables[at++]!, text)
      else for (const captured of dynamic.part.capture(text)!) setValue(args, variables[at++]!, captured)
    }
  } catch (error) {
    if (error instanceof ValidationError) return null
    throw error
  }
  for (const [name, value] of compiled.defaults) put(args, name, value)
  return args
}

function setValue(args: Record<string, unknown>, [name, converter]: Variable, text: string): void {
  put(args, name, converter.toValue(decodeSlashes(text)))
}

/** Builds the first of `others` that has these values as its defaults. */
function buildShorter(others: readonly Rule[] | undefined, args: Values, method: string): Built | null {
  const shorter = others?.find((other) => isSuitable(other, args, method))
  if (shorter === undefined) return null
  try {
    return shorter.compiled.builder.build({ ...args, ...shorter.defaults }, true)
  } catch {
    return null // its converters do not take the values of this rule's
  }
}
