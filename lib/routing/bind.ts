// What a rule becomes as part of a map: its converters made, its path cut into parts, its way back to a URL worked out.
import { TipfyError } from '../internal/errors.ts'
import { Builder, type BuildItem } from './builder.ts'
import type { BaseConverter } from './converters.ts'
import { cut, type Part } from './matcher/rule-part.ts'
import { parseRule, type Token } from './parse.ts'
import type { Rule } from './rule.ts'
import type { UrlMap } from './url-map.ts'

export type Variable = readonly [name: string, converter: BaseConverter<unknown>]

export interface BoundRule {
  /** What to match the subdomain or the host by, and the path. */
  readonly domainParts: readonly Part[]
  readonly parts: readonly Part[]
  /** The converters of its variables, in order. */
  readonly converters: ReadonlyMap<string, BaseConverter<unknown>>
  /** The same as a list, which is quicker to go through. */
  readonly variables: readonly Variable[]
  /** What it gives values to without being asked. */
  readonly defaults: readonly (readonly [name: string, value: unknown])[]
  /** The names that it gives values to: variables and defaults. */
  readonly arguments: ReadonlySet<string>
  /** The pattern without its converters: rules that agree in it look the same to whoever builds URLs. */
  readonly trace: string
  readonly builder: Builder
}

/** `tokens` are those of the rule's path, if they have been read. */
export function bindRule(rule: Rule, map: UrlMap, tokens: readonly Token[] | null): BoundRule {
  const domain = parseRule((map.hostMatching ? rule.host : rule.subdomain) ?? '', rule.path)
  const merged = rule.mergeSlashes ? rule.path.replace(/\/{2,}/g, '/') : rule.path
  const path = tokens !== null && merged === rule.path ? tokens : parseRule(merged, rule.path)
  const converters = makeConverters(rule, map, [...domain, ...path])
  checkRedirect(rule, converters)
  const buildItem = (token: Token) => toBuildItem(rule, converters, token)
  return {
    ...cutBoth(rule, map, domain, path, converters),
    converters,
    variables: [...converters],
    defaults: Object.entries(rule.defaults),
    arguments: new Set([...Object.keys(rule.defaults), ...converters.keys()]),
    trace: [domain, path].map((half) => half.map(written).join('')).join('|'),
    builder: new Builder(domain.map(buildItem), path.map(buildItem), rule),
  }
}

type Converters = ReadonlyMap<string, BaseConverter<unknown>>

function makeConverters(rule: Rule, map: UrlMap, tokens: readonly Token[]): Converters {
  const converters = new Map<string, BaseConverter<unknown>>()
  for (const token of tokens) {
    if (token.kind !== 'variable') continue
    const { name } = token
    if (converters.has(name)) throw new TipfyError('TIPFY_E_RULE_VARIABLE_TWICE', { rule: rule.path, name })
    converters.set(name, makeConverter(rule, map, token))
  }
  return converters
}

function makeConverter({ path: rule }: Rule, map: UrlMap, token: Token & { kind: 'variable' }): BaseConverter<unknown> {
  const { converter: name, arguments: args } = token
  const Class = Object.hasOwn(map.converters, name) ? map.converters[name] : undefined
  if (Class === undefined) {
    const known = Object.keys(map.converters).join(', ')
    throw new TipfyError('TIPFY_E_RULE_CONVERTER_UNKNOWN', { rule, converter: name, known })
  }
  try {
    const converter = new Class(map, args)
    new RegExp(`^(?:${converter.regex})$`, 'u')
    return converter
  } catch (cause) {
    throw converterError(rule, name, cause)
  }
}

function converterError(rule: string, converter: string, cause: unknown): TipfyError {
  return new TipfyError('TIPFY_E_RULE_CONVERTER', { rule, converter, reason: (cause as Error).message }, { cause })
}

function cutBoth(rule: Rule, map: UrlMap, domain: readonly Token[], path: readonly Token[], converters: Converters) {
  const item = (token: Token) => (token.kind === 'variable' ? converters.get(token.name)! : written(token))
  try {
    return { domainParts: cut(domain.map(item), map.parts), parts: cut(path.map(item), map.parts) }
  } catch (cause) {
    // Each regex is right by itself, but two do not go together.
    const names = path.flatMap((token) => (token.kind === 'variable' ? [token.converter] : [])).join(', ')
    throw converterError(rule.path, names, cause)
  }
}

function checkRedirect({ path: rule, redirectTo }: Rule, converters: Converters): void {
  if (typeof redirectTo !== 'string') return
  for (const [, name = ''] of redirectTo.matchAll(/<([^>]+)>/g)) {
    if (!converters.has(name)) throw new TipfyError('TIPFY_E_RULE_REDIRECT', { rule, target: redirectTo, name })
  }
}

function toBuildItem({ path: rule, defaults }: Rule, converters: Converters, token: Token): BuildItem {
  if (token.kind !== 'variable') return written(token)
  const { name } = token
  const converter = converters.get(name)!
  if (!Object.hasOwn(defaults, name)) return { name, converter }
  try {
    return { url: converter.toUrl(defaults[name]) }
  } catch (cause) {
    throw new TipfyError('TIPFY_E_RULE_DEFAULT', { rule, name, reason: (cause as Error).message }, { cause })
  }
}

function written(token: Token): string {
  return token.kind === 'slash' ? '/' : token.kind === 'static' ? token.text : `<${token.name}>`
}
