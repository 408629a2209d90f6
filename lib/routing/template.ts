// Rules with placeholders, to be filled in several times.
import { TipfyError } from '../internal/errors.ts'
import { type Check, isDictionary } from '../internal/settings.ts'
import { checkFactories, checkValue } from './check.ts'
import type { Rule, RuleFactory } from './rule.ts'
import type { RuleMap } from './types.ts'

/** The values of `$name`, by name. */
export type TemplateValues = Readonly<Record<string, string | number>>

const filling: Check = (value) => /^(?:string|number)$/.test(typeof value) || 'a text or a number'

/** A template's rules with its placeholders filled in. */
export class FilledTemplate<
  const Rules extends readonly RuleFactory[] = readonly RuleFactory[],
  const Filled extends TemplateValues = TemplateValues,
> implements RuleFactory
{
  readonly templateRules: Rules
  readonly filled: Filled

  /** @throws {TipfyError} TIPFY_E_RULE_VALUE */
  constructor(rules: Rules, filled: Filled) {
    checkValue(
      'What fills in a rule template',
      filled,
      (given) => isDictionary(given) || "an object like { name: 'users' }",
    )
    for (const [name, value] of Object.entries(filled)) checkValue(`\`${name}\` of a rule template`, value, filling)
    this.templateRules = rules
    this.filled = filled
  }

  *getRules(map: RuleMap): Iterable<Rule> {
    for (const factory of this.templateRules) for (const rule of factory.getRules(map)) yield this.#fillIn(rule)
  }

  #fillIn(rule: Rule): Rule {
    const fill = (text: string) => substitute(text, this.filled, rule.path)
    const fillText = <Value>(value: Value) => (typeof value === 'string' ? fill(value) : value)
    return rule.copy({
      path: fill(rule.path),
      endpoint: fill(rule.endpoint),
      handler: fillText(rule.handler),
      subdomain: fillText(rule.subdomain) ?? undefined,
      host: fillText(rule.host) ?? undefined,
      redirectTo: fillText(rule.redirectTo),
      defaults: Object.fromEntries(Object.entries(rule.defaults).map(([name, value]) => [name, fillText(value)])),
    })
  }
}

/** Python's `string.Template`: `$name` and `${name}` are filled in, `$$` is a dollar sign. */
function substitute(text: string, values: TemplateValues, rule: string): string {
  return text.replace(/\$(?:(\$)|(\w+)|\{(\w+)\}|)/g, (_, dollar?: string, name?: string, braced?: string) => {
    if (dollar !== undefined) return '$'
    const wanted = name ?? braced ?? ''
    if (!Object.hasOwn(values, wanted)) throw new TipfyError('TIPFY_E_RULE_TEMPLATE', { rule, name: wanted })
    return String(values[wanted])
  })
}

/**
 * Rules with placeholders. Call it to fill them in. Placeholders may be in path, endpoint, handler, subdomain, host, defaults
 * and `redirectTo`.
 *
 * @example
 * const resource = new RuleTemplate([
 *   new Rule('/$name/', { endpoint: '$name.list' }),
 *   new Rule('/$name/<int:id>', { endpoint: '$name.show' }),
 * ])
 * new UrlMap([resource({ name: 'user' }), resource({ name: 'page' })])
 */
export type RuleTemplate<Rules extends readonly RuleFactory[] = readonly RuleFactory[]> = <
  Filled extends Readonly<Record<string, Value>>,
  Value extends string | number, // a parameter of its own, so that TypeScript infers the texts and not `string`
>(
  values: Filled,
) => FilledTemplate<Rules, Filled>

type RuleTemplateClass = new <Rules extends readonly RuleFactory[] | readonly [RuleFactory]>(
  rules: Rules,
) => RuleTemplate<Rules>

// Not a class: the result of `new` must be callable.
export const RuleTemplate = function RuleTemplate(rules: readonly RuleFactory[]) {
  checkFactories('The rules of RuleTemplate', rules)
  return (values: TemplateValues) => new FilledTemplate(rules, values)
} as unknown as RuleTemplateClass
