// Checks the endpoints that a configuration names, once the rules are known.
import { TipfyError } from '../internal/errors.ts'
import { nearest } from '../internal/suggest.ts'
import type { UrlMap } from '../routing/index.ts'

/** @throws {TipfyError} TIPFY_E_CONFIG_VALUE for an endpoint that no rule has */
export function checkEndpoints({ addedRules }: UrlMap, key: string, endpoints: readonly string[]): void {
  const known = new Set(addedRules.map(({ endpoint }) => endpoint))
  const unknown = endpoints.find((endpoint) => !known.has(endpoint))
  if (unknown === undefined) return
  const wanted = `endpoints of the rules, like "${nearest(unknown, known)}"`
  throw new TipfyError('TIPFY_E_CONFIG_VALUE', { key, wanted, given: JSON.stringify(unknown) })
}
