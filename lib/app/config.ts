// The configuration: a dictionary per module, each with defaults, checked when the application is made so that a wrong
// key fails the start and not a request.
import { TipfyError } from '../internal/errors.ts'
import { isSecretName, withoutPassword } from '../internal/redact.ts'
import {
  type Checks,
  checksOf,
  defaultsOf,
  isDictionary,
  mismatch,
  type Setting,
  setting,
  typeLike,
  typeOf,
} from '../internal/settings.ts'
import { didYouMean } from '../internal/suggest.ts'
import { settings } from './settings.ts'
import type { HookConfig, TipfyConfig } from './types.ts'

const isHandlers = (value: unknown) =>
  isDictionary(value) &&
  Object.entries(value).every(([key, handler]) => /^[45]\d\d$/.test(key) && /^(function|string)$/.test(typeof handler))

const table: { [Key in keyof TipfyConfig]: Setting<TipfyConfig[Key]> } = {
  ...settings,
  hooks: setting<HookConfig>({}),
  errorHandlers: setting<TipfyConfig['errorHandlers']>(
    {},
    (value) => isHandlers(value) || "functions or 'module:function' by status, 400 to 599",
  ),
  urls: setting<TipfyConfig['urls']>('urls:getRules', 'string|function'),
}

/** The defaults of the section `tipfy`. */
export const defaultConfig: TipfyConfig = defaultsOf(table)
export const configTypes: Checks = checksOf(table)

/**
 * Returns a section with its defaults filled in.
 *
 * @throws {TipfyError} TIPFY_E_CONFIG_KEY for a key the module does not have, TIPFY_E_CONFIG_VALUE for a wrong type
 */
export function validateSection<Section extends object>(
  module: string,
  given: object | undefined,
  defaults: Section,
  checks: Checks = {},
): Section {
  if (given !== undefined && !isDictionary(given)) {
    throw new TipfyError('TIPFY_E_CONFIG_VALUE', { key: module, wanted: 'a dictionary', given: typeOf(given) })
  }
  const section = { ...defaults }
  for (const [key, value] of Object.entries(given ?? {})) {
    if (!Object.hasOwn(defaults, key)) {
      throw new TipfyError('TIPFY_E_CONFIG_KEY', { module, key, meant: didYouMean(key, Object.keys(defaults)) })
    }
    if (value === undefined) continue
    const wanted = mismatch(value, checks[key] ?? typeLike(defaults[key as keyof Section]))
    if (wanted !== null) {
      throw new TipfyError('TIPFY_E_CONFIG_VALUE', { key: `${module}.${key}`, wanted, given: shown(key, value) })
    }
    section[key as keyof Section] = value
  }
  return section
}

/** Describes a value for an error message: texts and numbers as they are, but no text that may be a secret. */
function shown(key: string, value: unknown): string {
  if (typeof value === 'number') return String(value)
  const isPlain = typeof value === 'string' && value.length < 60 && !isSecretName(key)
  return isPlain ? JSON.stringify(withoutPassword(value)) : typeOf(value)
}
