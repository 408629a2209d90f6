// One URL pattern: what it says, and, once a map has bound it, the parts to match it by and the way to build it.
import { inspect } from 'node:util'
import { TipfyError } from '../internal/errors.ts'
import { nearest } from '../internal/suggest.ts'
import type { UrlAdapter } from './adapter.ts'
import { type BoundRule, bindRule } from './bind.ts'
import { parseRule, type Token } from './parse.ts'
import type { UrlMap } from './url-map.ts'

/** Whatever yields rules: a {@link Rule} itself, a wrapper around rules, or a class of one's own. */
export interface RuleFactory {
  /** The rules, for a map to add; it calls this once. */
  getRules(map: UrlMap): Iterable<Rule>
}

/** A domain and a path with its query, quoted. */
export interface Built {
  domain: string
  path: string
}

/** Values of variables by name. */
export type Values = Readonly<Record<string, unknown>>

/**
 * What serves a rule: `'module:Class'`, the class, or a function that imports it. It is checked when it is first used:
 * a closer type here would make the types of handlers and of rules depend on each other.
 */
export type HandlerTarget = string | (abstract new (...args: never[]) => object) | (() => Promise<unknown>)

/** What a rule says beside its path. */
export interface RuleOptions<
  Endpoint extends string = string,
  Defaults extends Values = Values,
  Domain extends string = string,
> {
  /** The name to build URLs by. Several rules may share it. */
  endpoint?: Endpoint
  /** `'module:Class'`, the class, or a function that imports it. Default: the endpoint. */
  handler?: HandlerTarget
  /** The methods that it answers, default all; HEAD comes with GET. */
  methods?: readonly string[]
  /** Values that the handler gets besides, or instead of, those of the variables. */
  defaults?: Defaults
  /** The subdomain it is for, with variables if need be. Default: the map's `defaultSubdomain`. */
  subdomain?: Domain
  /** The whole host it is for, with variables if need be; for maps with `hostMatching`. */
  host?: Domain
  /** Whether `/a` is redirected to `/a/` (default) or answered as well. Default: the map's. */
  strictSlashes?: boolean
  /** Whether `/a//b` is redirected to `/a/b`. Default: the map's. */
  mergeSlashes?: boolean
  /** Where to redirect to: text with `<name>` for values, or a function. Relative to the application's root. */
  redirectTo?: string | ((adapter: UrlAdapter, args: Record<string, unknown>) => string)
  /** Only for building URLs. */
  buildOnly?: boolean
  /** Redirects to the other rule of its endpoint, which has the same variables. */
  alias?: boolean
  /** False: no session is loaded for it. */
  session?: boolean
}

// Node runs urls.ts without checking its types: a misspelt `methods` would have a rule answer all of them.
const optionNames = new Set<string>([
  'endpoint',
  'handler',
  'methods',
  'defaults',
  'subdomain',
  'host',
  'strictSlashes',
  'mergeSlashes',
  'redirectTo',
  'buildOnly',
  'alias',
  'session',
] satisfies (keyof RuleOptions)[])

/**
 * A URL pattern.
 *
 * @example
 * new Rule('/archive/<int:year>/', { endpoint: 'archive', handler: 'blog:Archive' })
 */
export class Rule<
  const Path extends string = string,
  const Endpoint extends string = string,
  const Defaults extends Values = Values,
  const Domain extends string = string,
