// The error of a URL that cannot be built; it names the rule that was probably meant.
import { TipfyError } from '../internal/errors.ts'
import { isNear, unlikeness } from '../internal/suggest.ts'
import type { Rule } from './rule.ts'
import type { Values } from './types.ts'

/** Finds the rule most like the one asked for: by its endpoint, then its values, then its method. */
export function closestRule(
  rules: Iterable<Rule>,
  endpoint: string,
  values: Values,
  method: string | null,
): Rule | null {
  let closest: Rule | null = null
  let best = Number.POSITIVE_INFINITY
  for (const rule of rules) {
    const takesAll = Object.keys(values).every((name) => rule.arguments.has(name))
    const hasMethod = method !== null && rule.methods?.has(method) === true
    const score = unlikeness(endpoint, rule.endpoint) - (takesAll ? 0.01 : 0) - (hasMethod ? 0.01 : 0)
    if (score < best) [best, closest] = [score, rule]
  }
  return closest
}

function advice(endpoint: string, values: Values, method: string | null, rule: Rule | null): string {
  if (rule === null) return 'The map has no rules.'
  if (rule.endpoint !== endpoint) {
    if (isNear(endpoint, rule.endpoint)) return `Did you mean '${rule.endpoint}'?`
    return 'No rule has an endpoint like that: see `npx tipfy routes`.'
  }
  const missing = [...rule.arguments].filter((name) => !Object.hasOwn(values, name)).sort()
  const hints: string[] = []
  if (method !== null && rule.methods !== null && !rule.methods.has(method)) {
    hints.push(`It is for ${[...rule.methods].sort().join(', ')}.`)
  }
  if (missing.length > 0) hints.push(`Did you forget ${missing.map((name) => `\`${name}\``).join(', ')}?`)
  return hints.join(' ') || `Its rule is ${rule.path}.`
}

/** Thrown by `build` where no rule of the endpoint takes the values. */
export class BuildError extends TipfyError<'TIPFY_E_BUILD'> {
  override name = 'BuildError'
  readonly endpoint: string
  readonly values: Values
  readonly method: string | null
  /** The rule that was probably meant. */
  readonly suggested: Rule | null

  constructor(rules: Iterable<Rule>, endpoint: string, values: Values, method: string | null, cause?: unknown) {
    const suggested = closestRule(rules, endpoint, values, method)
    const given = Object.keys(values).sort()
    const withValues = given.length === 0 ? '' : ` with ${given.map((name) => `\`${name}\``).join(', ')}`
    const reason = cause === undefined ? '' : `: ${(cause as Error).message}`
    super(
      'TIPFY_E_BUILD',
      {
        endpoint: `'${endpoint}'${method === null ? '' : ` (${method})`}${withValues}${reason}`,
        advice: advice(endpoint, values, method, suggested),
      },
      cause === undefined ? undefined : { cause },
    )
    this.endpoint = endpoint
    this.values = values
    this.method = method
    this.suggested = suggested
  }
}
