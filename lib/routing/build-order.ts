// Decides which rules of an endpoint can be built from given values, and in which order they are tried.
import { isDeepStrictEqual } from 'node:util'
import type { Rule } from './rule.ts'
import type { Values } from './types.ts'

/** True if these values, and this method if given, are enough for a rule and do not contradict its defaults. */
export function isSuitable(rule: Rule, values: Values, method: string | null): boolean {
  if (method !== null && rule.methods !== null && !rule.methods.has(method)) return false
  for (const name of rule.arguments) {
    if (Object.hasOwn(rule.defaults, name)) {
      if (Object.hasOwn(values, name) && !isDeepStrictEqual(values[name], rule.defaults[name])) return false
    } else if (!Object.hasOwn(values, name)) return false
  }
  return true
}

/** True if a rule with defaults is a shorter form of what `other` says with variables. */
export function providesDefaultsFor(rule: Rule, other: Rule): boolean {
  return (
    rule.compiled.trace !== other.compiled.trace &&
    rule.arguments.size === other.arguments.size &&
    [...rule.arguments].every((name) => other.arguments.has(name))
  )
}

/** Sorts aliases last, then rules with more values first, then those with more defaults. */
export function compareForBuild(one: Rule, other: Rule): number {
  return (
    Number(one.alias) - Number(other.alias) ||
    other.arguments.size - one.arguments.size ||
    Object.keys(other.defaults).length - Object.keys(one.defaults).length
  )
}
