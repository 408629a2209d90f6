// Prepares a rule for a map: makes its converters, cuts its path into parts to match by, and makes its builder.
import { TipfyError } from '../internal/errors.ts'
import { Builder, type BuildItem } from './builder.ts'
import type { BaseConverter, ConverterClass } from './converters.ts'
import { type DynamicPart, type Part, splitItems } from './matcher/rule-part.ts'
import { parseRule, type Token } from './parse.ts'
import type { RuleMap, RuleOptions, Values } from './types.ts'

/** A map as rules are bound to it. */
export interface BindingMap extends RuleMap {
  readonly converters: Readonly<Record<string, ConverterClass>>
  /** The dynamic parts of its rules so far. */
  readonly parts: Map<string, DynamicPart>
}

/** The part of a rule that binding reads. */
interface UnboundRule {
  readonly path: string
  readonly host: string | null
  readonly subdomain: string | null
  readonly mergeSlashes: boolean | null
  readonly defaults: Values
  readonly redirectTo: RuleOptions['redirectTo']
}

export type Variable = readonly [name: string, converter: BaseConverter<unknown>]

export interface BoundRule {
  /** The parts that match the subdomain or host, and the path. */
  readonly domainParts: readonly Part[]
  readonly parts: readonly Part[]
  /** The converters of its variables, in order. */
  readonly converters: ReadonlyMap<string, BaseConverter<unknown>>
  /** The same as a list, which is faster to iterate. */
  readonly variables: readonly Variable[]
  readonly defaults: readonly (readonly [name: string, value: unknown])[]
  /** The names of its variables and defaults. */
  readonly arguments: ReadonlySet<string>
  /** The pattern without its converters: rules with the same trace build the same URLs. */
  readonly trace: string
  readonly builder: Builder
}

/** `tokens` are those of the rule's path, if it has been parsed. */
export function bindRule(rule: UnboundRule, map: BindingMap, tokens: readonly Token[] | null): BoundRule {
  const domain = parseRule((map.hostMatching ? rule.host : rule.subdomain) ?? '', rule.path)
  const merged = rule.mergeSlashes ? rule.path.replace(/\/{2,}/g, '/') : rule.path
  const path = tokens !== null && merged === rule.path ? tokens : parseRule(merged, rule.path)
  const converters = makeConverters(rule.path, map, [...domain, ...path])
  checkRedirect(rule, converters)
  const args = new Set([...Object.keys(rule.defaults), ...converters.keys()])
  const buildItem = (token: Token) => toBuildItem(rule, converters, token)
  return {
    ...splitBoth(rule.path, map, domain, path, converters),
    converters,
    variables: [...converters],
    defaults: Object.entries(rule.defaults),
    arguments: args,
    trace: [domain, path].map((half) => half.map(written).join('')).join('|'),
    builder: new Builder(domain.map(buildItem), path.map(buildItem), args, map.sortParameters),
  }
}

type Converters = ReadonlyMap<string, BaseConverter<unknown>>

function makeConverters(rule: string, map: BindingMap, tokens: readonly Token[]): Converters {
  const converters = new Map<string, BaseConverter<unknown>>()
  for (const token of tokens) {
    if (token.kind !== 'variable') continue
    const { name } = token
    if (converters.has(name)) throw new TipfyError('TIPFY_E_RULE_VARIABLE_TWICE', { rule, name })
    converters.set(name, makeConverter(rule, map, token))
  }
  return converters
}

function makeConverter(rule: string, map: BindingMap, token: Token & { kind: 'variable' }): BaseConverter<unknown> {
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

function splitBoth(
  rule: string,
  map: BindingMap,
  domain: readonly Token[],
  path: readonly Token[],
  converters: Converters,
) {
  const item = (token: Token) => (token.kind === 'variable' ? converters.get(token.name)! : written(token))
  try {
    return { domainParts: splitItems(domain.map(item), map.parts), parts: splitItems(path.map(item), map.parts) }
  } catch (cause) {
    // Each regex is valid by itself, but two cannot be combined.
    const names = path.flatMap((token) => (token.kind === 'variable' ? [token.converter] : [])).join(', ')
    throw converterError(rule, names, cause)
  }
}

function checkRedirect({ path: rule, redirectTo }: UnboundRule, converters: Converters): void {
  if (typeof redirectTo !== 'string') return
  for (const [, name = ''] of redirectTo.matchAll(/<([^>]+)>/g)) {
    if (!converters.has(name)) throw new TipfyError('TIPFY_E_RULE_REDIRECT', { rule, target: redirectTo, name })
  }
}

function toBuildItem({ path: rule, defaults }: UnboundRule, converters: Converters, token: Token): BuildItem {
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