> implements RuleFactory
{
  /** As it was given. */
  readonly path: Path
  /** The name to build URLs by; '' if it has none. */
  readonly endpoint: Endpoint
  /** What serves it; the endpoint unless said. */
  readonly handler: HandlerTarget
  /** In upper case; null where any will do. */
  readonly methods: ReadonlySet<string> | null
  /** Values that the handler gets besides, or instead of, those of the variables. */
  readonly defaults: Defaults
  /** Where it redirects to. */
  readonly redirectTo: RuleOptions['redirectTo']
  /** Whether it is only for building URLs. */
  readonly buildOnly: boolean
  /** Whether it redirects to the other rule of its endpoint. */
  readonly alias: boolean
  /** Whether a session is loaded for it. */
  readonly session: boolean
  /** The whole host it is for; null: any. */
  readonly host: Domain | null
  /** Null until bound, where the rule does not say. */
  subdomain: string | null
  /** Null until bound, where the rule does not say. */
  strictSlashes: boolean | null
  /** Null until bound, where the rule does not say. */
  mergeSlashes: boolean | null
  /** The map that it belongs to. */
  map: UrlMap | null = null
  private bound: BoundRule | null = null
  private tokens: readonly Token[] | null = null

  /** @throws {TipfyError} TIPFY_E_RULE_SLASH, TIPFY_E_RULE_OPTION, TIPFY_E_RULE_METHODS; the map throws for the rest */
  constructor(path: Path, options: RuleOptions<Endpoint, Defaults, Domain> = {}) {
    if (!path.startsWith('/')) throw new TipfyError('TIPFY_E_RULE_SLASH', { rule: path })
    for (const option of Object.keys(options)) {
      if (!optionNames.has(option)) {
        throw new TipfyError('TIPFY_E_RULE_OPTION', { rule: path, option, nearest: nearest(option, optionNames) })
      }
    }
    const { methods = null, endpoint = '', defaults = {} } = options
    if (methods !== null && !Array.isArray(methods)) throw new TipfyError('TIPFY_E_RULE_METHODS', { rule: path })
    this.path = path
    this.endpoint = endpoint as Endpoint
    this.handler = options.handler ?? endpoint
    this.methods = methods === null ? null : withHead(methods)
    this.defaults = defaults as Defaults
    this.redirectTo = options.redirectTo
    this.buildOnly = options.buildOnly ?? false
    this.alias = options.alias ?? false
    this.session = options.session ?? true
    this.host = options.host ?? null
    this.subdomain = options.subdomain ?? null
    this.strictSlashes = options.strictSlashes ?? null
    this.mergeSlashes = options.mergeSlashes ?? null
    // A template's placeholder may stand for anything, so its rules are read when they are filled in.
    this.tokens = path.includes('$') ? null : parseRule(path, path)
  }

  getRules(_map: UrlMap): Iterable<Rule> {
    return [this as Rule]
  }

  /** An unbound copy, with another path or other options. */
  copy({ path = this.path, ...options }: Partial<RuleOptions> & { path?: string } = {}): Rule {
    const { endpoint, handler, defaults, redirectTo, buildOnly, alias, session } = this
    const methods = this.methods === null ? undefined : [...this.methods]
    const [subdomain, host] = [this.subdomain ?? undefined, this.host ?? undefined]
    const [strictSlashes, mergeSlashes] = [this.strictSlashes ?? undefined, this.mergeSlashes ?? undefined]
    const own = { endpoint, handler, methods, defaults, subdomain, host, strictSlashes, mergeSlashes }
    return new Rule(path, { ...own, redirectTo, buildOnly, alias, session, ...options })
  }

  /** Makes it part of a map: its converters are made there, and what it leaves open is the map's. */
  bind(map: UrlMap): void {
    if (this.map !== null) throw new TipfyError('TIPFY_E_RULE_BOUND', { rule: this.path })
    this.map = map
    this.strictSlashes ??= map.strictSlashes
    this.mergeSlashes ??= map.mergeSlashes
    this.subdomain ??= map.defaultSubdomain
    this.bound = bindRule(this as Rule, map, this.tokens)
    this.tokens = null
  }

  /** What the map made of it. */
  get compiled(): BoundRule {
    if (this.bound === null) throw new TipfyError('TIPFY_E_RULE_UNBOUND', { rule: this.path })
    return this.bound
  }

  /** The names that it gives values to: variables and defaults. */
  get arguments(): ReadonlySet<string> {
    return this.compiled.arguments
  }

  toString(): string {
    const methods = this.methods === null ? '' : ` (${[...this.methods].join(', ')})`
    return `${this.path}${methods} -> ${this.endpoint}`
  }

  /** What is worth showing: not the map, which holds all rules. */
  toJSON(): object {
    const { path, endpoint, handler, methods, subdomain, host } = this
    const shown = typeof handler === 'string' ? handler : `[${handler.name || 'function'}]`
    return { path, endpoint, handler: shown, methods: methods && [...methods], subdomain, host }
  }

  [inspect.custom](): string {
    return `Rule { ${this} }`
  }
}

function withHead(methods: readonly string[]): ReadonlySet<string> {
  const set = new Set(methods.map((method) => method.toUpperCase()))
  return set.has('GET') ? set.add('HEAD') : set
}
