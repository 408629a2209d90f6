// The types that the parts of routing know each other by: a rule knows a map and an adapter only as described here, so that
// no two files need each other.
import type { MultiDict } from '../http/multidict.ts'

/** Values of variables, by name. */
export type Values = Readonly<Record<string, unknown>>

/** Orders the query parameters of built URLs. */
export type SortParameters = (one: readonly [string, unknown], other: readonly [string, unknown]) => number

/** A map as its rules and converters see it: the options that hold for every rule without its own. */
export interface RuleMap {
  /** The subdomain of rules, and of bindings, that name none. Default: none. */
  readonly defaultSubdomain: string
  /** Redirect `/a` to the rule `/a/` (default), or let the rule match both. */
  readonly strictSlashes: boolean
  /** Redirect `/a//b` to `/a/b`. Default: true. */
  readonly mergeSlashes: boolean
  /** Redirect a URL that spells out a rule's defaults to that rule's own, shorter one. Default: true. */
  readonly redirectDefaults: boolean
  /** Rules have a `host`, not a `subdomain`. */
  readonly hostMatching: boolean
  /** Sort the query parameters of built URLs, by name or by a function. Default: as given. */
  readonly sortParameters: boolean | SortParameters
  /** The host name of requests; the part before it is the subdomain. Default: any, without subdomains. */
  readonly serverName: string | null
}

/** The host that an adapter is for, and the request if there is one. */
export interface Binding {
  /** With the port, unless it is the scheme's default. */
  serverName: string
  /** The path under which the application is mounted. Default: `/`. */
  scriptName?: string
  subdomain: string
  /** Default: http. Empty: URLs that would be absolute begin with `//`. */
  scheme?: string
  /** The default path of `match`, percent-encoded. Default: `/`. */
  pathInfo?: string
  /** The default method of `match` and `build`. Default: GET. */
  method?: string
  /** The query that redirects keep. */
  queryArgs?: string | Values | Iterable<readonly [string, unknown]> | null
}

/** Fields of which a name may occur several times. */
export type FieldList = MultiDict<unknown> | URLSearchParams

/** Options of `build`. */
export interface BuildOptions {
  /** Only rules with this method. Default: any, those of the adapter's method first. */
  method?: string | null
  /** Add scheme and host even where the path would be enough. */
  forceExternal?: boolean
  /** Default: the adapter's. */
  scheme?: string
  /** Put values that no variable takes into the query. Default: true. */
  appendUnknown?: boolean
}

/** An adapter as a rule's redirect function sees it. */
export interface RuleAdapter extends Readonly<Required<Binding>> {
  build(endpoint: string, values?: Values | FieldList, options?: BuildOptions): string
}

/** Returns the target of a redirect. The type of a method, so that a function of the class `UrlAdapter` is one too. */
export type RedirectFunction = { target(adapter: RuleAdapter, args: Record<string, unknown>): string }['target']

/**
 * The handler of a rule: `'module:Class'`, the class, or a function that imports it. It is checked at first use: a stricter
 * type here would make the types of handlers and of rules depend on each other.
 */
export type HandlerTarget = string | (abstract new (...args: never[]) => object) | (() => Promise<unknown>)

/** Options of a rule, beside its path. */
export interface RuleOptions<
  Endpoint extends string = string,
  Defaults extends Values = Values,
  Domain extends string = string,
> {
  /** The name to build URLs by. Several rules may share it. */
  endpoint?: Endpoint
  /** `'module:Class'`, the class, or a function that imports it. Default: the endpoint. */
  handler?: HandlerTarget
  /** The methods it matches, default all; GET includes HEAD. */
  methods?: readonly string[]
  /** Values passed to the handler besides, or instead of, those of the variables. */
  defaults?: Defaults
  /** Its subdomain, which may have variables. Default: the map's `defaultSubdomain`. */
  subdomain?: Domain
  /** Its whole host, which may have variables; for maps with `hostMatching`. */
  host?: Domain
  /** Redirect `/a` to `/a/` (default), or match both. Default: the map's. */
  strictSlashes?: boolean
  /** Redirect `/a//b` to `/a/b`. Default: the map's. */
  mergeSlashes?: boolean
  /** The target of a redirect: text with `<name>` for values, or a function. Relative to the application's root. */
  redirectTo?: string | RedirectFunction
  /** Only for building URLs. */
  buildOnly?: boolean
  /** Redirects to the other rule of its endpoint, which has the same variables. */
  alias?: boolean
  /** False: no session is loaded for it. */
  session?: boolean
  /**
   * True: a user must be logged in. 'fresh': by a login a short time ago. A function: is given the user, and returns true for one
   * that may pass. Needs the hook `requireUser` of tipfy/ext/auth.
   */
  auth?: true | 'fresh' | ((user: never) => boolean)
  /** 'required': a 403 where the session is not bound to a device. Needs `deviceBound` in 'tipfy/ext/session'. */
  deviceBound?: 'required'
  /** Bytes of a body, in place of `tipfy.maxBodySize`, also for hooks that read it before the handler; more is a 413. */
  maxBodySize?: number
}
