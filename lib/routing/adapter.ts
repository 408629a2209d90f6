// A map bound to a host: matches paths, redirects, and builds URLs.
import { MethodNotAllowed, NotFound } from '../http/exceptions.ts'
import { MultiDict } from '../http/multidict.ts'
import { put } from '../internal/json.ts'
import { type Check, isDictionary } from '../internal/settings.ts'
import { BuildError } from './build-error.ts'
import { isSuitable } from './build-order.ts'
import { type Built, pairsOf } from './builder.ts'
import { checkNames, checkValue, text } from './check.ts'
import type { Compiled } from './matcher/compile.ts'
import { type Match, type Mismatch, matchPath, type Outcome, type Redirection, rulesForPath } from './matcher/match.ts'
import { encodeQuery, quoteDecoded } from './quote.ts'
import { RequestRedirect, redirectTarget } from './redirect.ts'
import type { Rule } from './rule.ts'
import type { Binding, BuildOptions, FieldList, RuleAdapter, RuleMap, Values } from './types.ts'

/** A map as its adapters see it. */
export interface AdapterMap extends RuleMap {
  rules(endpoint?: string): readonly Rule[]
  compile(): Compiled
}

const isValues: Check = () => 'an object or a MultiDict'
const isOptions: Check = () => 'an object like { forceExternal: true }'
const buildNames = { method: 0, forceExternal: 0, scheme: 0, appendUnknown: 0 } satisfies Record<keyof BuildOptions, 0>

/** A map bound to a host and a scheme, and to a request if there is one. */
export class UrlAdapter implements RuleAdapter {
  readonly map: AdapterMap
  readonly serverName: string
  readonly scriptName: string
  readonly subdomain: string
  readonly scheme: string
  readonly pathInfo: string
  readonly method: string
  readonly queryArgs: NonNullable<Binding['queryArgs']>

  constructor(map: AdapterMap, binding: Binding) {
    const scriptName = binding.scriptName ?? '/'
    this.map = map
    this.serverName = binding.serverName
    this.scriptName = scriptName.endsWith('/') ? scriptName : `${scriptName}/`
    this.subdomain = binding.subdomain
    this.scheme = binding.scheme ?? 'http'
    this.pathInfo = binding.pathInfo ?? '/'
    this.method = binding.method ?? 'GET'
    this.queryArgs = binding.queryArgs ?? ''
  }

  /** Compared with the domains of rules: the whole host with `hostMatching`, else the subdomain. */
  get domain(): string {
    return this.map.hostMatching ? this.serverName : this.subdomain
  }

  /**
   * Matches a path, percent-encoded as requested. Throws `RequestRedirect`, `NotFound`, `MethodNotAllowed` (its `allow` as
   * Werkzeug's), or `BadRequest` where a `%` is malformed or does not encode UTF-8.
   */
  match(path: string = this.pathInfo, method: string = this.method): Match {
    checkValue('The path of match()', path, text)
    checkValue('The method of match()', method, text)
    const verb = method.toUpperCase()
    return this.follow(matchPath(this.map.compile(), this.domain, path, verb), verb)
  }

  /** Returns a match; for any other outcome throws the redirect or the error. */
  follow(outcome: Outcome, method: string): Match {
    if (!('kind' in outcome)) return outcome
    if (isMismatch(outcome)) throw mismatchError(outcome)
    const redirect = this.#redirect(outcome, method)
    if (typeof redirect === 'string') throw new RequestRedirect(redirect)
    return redirect
  }

  /** True if `match` would find a rule, or redirect. */
  test(path?: string, method?: string): boolean {
    try {
      this.match(path, method)
      return true
    } catch (error) {
      return error instanceof RequestRedirect
    }
  }

  /** Every rule that matches a path with some method, the one that `match` prefers first; redirects are left out. */
  rulesFor(path: string = this.pathInfo): Rule[] {
    checkValue('The path of rulesFor()', path, text)
    return rulesForPath(this.map.compile(), this.domain, path)
  }

  /** The URL of a redirect, or the match itself of an alias without another rule for its values. */
  #redirect(redirection: Redirection, method: string): string | Match {
    switch (redirection.kind) {
      case 'slash':
      case 'merged':
        return this.#withQuery(this.#place(quoteDecoded(redirection.path), null))
      case 'shorter':
        return this.#withQuery(this.#place(redirection.built.path, redirection.built.domain))
      case 'alias': {
        const { match, path } = redirection
        const url = this.#canonicalUrl(match, method)
        if (url !== null && url !== this.#place(quoteDecoded(path), null)) return this.#withQuery(url)
        return match.rule.redirectTo === undefined ? match : redirectTarget(match, this, this.#origin(null))
      }
      case 'target':
        return redirectTarget(redirection.match, this, this.#origin(null))
    }
  }

  /** The URL of the rule that an alias leads to; null if none takes its values. */
  #canonicalUrl({ rule, args }: Match, method: string): string | null {
    try {
      return this.build(rule.endpoint, args, { method, appendUnknown: false, forceExternal: true })
    } catch {
      return null
    }
  }

  #origin(domain: string | null): string {
    return `${this.scheme || 'http'}://${this.#host(domain)}`
  }

