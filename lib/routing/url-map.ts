// The rules of an application, compiled at first use.
import { domainToASCII } from 'node:url'
import { inspect } from 'node:util'
import { BadHost } from '../http/exceptions.ts'
import { withoutDefaultPort } from '../http/request/origin.ts'
import { TipfyError } from '../internal/errors.ts'
import { type Check, isDictionary } from '../internal/settings.ts'
import { type AdapterMap, isMismatch, mismatchError, UrlAdapter } from './adapter.ts'
import type { BindingMap } from './bind.ts'
import { checkFactory, checkOptions, checkValue, flag, text } from './check.ts'
import { type ConverterClass, defaultConverters } from './converters.ts'
import { type Compiled, compileRules } from './matcher/compile.ts'
import { decodedPath, type Match, matchOptions, matchPath, rulesForPath } from './matcher/match.ts'
import type { DynamicPart } from './matcher/rule-part.ts'
import type { Rule, RuleFactory } from './rule.ts'
import type { Binding, RuleMap, SortParameters } from './types.ts'

/** Options of a map; they hold for all rules without their own. */
export interface UrlMapOptions extends Partial<RuleMap> {
  /** Converters of your own, by name. */
  converters?: Readonly<Record<string, ConverterClass>>
}

/** The host, and optionally the request, that a map is bound to. */
export interface BindOptions extends Partial<Binding> {
  /** The host, like 'example.org' or 'localhost:8080'. */
  serverName: string
}

/** The part of a request that matching reads; each property only when it counts. */
export interface RoutedRequest {
  readonly method: string
  /** In lower case, with the port unless it is the scheme's default. */
  readonly host: string
  readonly scheme: string
  /** Path and query as requested, percent-encoded. */
  readonly rawPath: string
  readonly rawQuery: string
  /** The path under which the application is mounted. */
  readonly mountPath?: string
}

const isIterable: Check = (value) =>
  (typeof value === 'object' && value !== null && Symbol.iterator in value) || 'a list of rules'
const isConverter: Check = (value) => typeof value === 'function' || 'a class that extends BaseConverter'

const mapChecks: { readonly [Name in keyof Required<UrlMapOptions>]: Check } = {
  defaultSubdomain: text,
  strictSlashes: flag,
  mergeSlashes: flag,
  redirectDefaults: flag,
  hostMatching: flag,
  sortParameters: (value) => /^(?:boolean|function)$/.test(typeof value) || 'true, false or a function',
  converters: (value) => isDictionary(value) || 'an object of classes, by name',
  serverName: text,
}

