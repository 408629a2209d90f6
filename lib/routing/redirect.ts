// Redirects of rules: the exception, and their targets.
import { HTTPException } from '../http/exceptions.ts'
import { checkText } from '../internal/arguments.ts'
import { TipfyError } from '../internal/errors.ts'
import type { Match } from './matcher/match.ts'
import { quoteLocation } from './quote.ts'
import type { RuleAdapter } from './types.ts'

/** Thrown by `match`: the request is to be sent to `location`, an absolute URL. 308, so method and body stay. */
export class RequestRedirect extends HTTPException {
  static override readonly code: number = 308
  readonly location: string

  constructor(location: string) {
    checkText('The location of a RequestRedirect', location)
    super(`Redirecting to ${location}`, { headers: { location } })
    this.location = location
  }
}

/**
 * The target of a rule's `redirectTo`, relative to the adapter's root on `origin`. Only the rule's own text can lead to another
 * site. Values come from the request, so slashes, a backslash or a scheme at the start of one count as part of a path.
 */
export function redirectTarget({ rule, args }: Match, adapter: RuleAdapter, origin: string): string {
  const { redirectTo, compiled, path } = rule
  if (typeof redirectTo === 'function') {
    const given: unknown = redirectTo(adapter, args)
    if (typeof given === 'string') return resolveTarget(given, true, adapter, origin)
    const shown = given instanceof Promise ? 'a promise' : typeof given
    throw new TipfyError('TIPFY_E_RULE_TARGET', { rule: path, given: shown })
  }
  const filled = redirectTo!.replace(/<([^>]+)>/g, (_, name: string) =>
    compiled.converters.get(name)!.toUrl(args[name]),
  )
  const leaves = /^(?:https?:)?\/\/[^/?#<]+(?:[/?#]|$)/i.test(redirectTo!)
  const target = leaves && filled.startsWith('//') ? `${adapter.scheme || 'http'}:${filled}` : filled
  return resolveTarget(target, leaves, adapter, origin)
}

function resolveTarget(target: string, mayLeave: boolean, { scriptName }: RuleAdapter, origin: string): string {
  if (mayLeave && /^https?:\/\//i.test(target)) return quoteLocation(target)
  const relative = target.replace(/^[\\/]+/, '/').replace(/^(?=[^/?#]*:)/, './/')
  const { pathname, search, hash } = new URL(relative, `http://host${scriptName}`)
  return `${origin}${pathname.replace(/^\/{2,}/, '/')}${search}${hash}`
}
