// One URL pattern: its options and, once a map has bound it, its compiled form.
import { inspect } from 'node:util'
import { TipfyError } from '../internal/errors.ts'
import { describeGiven } from '../internal/has-text.ts'
import { type Check, isDictionary } from '../internal/settings.ts'
import { type BindingMap, type BoundRule, bindRule } from './bind.ts'
import { checkOptions, checkValue, flag, text, textOrFunction } from './check.ts'
import { parseRule, type Token } from './parse.ts'
import type { HandlerTarget, RuleMap, RuleOptions, Values } from './types.ts'

/** Yields rules: a {@link Rule} itself, a wrapper around rules, or a class of your own. */
export interface RuleFactory {
  /** The rules, for a map to add; called once. */
  getRules(map: RuleMap): Iterable<Rule>
}

// With a misspelt `methods` a rule would match all of them. Those with an error of their own are checked below.
const anything: Check = () => true
const optionChecks: { [Name in keyof Required<RuleOptions>]: Check } = {
  endpoint: text,
  handler: (value) =>
    /^(?:string|function)$/.test(typeof value) || "'module:Class', a class, or a function that imports one",
  methods: anything,
  defaults: (value) => isDictionary(value) || 'an object like { page: 1 }',
  subdomain: text,
  host: text,
  strictSlashes: flag,
  mergeSlashes: flag,
  redirectTo: textOrFunction,
  buildOnly: flag,
  alias: flag,
  session: flag,
  deviceBound: anything,
  auth: anything,
  maxBodySize: anything,
}

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
  /** The pattern, as given. */
  readonly path: Path
  /** The name to build URLs by; '' if it has none. */
  readonly endpoint: Endpoint
  /** Its handler; the endpoint by default. */
  readonly handler: HandlerTarget
  /** In upper case; null matches all. */
  readonly methods: ReadonlySet<string> | null
  /** Values passed to the handler besides, or instead of, those of the variables. */
  readonly defaults: Defaults
  /** The target of its redirect. */
  readonly redirectTo: RuleOptions['redirectTo']
  /** True if it is only for building URLs. */
  readonly buildOnly: boolean
  /** True if it redirects to the other rule of its endpoint. */
  readonly alias: boolean
  /** True if a session is loaded for it. */
  readonly session: boolean
  /** Says which users may use it, with the hook `requireUser` of tipfy/ext/auth; null: all, and visitors. */
  readonly auth: RuleOptions['auth'] | null
  /** 'required' if only sessions that are bound to a device may use it. */
  readonly deviceBound: 'required' | null
  /** Bytes of a body; null: those of the application. */
  readonly maxBodySize: number | null
  /** Its whole host; null matches any. */
  readonly host: Domain | null
  /** Null until bound, if not given. */
  subdomain: string | null
  /** Null until bound, if not given. */
  strictSlashes: boolean | null
  /** Null until bound, if not given. */
  mergeSlashes: boolean | null
  /** The map that it belongs to. */
  map: RuleMap | null = null
  #bound: BoundRule | null = null
  #tokens: readonly Token[] | null = null

  /** @throws {TipfyError} TIPFY_E_RULE_SLASH, TIPFY_E_RULE_OPTION, TIPFY_E_RULE_VALUE and others; the map throws for the rest */
  constructor(path: Path, options: RuleOptions<Endpoint, Defaults, Domain> = {}) {
    checkValue('The path of a rule', path, text)
    if (!path.startsWith('/')) throw new TipfyError('TIPFY_E_RULE_SLASH', { rule: path })
    checkOptions(`the rule \`${path}\``, options, optionChecks, "{ endpoint: 'home', handler: 'home:Home' }")
    const { methods = null } = options
    if (methods !== null && !(Array.isArray(methods) && methods.every((one) => typeof one === 'string')))
      throw new TipfyError('TIPFY_E_RULE_METHODS', { rule: path })
    this.path = path
    this.endpoint = (options.endpoint ?? '') as Endpoint
    this.handler = options.handler ?? this.endpoint
    this.methods = methods === null ? null : withHead(methods)
    this.defaults = (options.defaults ?? {}) as Defaults
    this.redirectTo = options.redirectTo
    this.buildOnly = options.buildOnly ?? false
    this.alias = options.alias ?? false
    this.session = options.session ?? true
    this.auth = options.auth ?? null
    const isAuth = this.auth === null || this.auth === true || this.auth === 'fresh' || typeof this.auth === 'function'
    if (!isAuth || (this.auth !== null && !this.session))
      throw new TipfyError('TIPFY_E_RULE_AUTH_OPTION', { rule: path, given: shown(this.auth, this.session) })
    this.deviceBound = options.deviceBound ?? null
    if (this.deviceBound !== null && (this.deviceBound !== 'required' || !this.session)) {
      throw new TipfyError('TIPFY_E_RULE_DEVICE_OPTION', { rule: path, given: shown(this.deviceBound, this.session) })
    }
    this.maxBodySize = options.maxBodySize ?? null
    if (this.maxBodySize !== null && !(Number.isSafeInteger(this.maxBodySize) && this.maxBodySize > 0)) {
      throw new TipfyError('TIPFY_E_RULE_BODY_SIZE', { rule: path, given: describeGiven(options.maxBodySize) })
    }
    this.host = options.host ?? null
    this.subdomain = options.subdomain ?? null
    this.strictSlashes = options.strictSlashes ?? null
    this.mergeSlashes = options.mergeSlashes ?? null
    // A template's placeholder may be anything, so its rules are parsed when they are filled in.
    this.#tokens = path.includes('$') ? null : parseRule(path, path)
  }

  getRules(_map: RuleMap): Iterable<Rule> {
    return [this as Rule]
  }

  /** An unbound copy, with another path or other options. */
  copy({ path = this.path, ...options }: Partial<RuleOptions> & { path?: string } = {}): Rule {
    const { endpoint, handler, defaults, redirectTo, buildOnly, alias, session } = this
    const [deviceBound, auth, maxBodySize] = [
      this.deviceBound ?? undefined,
      this.auth ?? undefined,
      this.maxBodySize ?? undefined,
    ]
    const methods = this.methods === null ? undefined : [...this.methods]
    const [subdomain, host] = [this.subdomain ?? undefined, this.host ?? undefined]
    const [strictSlashes, mergeSlashes] = [this.strictSlashes ?? undefined, this.mergeSlashes ?? undefined]
    const own = { endpoint, handler, methods, defaults, subdomain, host, strictSlashes, mergeSlashes }
    return new Rule(path, { ...own, redirectTo, buildOnly, alias, session, deviceBound, auth, maxBodySize, ...options })
  }

  /** Makes it part of a map, which fills in the options that it leaves open. */
  bind(map: BindingMap): void {
    if (this.map !== null) throw new TipfyError('TIPFY_E_RULE_BOUND', { rule: this.path })
    this.map = map
    this.strictSlashes ??= map.strictSlashes
    this.mergeSlashes ??= map.mergeSlashes
    this.subdomain ??= map.defaultSubdomain
    this.#bound = bindRule(this, map, this.#tokens)
    this.#tokens = null
  }

  /** Its compiled form. */
  get compiled(): BoundRule {
    if (this.#bound === null) throw new TipfyError('TIPFY_E_RULE_UNBOUND', { rule: this.path })
    return this.#bound
  }

  /** False for a rule that only builds URLs, or redirects. @internal */
  get hasHandler(): boolean {
    return !this.buildOnly && this.redirectTo === undefined
  }

  /** The names of its variables and defaults. */
  get arguments(): ReadonlySet<string> {
    return this.compiled.arguments
  }

  toString(): string {
    const methods = this.methods === null ? '' : ` (${[...this.methods].join(', ')})`
    return `${this.path}${methods} -> ${this.endpoint}`
  }

  /** Without the map, which holds all rules. */
  toJSON(): object {
    const { path, endpoint, handler, methods, subdomain, host } = this
    const shown = typeof handler === 'string' ? handler : `[${handler.name || 'function'}]`
    return { path, endpoint, handler: shown, methods: methods && [...methods], subdomain, host }
  }

  [inspect.custom](): string {
    return `Rule { ${this} }`
  }
}

/** Describes the value of an option that needs a session, for an error message. */
function shown(value: unknown, hasSession: boolean): string {
  const text = typeof value === 'object' ? JSON.stringify(value) : describeGiven(value)
  return hasSession ? text : `${text} with session: false`
}

function withHead(methods: readonly string[]): ReadonlySet<string> {
  const set = new Set(methods.map((method) => method.toUpperCase()))
  return set.has('GET') ? set.add('HEAD') : set
}
