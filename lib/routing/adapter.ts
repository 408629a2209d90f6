// A map bound to a host: turns requests into rules and values, and values into URLs.
import { MultiDict } from '../http/multidict.ts'
import { put } from '../internal/put.ts'
import { BuildError } from './build-error.ts'
import { isSuitable, pairsOf } from './builder.ts'
import { type Match, matchPath, rulesForPath } from './matcher/match.ts'
import { encodeQuery, quoteDecoded } from './quote.ts'
import { RequestRedirect, resolveTarget } from './redirect.ts'
import type { Built, Rule, Values } from './rule.ts'
import type { UrlMap } from './url-map.ts'

/** Where an adapter stands: one host, and the request if there is one. */
export interface Binding {
  /** With the port, if it is not the scheme's own. */
  serverName: string
  /** The path below which the application lives. Default: `/`. */
  scriptName?: string
  subdomain: string
  /** Default: http. Empty: URLs that would be absolute begin with `//`. */
  scheme?: string
  /** What `match` takes without a path, percent-encoded. Default: `/`. */
  pathInfo?: string
  /** What `match` and `build` take without a method. Default: GET. */
  method?: string
  /** What redirects keep. */
  queryArgs?: string | Values | Iterable<readonly [string, unknown]> | null
}

/** How `build` writes a URL. */
export interface BuildOptions {
  /** Only rules that have it. Default: any, those of the adapter's method first. */
  method?: string | null
  /** With scheme and host even where the path would do. */
  forceExternal?: boolean
  /** Default: the adapter's. */
  scheme?: string
  /** Whether values that no variable takes become the query. Default: true. */
  appendUnknown?: boolean
}

/** A map bound to a host and a scheme, and to a request if there is one: it matches paths and builds URLs. */
export class UrlAdapter {
  readonly map: UrlMap
  readonly serverName: string
  readonly scriptName: string
  readonly subdomain: string
  readonly scheme: string
  readonly pathInfo: string
  readonly method: string
  readonly queryArgs: NonNullable<Binding['queryArgs']>

  constructor(map: UrlMap, binding: Binding) {
    const { scriptName = '/' } = binding
    this.map = map
    this.serverName = binding.serverName
    this.scriptName = scriptName.endsWith('/') ? scriptName : `${scriptName}/`
    this.subdomain = binding.subdomain
    this.scheme = binding.scheme ?? 'http'
    this.pathInfo = binding.pathInfo ?? '/'
    this.method = binding.method ?? 'GET'
    this.queryArgs = binding.queryArgs ?? ''
  }

  /** What rules' domains are compared with: the whole host with `hostMatching`, else the subdomain. */
  get domain(): string {
    return this.map.hostMatching ? this.serverName : this.subdomain
  }

  /**
   * The rule of a path, percent-encoded as requested. Throws `RequestRedirect`, `NotFound`, `MethodNotAllowed` (its
   * `allow` as Werkzeug's), or `BadRequest` where a `%` is malformed or does not stand for UTF-8.
   */
  match(path: string = this.pathInfo, method: string = this.method): Match {
    return matchPath(this.map, this.domain, path, method.toUpperCase(), this)
  }

  /** Whether `match` would find, or redirect. */
  test(path?: string, method?: string): boolean {
    try {
      this.match(path, method)
      return true
    } catch (error) {
      return error instanceof RequestRedirect
    }
  }

  /** Every rule that answers a path with some method, the one that `match` prefers first; redirects are not among them. */
  rulesFor(path: string = this.pathInfo): Rule[] {
    return rulesForPath(this.map, this.domain, path)
  }

  /** To a path of this application, decoded; the query is kept. */
  redirectToPath(path: string): RequestRedirect {
    return this.redirectToUrl(quoteDecoded(path), null)
  }

  /** The same, with the path quoted already and on the host of `domain`. */
  redirectToUrl(path: string, domain: string | null): RequestRedirect {
    return this.redirectWithQuery(this.place(path, domain))
  }

  /** From an alias to the rule that it is an alias of; null if there is none that takes these values. */
  redirectToCanonical({ endpoint }: Rule, args: Values, method: string, path: string): RequestRedirect | null {
    const options = { method, appendUnknown: false, forceExternal: true }
    const url = this.tryBuild(endpoint, args, options)
    return url === null || url === this.place(quoteDecoded(path), null) ? null : this.redirectWithQuery(url)
  }