const bindChecks: { readonly [Name in keyof Required<BindOptions>]: Check } = {
  serverName: text,
  scriptName: text,
  subdomain: text,
  scheme: text,
  pathInfo: text,
  method: text,
  queryArgs: (value) => typeof value === 'string' || typeof value === 'object' || 'a text, an object or a MultiDict',
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
export class UrlMap implements AdapterMap, BindingMap {
  readonly defaultSubdomain: string
  readonly strictSlashes: boolean
  readonly mergeSlashes: boolean
  readonly redirectDefaults: boolean
  readonly hostMatching: boolean
  readonly sortParameters: boolean | SortParameters
  readonly converters: Readonly<Record<string, ConverterClass>>
  readonly serverName: string | null
  /** The parts with variables of its rules, by pattern: rules that agree in one share it. */
  readonly parts = new Map<string, DynamicPart>()
  /** The rules in the order in which they were added. */
  readonly addedRules: Rule[] = []
  readonly #byEndpoint = new Map<string, Rule[]>()
  #compiled: Compiled | null = null

  /** @throws {TipfyError} TIPFY_E_RULE_… for a rule that cannot be parsed, or is part of another map */
  constructor(rules: Iterable<RuleFactory> = [], options: UrlMapOptions = {}) {
    checkOptions('the map', options, mapChecks, '{ strictSlashes: false }')
    for (const [name, converter] of Object.entries(options.converters ?? {}))
      checkValue(`The converter \`${name}\``, converter, isConverter)
    checkValue('The rules of a map', rules, isIterable)
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
    checkFactory('A rule of a map', factory)
    for (const rule of factory.getRules(this)) {
      rule.bind(this)
      this.addedRules.push(rule)
      const rules = this.#byEndpoint.get(rule.endpoint)
      if (rules === undefined) this.#byEndpoint.set(rule.endpoint, [rule])
      else rules.push(rule)
    }
    this.#compiled = null
  }

  /** The rules, or those of one endpoint, in the order in which `build` tries them. */
  rules(endpoint?: string): readonly Rule[] {
    this.compile()
    return endpoint === undefined ? [...this.#byEndpoint.values()].flat() : (this.#byEndpoint.get(endpoint) ?? [])
  }

  /** True if some rule of the endpoint takes all these variables. */
  isEndpointExpecting(endpoint: string, ...names: string[]): boolean {
    return this.rules(endpoint).some((rule) => names.every((name) => rule.arguments.has(name)))
  }

  /** Compiles the rules. Matching does it by itself; a server can do it before the first request. */
  compile(): Compiled {
    this.#compiled ??= compileRules(this, this.addedRules, this.#byEndpoint.values())
    return this.#compiled
  }

  /** An adapter for a host, a scheme and a mount path. */
  bind(binding: BindOptions): UrlAdapter {
    checkOptions('map.bind()', binding, bindChecks, "{ serverName: 'example.org' }")
    const { serverName, subdomain, ...options } = binding
    checkValue('`serverName` of map.bind()', serverName, text)
    if (this.hostMatching && subdomain !== undefined) throw new TipfyError('TIPFY_E_BIND_SUBDOMAIN')
    const name = serverName.toLowerCase()
    const host = /^[\x21-\x7e]*$/.test(name) ? name : name.replace(/^[^:]+/, domainToASCII)
    if (host !== name && (host === '' || host.startsWith(':'))) throw new BadHost()
    return new UrlAdapter(this, { ...options, serverName: host, subdomain: subdomain ?? this.defaultSubdomain })
  }

  /** An adapter for a request. */
  bindToRequest(request: RoutedRequest): UrlAdapter {
    const { host, scheme, mountPath: scriptName, rawPath: pathInfo, rawQuery: queryArgs, method } = request
    const subdomain = this.hostMatching ? '' : this.#domainOf(request)
    const isBelow = subdomain !== '' && host.startsWith(`${subdomain}.`)
    const serverName = isBelow ? host.slice(subdomain.length + 1) : subdomain === '' ? host : (this.serverName ?? host)
    return new UrlAdapter(this, { serverName, subdomain, scriptName, scheme, pathInfo, queryArgs, method })
  }

  /**
   * Matches a request; throws as {@link UrlAdapter.match}. A path that begins with several slashes is redirected to that with
   * one, whatever it matches: the rules of a proxy in front may not see it as the path that it is matched as.
   */
  matchRequest(request: RoutedRequest): Match {
    const { rawPath, method } = request
    // Only redirects need an adapter: most matches make none.
    if (this.mergeSlashes && rawPath.charCodeAt(1) === 47 && rawPath.charCodeAt(0) === 47)
      return this.bindToRequest(request).follow({ kind: 'merged', path: decodedPath(rawPath) }, method)
    let outcome = matchPath(this.compile(), this.#domainOf(request), rawPath, method)
    if (!('kind' in outcome)) return outcome
    if (isMismatch(outcome) && method === 'OPTIONS')
      outcome = matchOptions(this.compile(), this.#domainOf(request), rawPath)
    if (isMismatch(outcome)) throw mismatchError(outcome)
    return this.bindToRequest(request).follow(outcome, method)
  }

  /** See {@link UrlAdapter.rulesFor}. Where there are none, those of the path with merged slashes: a 405 may be theirs. */
  rulesFor(request: RoutedRequest): Rule[] {
    const { rawPath } = request
    const rules = rulesForPath(this.compile(), this.#domainOf(request), rawPath)
    if (rules.length > 0 || !this.compile().mergeSlashes || !rawPath.includes('//')) return rules
    return rulesForPath(this.compile(), this.#domainOf(request), rawPath.replace(/\/{2,}/g, '/'))
  }

  toJSON(): object {
    return { rules: this.addedRules }
  }

  [inspect.custom](): string {
    return `UrlMap [\n${this.addedRules.map((rule) => `  ${rule}\n`).join('')}]`
  }

  /** Reads the host only where rules depend on it. */
  #domainOf(request: RoutedRequest): string {
    const { hostMatching, serverName } = this
    if (hostMatching) return request.host
    if (serverName === null || !this.compile().hasSubdomains) return this.defaultSubdomain
    // A name without a port matches every port.
    const host = /:\d+$/.test(serverName) ? request.host : request.host.replace(/:\d+$/, '')
    if (host === serverName) return ''
    // Werkzeug's result for another host: a subdomain that no rule has.
    return host.endsWith(`.${serverName}`) ? host.slice(0, -serverName.length - 1) : '<invalid>'
  }
}
