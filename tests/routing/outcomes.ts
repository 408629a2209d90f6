// Outcomes of matching and building, as plain data to compare.
import {
  BuildError,
  RequestRedirect,
  type RuleFactory,
  type UrlAdapter,
  UrlMap,
  type UrlMapOptions,
} from '../../lib/routing/index.ts'

/** A map of these rules, bound to example.org. */
export function bound(rules: RuleFactory[], options?: UrlMapOptions, subdomain?: string): UrlAdapter {
  return new UrlMap(rules, options).bind({ serverName: 'example.org', subdomain })
}

export type Outcome =
  | { endpoint: string; args: Record<string, unknown> }
  | { redirect: string }
  | { error: number; allow?: string[] }

export function matched(urls: UrlAdapter, path: string, method?: string): Outcome {
  try {
    const { rule, args } = urls.match(path, method)
    return { endpoint: rule.endpoint, args }
  } catch (error) {
    if (error instanceof RequestRedirect) return { redirect: error.location }
    const { code, allow } = error as { code?: number; allow?: string[] }
    if (typeof code !== 'number') throw error
    return allow === undefined ? { error: code } : { error: code, allow }
  }
}

/** The URL, or null if none can be built. */
export function built(urls: UrlAdapter, ...args: Parameters<UrlAdapter['build']>): string | null {
  try {
    return urls.build(...args)
  } catch (error) {
    if (error instanceof BuildError) return null
    throw error
  }
}