  /** To what a rule's `redirectTo` says. */
  redirectToTarget(target: string, mayLeave: boolean): RequestRedirect {
    return new RequestRedirect(resolveTarget(this.origin(null), this.scriptName, target, mayLeave))
  }

  private origin(domain: string | null): string {
    return `${this.scheme || 'http'}://${this.host(domain)}`
  }

  private place(path: string, domain: string | null): string {
    const place = this.scriptName.replace(/^\/+|\/+$/g, '')
    return `${this.origin(domain)}/${place === '' ? '' : `${place}/`}${path.replace(/^\/+/, '')}`
  }

  private redirectWithQuery(url: string): RequestRedirect {
    // A header takes Latin-1, as which Node reads the bytes of a request.
    const query = this.query().replace(/[^\x21-\x7e\x80-\xff]+/g, (text) => encodeURIComponent(text.toWellFormed()))
    return new RequestRedirect(query === '' ? url : `${url}?${query}`)
  }

  private query(): string {
    const { queryArgs } = this
    if (typeof queryArgs === 'string') return queryArgs
    return encodeQuery(Symbol.iterator in queryArgs ? (queryArgs as Iterable<[string, unknown]>) : pairsOf(queryArgs))
  }

  /** The host for a rule's domain: a whole host with `hostMatching`, else a subdomain. */
  private host(domain: string | null): string {
    if (this.map.hostMatching) return domain ?? this.serverName
    const subdomain = domain ?? this.subdomain
    return subdomain === '' ? this.serverName : `${subdomain}.${this.serverName}`
  }

  /**
   * The URL of an endpoint: a path, or absolute where it is on another host. Throws a {@link BuildError} where no rule
   * of the endpoint takes these values.
   */
  build(endpoint: string, values: Values | MultiDict<unknown> = {}, options: BuildOptions = {}): string {
    const { method = null, forceExternal = false, scheme = this.scheme, appendUnknown = true } = options
    const given: Record<string, unknown> = {}
    const source = values instanceof MultiDict ? listed(values) : values
    for (const name of Object.keys(source)) {
      if (source[name] !== undefined && source[name] !== null) put(given, name, source[name])
    }
    const built = this.buildWith(endpoint, given, method, appendUnknown)
    if (built === null) throw new BuildError(this.map.rules(), endpoint, given, method)
    const host = this.host(built.domain)
    const path = built.path.replace(/^\/+/, '')
    const isHere = this.map.hostMatching ? host === this.serverName : built.domain === this.subdomain
    if (isHere && !forceExternal) return `${this.scriptName.replace(/\/+$/, '')}/${path}`
    const secure = scheme === 'https' || scheme === 'wss'
    return `${scheme === '' ? '' : secure ? 'https:' : 'http:'}//${host}${this.scriptName.slice(0, -1)}/${path}`
  }

  private tryBuild(endpoint: string, values: Values, options: BuildOptions): string | null {
    try {
      return this.build(endpoint, values, options)
    } catch {
      return null
    }
  }

  private buildWith(endpoint: string, values: Values, method: string | null, appendUnknown: boolean): Built | null {
    const preferred = method === null ? this.buildWith(endpoint, values, this.method, appendUnknown) : null
    if (preferred !== null) return preferred
    let elsewhere: Built | null = null
    for (const rule of this.map.rules(endpoint)) {
      if (!isSuitable(rule, values, method)) continue
      const built = this.buildRule(rule, values, method, appendUnknown)
      if (built === null) continue
      if (!this.map.hostMatching || built.domain === this.serverName) return built
      elsewhere ??= built
    }
    return elsewhere
  }

  private buildRule(rule: Rule, values: Values, method: string | null, appendUnknown: boolean) {
    try {
      return rule.compiled.builder.build(values, appendUnknown)
    } catch (cause) {
      throw new BuildError(this.map.rules(), rule.endpoint, values, method, cause)
    }
  }
}

/** A query as values: what came several times is a list. */
function listed(values: MultiDict<unknown>): Values {
  const lists = Object.entries(values.toObject({ all: true }))
  return Object.fromEntries(lists.map(([name, list]) => [name, list.length === 1 ? list[0] : list]))
}
