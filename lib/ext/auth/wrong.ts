// Shared by the checks of the section 'tipfy/ext/auth'.
import { TipfyError } from '../../internal/errors.ts'
import { nearTo } from '../../internal/suggest.ts'
import type { Rule, UrlMap } from '../../routing/index.ts'

export function wrong(key: string, problem: string, remedy: string): TipfyError {
  return new TipfyError('TIPFY_E_AUTH_CONFIG', { key, problem, remedy })
}

/** Throws for a key that the section does not know. @param prefix its place, with a dot at the end */
export function assertKnown(prefix: string, given: object, known: readonly string[]): void {
  const key = Object.keys(given).find((one) => !known.includes(one))
  if (key === undefined) return
  const near = nearTo(key, known)
  const meant = near === undefined ? '' : `Did you mean "${prefix}${near}"?`
  throw new TipfyError('TIPFY_E_CONFIG_KEY', { module: 'tipfy/ext/auth', key: prefix + key, meant })
}

/** True for this machine, where browsers allow over http what else needs https. */
export const isLocal = (hostname: string): boolean =>
  /^(?:localhost|.+\.localhost|127(?:\.\d+){3}|\[::1\])$/.test(hostname)

/** Returns the rules for GET requests at an address, by https. */
export function rulesAt(map: UrlMap, host: string, rawPath: string): Rule[] {
  return map.rulesFor({ host, rawPath, scheme: 'https', mountPath: '', rawQuery: '', method: 'GET' })
}
