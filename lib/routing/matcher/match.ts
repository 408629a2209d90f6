// From a path to a rule and its values, in the order in which Werkzeug's adapter decides.

import { BadRequest, MethodNotAllowed, NotFound } from '../../http/exceptions.ts'
import { TipfyError } from '../../internal/errors.ts'
import { put } from '../../internal/put.ts'
import type { UrlAdapter } from '../adapter.ts'
import type { Variable } from '../bind.ts'
import { isSuitable } from '../builder.ts'
import { ValidationError } from '../converters.ts'
import { decodePath, decodeSlashes } from '../quote.ts'
import { fillRedirect, type RequestRedirect } from '../redirect.ts'
import type { Rule, Values } from '../rule.ts'
import type { RoutedRequest, UrlMap } from '../url-map.ts'
import { type Candidate, needsSlash } from './rule-tree.ts'
import { methodsOf, Walk } from './search.ts'

/** A rule, and the values of its variables and defaults. */
export interface Match {
  rule: Rule
  args: Record<string, unknown>
}

/** Where a match was asked for. Its adapter, which redirects need, is made when one is: most matches need none. */
export type Origin = UrlAdapter | RoutedRequest

/** The match of `path`, percent-encoded as requested, for a method in upper case. */
export function matchPath(map: UrlMap, domain: string, path: string, method: string, origin: Origin): Match {
  const { tree, shorter, plain } = map.compile()
  const certain = domain === '' ? plain.get(path) : undefined
  if (certain !== undefined && (certain.methods === null || certain.methods.has(method)))
    return { rule: certain, args: {} }
  const text = readPath(path)
  const walk = new Walk(domain, text, method).search(tree)
  const { best } = walk
  if (best === null) return matchMerged(map, walk, origin)
  if (needsSlash(best)) throw map.adapterOf(origin).redirectToPath(`${text}/`)
  const { rule } = best
  const args = valuesOf(walk, best)
  if (args === null) throw noMatch(walk.others, best)
  if (map.redirectDefaults) {
    const redirect = rule.alias
      ? map.adapterOf(origin).redirectToCanonical(rule, args, method, text)
      : redirectToShorter(map, shorter.get(rule), args, method, origin)
    if (redirect !== null) throw redirect
  }
  if (rule.redirectTo !== undefined) throw redirectTo(rule, args, map.adapterOf(origin))
  return { rule, args }
}

/** Every rule that answers a path with some method, the one that a match prefers first; redirects are not among them. */
export function rulesForPath(map: UrlMap, domain: string, path: string): Rule[] {
  const walk = new Walk(domain, readPath(path), null).search(map.compile().tree)
  return walk.others
    .filter((candidate) => !needsSlash(candidate) && valuesOf(walk, candidate) !== null)
    .sort((one, other) => one.rank - other.rank)
    .map(({ rule }) => rule)
}

/** Decoded, with one slash at its start unless it is empty. */
function readPath(path: string): string {
  const text = decodePath(path)
  if (text === null) throw new BadRequest('The path has a % that does not stand for UTF-8 text.')
  return text === '' || (text[0] === '/' && text[1] !== '/') ? text : `/${text.replace(/^\/+/, '')}`
}

/** Whether a path that is requested by this very text is this one. */
export function isReadAsItIs(path: string): boolean {
  return path.isWellFormed() && !path.includes('%') && readPath(path) === path
}

/** Nothing was found: perhaps it is with its slashes merged. */
function matchMerged(map: UrlMap, walk: Walk, origin: Origin): never {
  const merged = walk.path.replace(/\/{2,}/g, '/')
  if (!map.mergeSlashes || merged === walk.path) throw noMatch(walk.others)
  const again = new Walk(walk.domain, merged, walk.method).search(map.compile().tree)
  const { best } = again
  if (best === null || (!needsSlash(best) && !best.rule.mergeSlashes)) throw noMatch([...walk.others, ...again.others])
  throw map.adapterOf(origin).redirectToPath(needsSlash(best) ? `${merged}/` : merged)
}

function noMatch(others: readonly Candidate[], winner: Candidate | null = null): NotFound | MethodNotAllowed {
  const allow = methodsOf(others, winner)
  return allow.length > 0 ? new MethodNotAllowed(allow) : new NotFound()
}

/** Null where a converter refuses its text. */
function valuesOf(walk: Walk, candidate: Candidate): Record<string, unknown> | null {
  const { compiled } = candidate.rule
  const args: Record<string, unknown> = {}
  if (compiled.arguments.size === 0) return args
  const { variables } = compiled
  let at = 0
  try {
    for (const dynamic of candidate.dynamics) {
      const text = walk.text(dynamic, candidate)
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

/** To the first of `others` that has these values as its defaults. */
function redirectToShorter(
  map: UrlMap,
  others: readonly Rule[] | undefined,
  args: Values,
  method: string,
  origin: Origin,
): RequestRedirect | null {
  const shorter = others?.find((other) => isSuitable(other, args, method))
  if (shorter === undefined) return null
  try {
    const built = shorter.compiled.builder.build({ ...args, ...shorter.defaults }, true)
    return built && map.adapterOf(origin).redirectToUrl(built.path, built.domain)
  } catch {
    return null // its converters do not take what this rule's gave
  }
}

function redirectTo(rule: Rule, args: Record<string, unknown>, urls: UrlAdapter): RequestRedirect {
  const { redirectTo: target, compiled, path } = rule
  if (typeof target === 'function') {
    const given: unknown = target(urls, args)
    if (typeof given === 'string') return urls.redirectToTarget(given, true)
    throw new TipfyError('TIPFY_E_RULE_TARGET', {
      rule: path,
      given: given instanceof Promise ? 'a promise' : typeof given,
    })
  }
  const filled = fillRedirect(target!, (name) => compiled.converters.get(name)!.toUrl(args[name]))
  const leaves = /^(?:https?:)?\/\/[^/?#<]+(?:[/?#]|$)/i.test(target!)
  return urls.redirectToTarget(
    leaves && filled.startsWith('//') ? `${urls.scheme || 'http'}:${filled}` : filled,
    leaves,
  )
}
