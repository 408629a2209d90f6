// Checks what rules, wrappers, maps and adapters are given: Node runs urls.ts without checking its types.
import { TipfyError } from '../internal/errors.ts'
import { describeGiven } from '../internal/has-text.ts'
import { type Check, type Checks, isDictionary, mismatch } from '../internal/settings.ts'
import { didYouMean } from '../internal/suggest.ts'

export const text: Check = (value) => typeof value === 'string' || 'a text'
export const flag: Check = (value) => typeof value === 'boolean' || 'true or false'
export const textOrFunction: Check = (value) => /^(?:string|function)$/.test(typeof value) || 'a text or a function'

/** @throws {TipfyError} TIPFY_E_RULE_VALUE for a value that does not pass */
export function checkValue(what: string, value: unknown, check: Check): void {
  const wanted = mismatch(value, check)
  if (wanted !== null) throw new TipfyError('TIPFY_E_RULE_VALUE', { what, wanted, given: describeGiven(value) })
}

/** Names that other frameworks give to options, and tipfy 1.0. */
const otherNames: Readonly<Record<string, string>> = { name: 'endpoint', status: 'code' }

/** @throws {TipfyError} TIPFY_E_RULE_OPTION for the name of an option that there is not */
export function checkNames(owner: string, options: object, known: object): void {
  for (const option in options) {
    if (Object.hasOwn(known, option)) continue
    const other = otherNames[option]
    const meant = other !== undefined && Object.hasOwn(known, other) ? `Did you mean \`${other}\`?` : undefined
    const names = Object.keys(known)
    const values = { owner, option, meant: meant ?? didYouMean(option, names, '`'), known: names.join(', ') }
    throw new TipfyError('TIPFY_E_RULE_OPTION', values)
  }
}

/**
 * Checks options, by name and type. Those that are undefined or null count as left out.
 *
 * @param example of options, for the error of a value that holds none
 */
export function checkOptions(owner: string, options: unknown, checks: Checks, example: string): void {
  const isObject: Check = (value) => isDictionary(value) || `an object like ${example}`
  checkValue(`The options of ${owner}`, options, isObject)
  checkNames(owner.replace(/^the/, 'The'), options as object, checks)
  for (const [name, value] of Object.entries(options as object)) {
    if (value !== undefined && value !== null) checkValue(`\`${name}\` of ${owner}`, value, checks[name]!)
  }
}

/** Throws unless a value is a rule or a wrapper around rules. */
export function checkFactory(what: string, value: unknown): void {
  const isFactory: Check = (one) =>
    typeof (one as { getRules?: unknown } | null | undefined)?.getRules === 'function' ||
    'a Rule, or a wrapper of rules'
  checkValue(what, value, isFactory)
}

/** Throws unless a value is a list of rules and wrappers. */
export function checkFactories(what: string, value: unknown): void {
  checkValue(what, value, (list) => Array.isArray(list) || 'a list of rules')
  for (const [at, one] of (value as unknown[]).entries())
    checkFactory(`Item ${at + 1} of ${what.replace(/^The/, 'the')}`, one)
}
