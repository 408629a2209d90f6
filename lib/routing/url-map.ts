// All rules of an application, compiled at first use: to match by, and to build URLs from.
import { domainToASCII } from 'node:url'
import { inspect } from 'node:util'
import { BadHost } from '../http/exceptions.ts'
import { withoutDefaultPort } from '../http/request/origin.ts'
import { TipfyError } from '../internal/errors.ts'
import { type Binding, UrlAdapter } from './adapter.ts'
import { compareForBuild, providesDefaultsFor } from './builder.ts'
import { type ConverterClass, defaultConverters } from './converters.ts'
import { isReadAsItIs, type Match, matchPath, type Origin, rulesForPath } from './matcher/match.ts'
import type { DynamicPart } from './matcher/rule-part.ts'
import { type Candidate, RuleTree } from './matcher/rule-tree.ts'
import type { Rule, RuleFactory } from './rule.ts'

/** Orders the query parameters of built URLs. */
export type SortParameters = (one: readonly [string, unknown], other: readonly [string, unknown]) => number

/** What holds for all rules of a map that do not say otherwise. */
export interface UrlMapOptions {
  /** The subdomain of rules that name none, and of a binding that names none. Default: none. */
  defaultSubdomain?: string
  /** Whether `/a` is redirected to the rule `/a/` (default), or answered by it. */
  strictSlashes?: boolean
  /** Whether `/a//b` is redirected to `/a/b`. Default: true. */
  mergeSlashes?: boolean
  /** Whether a URL that spells out a rule's defaults is redirected to that rule's own, shorter one. Default: true. */
  redirectDefaults?: boolean
  /** Rules have a `host`, not a `subdomain`. */
  hostMatching?: boolean
  /** Whether, or how, to sort the query parameters of built URLs. Default: as given. */
  sortParameters?: boolean | SortParameters
  /** Converters of one's own, by name. */
  converters?: Readonly<Record<string, ConverterClass>>
  /** The name under which requests come; what stands before it is the subdomain. Default: any, without subdomains. */
  serverName?: string | null
}

/** What to bind a map to. */
export interface BindOptions extends Partial<Binding> {
  /** The host, like 'example.org' or 'localhost:8080'. */
  serverName: string
}

/**
 * All the rules.
 *
 * @example
 * const map = new UrlMap([new Rule('/archive/<int:year>/', { endpoint: 'archive' })])
 * const urls = map.bind({ serverName: 'example.org' })
 * urls.match('/archive/2009/') // { rule, args: { year: 2009 } }
 * urls.build('archive', { year: 2009 }) // '/archive/2009/'
 */
export class UrlMap {
  readonly defaultSubdomain: string
  readonly strictSlashes: boolean
  readonly mergeSlashes: boolean
  readonly redirectDefaults: boolean
  readonly hostMatching: boolean
  readonly sortParameters: boolean | SortParameters
  readonly converters: Readonly<Record<string, ConverterClass>>
  readonly serverName: string | null
  /** The parts with variables that its rules are made of, by what they accept. */
  readonly parts = new Map<string, DynamicPart>()
  /** The rules in the order in which they were added. */
  readonly addedRules: Rule[] = []
  private readonly byEndpoint = new Map<string, Rule[]>()
  private compiled: Compiled | null = null

  /** @throws {TipfyError} TIPFY_E_RULE_… for a rule that cannot be read, or is part of another map */
  constructor(rules: Iterable<RuleFactory> = [], options: UrlMapOptions = {}) {
    this.defaultSubdomain = options.defaultSubdomain ?? ''
    this.strictSlashes = options.strictSlashes ?? true
    this.mergeSlashes = options.mergeSlashes ?? true
    this.redirectDefaults = options.redirectDefaults ?? true
    this.hostMatching = options.hostMatching ?? false
    this.sortParameters = options.sortParameters ?? false
    this.converters = { ...defaultConverters, ...options.converters }
    this.serverName = options.serverName ? withoutDefaultPort(options.serverName) : null
    for (const rule of rules) this.add(rule)
  }

  /** Adds rules; they must not be part of another map. */
  add(factory: RuleFactory): void {
    for (const rule of factory.getRules(this)) {
      rule.bind(this)
      this.addedRules.push(rule)
      const rules = this.byEndpoint.get(rule.endpoint)
      if (rules === undefined) this.byEndpoint.set(rule.endpoint, [rule])
      else rules.push(rule)
    }
    this.compiled = null
  }

  /** The rules, or those of one endpoint, in the order in which `build` tries them. */
  rules(endpoint?: string): readonly Rule[] {
    this.compile()
    return endpoint === undefined ? [...this.byEndpoint.values()].flat() : (this.byEndpoint.get(endpoint) ?? [])
  }