  #place(path: string, domain: string | null): string {
    const place = this.scriptName.replace(/^\/+|\/+$/g, '')
    return `${this.#origin(domain)}/${place === '' ? '' : `${place}/`}${path.replace(/^\/+/, '')}`
  }

  #withQuery(url: string): string {
    // A header takes Latin-1, which is how Node decodes the bytes of a request.
    const query = queryText(this.queryArgs).replace(/[^\x21-\x7e\x80-\xff]+/g, (part) =>
      encodeURIComponent(part.toWellFormed()),
    )
    return query === '' ? url : `${url}?${query}`
  }

  /** The host for a rule's domain: a whole host with `hostMatching`, else a subdomain. */
  #host(domain: string | null): string {
    if (this.map.hostMatching) return domain ?? this.serverName
    const subdomain = domain ?? this.subdomain
    return subdomain === '' ? this.serverName : `${subdomain}.${this.serverName}`
  }

  /**
   * Builds the URL of an endpoint: a path, or absolute where it is on another host. Throws a {@link BuildError} where no rule of
   * the endpoint takes these values.
   */
  build(endpoint: string, values: Values | FieldList = {}, options: BuildOptions = {}): string {
    checkValue('The endpoint of a URL', endpoint, text)
    if (!isDictionary(values)) checkValue(`The values of the URL of '${endpoint}'`, values, isValues)
    if (!isDictionary(options)) checkValue('The options of build()', options, isOptions)
    checkNames('build()', options, buildNames)
    const { method = null, forceExternal = false, scheme = this.scheme, appendUnknown = true } = options
    const given: Record<string, unknown> = {}
    const source = Symbol.iterator in values ? listed(values as FieldList) : values
    for (const name of Object.keys(source)) {
      if (source[name] !== undefined && source[name] !== null) put(given, name, source[name])
    }
    const built = this.#buildWith(endpoint, given, method, appendUnknown)
    if (built === null) throw new BuildError(this.map.rules(), endpoint, given, method)
    const host = this.#host(built.domain)
    const path = built.path.replace(/^\/+/, '')
    const isHere = this.map.hostMatching ? host === this.serverName : built.domain === this.subdomain
    if (isHere && !forceExternal) return `${this.scriptName.replace(/\/+$/, '')}/${path}`
    const secure = scheme === 'https' || scheme === 'wss'
    return `${scheme === '' ? '' : secure ? 'https:' : 'http:'}//${host}${this.scriptName.slice(0, -1)}/${path}`
  }

  #buildWith(endpoint: string, values: Values, method: string | null, appendUnknown: boolean): Built | null {
    const preferred = method === null ? this.#buildWith(endpoint, values, this.method, appendUnknown) : null
    if (preferred !== null) return preferred
    let elsewhere: Built | null = null
    for (const rule of this.map.rules(endpoint)) {
      if (!isSuitable(rule, values, method)) continue
      const built = this.#buildRule(rule, values, method, appendUnknown)
      if (built === null) continue
      if (!this.map.hostMatching || built.domain === this.serverName) return built
      elsewhere ??= built
    }
    return elsewhere
  }

  #buildRule(rule: Rule, values: Values, method: string | null, appendUnknown: boolean): Built | null {
    try {
      return rule.compiled.builder.build(values, appendUnknown)
    } catch (cause) {
      throw new BuildError(this.map.rules(), rule.endpoint, values, method, cause)
    }
  }
}

export function isMismatch(outcome: Redirection | Mismatch): outcome is Mismatch {
  return outcome.kind === 'methods' || outcome.kind === 'nothing'
}

export function mismatchError(mismatch: Mismatch): NotFound | MethodNotAllowed {
  return mismatch.kind === 'methods' ? new MethodNotAllowed(mismatch.allow) : new NotFound()
}

function queryText(query: UrlAdapter['queryArgs']): string {
  if (typeof query === 'string') return query
  return encodeQuery(Symbol.iterator in query ? (query as Iterable<[string, unknown]>) : pairsOf(query))
}

/** A query as values; a name that occurs several times has a list. */
function listed(values: FieldList): Values {
  const lists = Object.entries(new MultiDict(values).toObject({ all: true }))
  return Object.fromEntries(lists.map(([name, list]) => [name, list.length === 1 ? list[0] : list]))
}
