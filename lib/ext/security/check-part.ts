// Checks one part of the section 'tipfy/ext/security', key by key.
import { TipfyError } from '../../internal/errors.ts'
import { type Checks, mismatch } from '../../internal/settings.ts'
import { another } from '../../internal/suggest.ts'

/** True, or what was wanted. */
export type Verdict = true | string

/** @throws {TipfyError} TIPFY_E_CONFIG_VALUE, naming the first key that is wrong */
export function checkPart(name: string, given: object, checks: Checks): void {
  const fail = (key: string, value: unknown, wanted: string) => {
    throw new TipfyError('TIPFY_E_CONFIG_VALUE', {
      key: `tipfy/ext/security.${name}.${key}`,
      wanted,
      given: typeof value === 'function' ? 'a function' : (JSON.stringify(value) ?? 'undefined'),
    })
  }
  // A mistyped key comes first: it explains the one that is missing.
  for (const [key, value] of Object.entries(given)) {
    if (!Object.hasOwn(checks, key)) {
      fail(key, value, another('key', key, Object.keys(checks)))
    }
  }
  for (const [key, value] of Object.entries(given)) {
    const wanted = mismatch(value, checks[key]!)
    if (wanted !== null) fail(key, value, wanted)
  }
}

/** Returns true for a list of texts. */
export const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((one) => typeof one === 'string')