  /** Whether some rule of the endpoint takes all these variables. */
  isEndpointExpecting(endpoint: string, ...names: string[]): boolean {
    return this.rules(endpoint).some((rule) => names.every((name) => rule.arguments.has(name)))
  }

  /** The matcher's tree. Matching compiles by itself; at start it can be done before the first request comes. */
  compile(): Compiled {
    this.compiled ??= compile(this, this.byEndpoint)
    return this.compiled
  }

  /** An adapter for one host, scheme and place below which the application lives. */
  bind({ serverName, subdomain, ...options }: BindOptions): UrlAdapter {
    if (this.hostMatching && subdomain !== undefined) throw new TipfyError('TIPFY_E_BIND_SUBDOMAIN')
    const name = serverName.toLowerCase()
    const host = /^[\x21-\x7e]*$/.test(name) ? name : name.replace(/^[^:]+/, domainToASCII)
    if (host !== name && (host === '' || host.startsWith(':'))) throw new BadHost()
    return new UrlAdapter(this, { ...options, serverName: host, subdomain: subdomain ?? this.defaultSubdomain })
  }

  /** An adapter for a request. */
  bindToRequest(request: RoutedRequest): UrlAdapter {
    const { host, scheme, rawPath: pathInfo, rawQuery: queryArgs, method } = request
    const subdomain = this.hostMatching ? '' : this.domainOf(request)
    const isBelow = subdomain !== '' && host.startsWith(`${subdomain}.`)
    const serverName = isBelow ? host.slice(subdomain.length + 1) : subdomain === '' ? host : (this.serverName ?? host)
    return new UrlAdapter(this, { serverName, subdomain, scheme, pathInfo, queryArgs, method })
  }

  /** The rule of a request and the values of its variables; throws as {@link UrlAdapter.match}. */
  matchRequest(request: RoutedRequest): Match {
    const { rawPath, method } = request
    return matchPath(this, this.domainOf(request), rawPath, method, request)
  }

  /** The adapter of where a match was asked for. */
  adapterOf(origin: Origin): UrlAdapter {
    return origin instanceof UrlAdapter ? origin : this.bindToRequest(origin)
  }

  /** See {@link UrlAdapter.rulesFor}. */
  rulesFor(request: RoutedRequest): Rule[] {
    return rulesForPath(this, this.domainOf(request), request.rawPath)
  }

  toJSON(): object {
    return { rules: this.addedRules }
  }

  [inspect.custom](): string {
    return `UrlMap [\n${this.addedRules.map((rule) => `  ${rule}\n`).join('')}]`
  }

  /** The host is looked at only where rules ask for it. */
  private domainOf(request: RoutedRequest): string {
    if (this.hostMatching) return request.host
    if (this.serverName === null || !this.compile().hasSubdomains) return this.defaultSubdomain
    const { serverName } = this
    // A name that tells no port stands for all of them.
    const host = /:\d+$/.test(serverName) ? request.host : request.host.replace(/:\d+$/, '')
    if (host === serverName) return ''
    // Werkzeug's answer where the host is another one: a subdomain that no rule has.
    return host.endsWith(`.${serverName}`) ? host.slice(0, -serverName.length - 1) : '<invalid>'
  }
}

/** What a map needs to know of a request; each is read only when it counts. */
export interface RoutedRequest {
  readonly method: string
  /** In lower case, with the port if it is not the scheme's own. */
  readonly host: string
  readonly scheme: string
  /** Path and query as requested, percent-encoded. */
  readonly rawPath: string
  readonly rawQuery: string
}

/** What a map makes of its rules. */
export interface Compiled {
  tree: RuleTree
  /** By their paths, rules that are found by nothing else and whose match nothing depends on but the method. */
  plain: ReadonlyMap<string, Rule>
  /** For rules that another one says shorter by its defaults: those others. */
  shorter: ReadonlyMap<Rule, readonly Rule[]>
  hasSubdomains: boolean
}

function compile(map: UrlMap, byEndpoint: ReadonlyMap<string, Rule[]>): Compiled {
  const shorter = new Map<Rule, Rule[]>()
  for (const rules of byEndpoint.values()) {
    rules.sort(compareForBuild)
    const earlier: Rule[] = []
    for (const rule of rules) {
      const others = earlier.filter((other) => providesDefaultsFor(other, rule))
      if (others.length > 0) shorter.set(rule, others)
      if (Object.keys(rule.defaults).length > 0 && !rule.buildOnly) earlier.push(rule)
    }
  }
  const { addedRules, hostMatching, defaultSubdomain } = map
  const tree = new RuleTree(addedRules.filter((rule) => !rule.buildOnly))
  const hasSubdomains = addedRules.some((rule) => rule.subdomain !== '')
  const hasDomains = hasSubdomains || hostMatching || defaultSubdomain !== ''
  return { tree, plain: hasDomains ? new Map() : plainRules(tree, shorter), shorter, hasSubdomains }
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
