// Wrappers around rules that share a path, a subdomain or a prefix of their names. Wrappers nest.
import { checkFactories, checkValue, text } from './check.ts'
import type { Rule, RuleFactory } from './rule.ts'
import type { RuleMap } from './types.ts'

abstract class Wrapper<Rules extends readonly RuleFactory[]> implements RuleFactory {
  readonly rules: Rules

  /** @throws {TipfyError} TIPFY_E_RULE_VALUE */
  constructor(given: string, rules: Rules) {
    const { name } = new.target
    checkValue(`The first argument of ${name}`, given, text)
    checkFactories(`The rules of ${name}('${given}')`, rules)
    this.rules = rules
  }

  *getRules(map: RuleMap): Iterable<Rule> {
    for (const factory of this.rules) for (const rule of factory.getRules(map)) yield this.wrap(rule)
  }

  protected abstract wrap(rule: Rule): Rule
}

/**
 * Rules below a path, which may have variables.
 *
 * @example
 * new Submount('/blog', [new Rule('/', { endpoint: 'index' }), new Rule('/entry/<slug>', { endpoint: 'entry' })])
 */
export class Submount<
  const Path extends string = string,
  const Rules extends readonly RuleFactory[] = readonly RuleFactory[],
> extends Wrapper<Rules> {
  /** The path put before those of the rules. */
  readonly mountPath: Path

  constructor(path: Path, rules: Rules) {
    super(path, rules)
    this.mountPath = path
  }

  protected wrap(rule: Rule): Rule {
    return rule.copy({ path: this.mountPath.replace(/\/+$/, '') + rule.path })
  }
}

/** Rules with a common prefix of their endpoints: `new EndpointPrefix('blog/', [...])`. */
export class EndpointPrefix<
  const Prefix extends string = string,
  const Rules extends readonly RuleFactory[] = readonly RuleFactory[],
> extends Wrapper<Rules> {
  /** The text put before the rules' endpoints. */
  readonly endpointPrefix: Prefix

  constructor(prefix: Prefix, rules: Rules) {
    super(prefix, rules)
    this.endpointPrefix = prefix
  }

  protected wrap(rule: Rule): Rule {
    return rule.copy({ endpoint: this.endpointPrefix + rule.endpoint })
  }
}

/**
 * Rules with a common prefix of their handlers' names: `new HandlerPrefix('blog:', [...])`. The handler of a rule without one
 * is its endpoint, without any `EndpointPrefix`. Handlers that are classes or functions stay as they are.
 */
export class HandlerPrefix<
  const Prefix extends string = string,
  const Rules extends readonly RuleFactory[] = readonly RuleFactory[],
> extends Wrapper<Rules> {
  /** The text put before the names of the rules' handlers. */
  readonly handlerPrefix: Prefix

  constructor(prefix: Prefix, rules: Rules) {
    super(prefix, rules)
    this.handlerPrefix = prefix
  }

  protected wrap(rule: Rule): Rule {
    const { handler } = rule
    return typeof handler === 'string' ? rule.copy({ handler: this.handlerPrefix + handler }) : rule.copy()
  }
}

/** Rules of a subdomain, which may have variables: `new Subdomain('<string(length=2):lang>', [...])`. */
export class Subdomain<
  const Name extends string = string,
  const Rules extends readonly RuleFactory[] = readonly RuleFactory[],
> extends Wrapper<Rules> {
  /** The rules' subdomain. */
  readonly subdomainName: Name

  constructor(subdomain: Name, rules: Rules) {
    super(subdomain, rules)
    this.subdomainName = subdomain
  }

  protected wrap(rule: Rule): Rule {
    return rule.copy({ subdomain: this.subdomainName })
  }
}
