// The start of an application with the section 'tipfy/ext/security': checks that need its rules and hooks, and open nothing.
import { checkEndpoints } from '../../app/check-endpoints.ts'
import { ownHookName } from '../../app/own-hooks.ts'
import type { App } from '../../app/types.ts'
import { resolveClient } from '../../datastore/google/load-client.ts'
import { cacheServers } from '../session/config/cache-servers.ts'
import type { SecurityConfig } from './config.ts'
import { noStore, policiesOf, policiesWithKey } from './rate-limit/config.ts'

/** Warns of parts that are configured without the hook that does what they say: without it they do nothing, in silence. */
function warnOfIdleParts(hooks: readonly (string | undefined)[], app: App): void {
  const { cors, headers, rateLimit } = app.config['tipfy/ext/security'] ?? {}
  const limits = rateLimit && [...policiesOf(rateLimit)].some(([, { by }]) => by !== undefined)
  for (const [part, isGiven] of Object.entries({ cors, headers, rateLimit: limits })) {
    if (!isGiven || hooks.includes(part)) continue
    app.log.warn(
      `tipfy/ext/security.${part} is configured, but no hook uses it: add 'tipfy/ext/security:${part}' to posInitApp.`,
    )
  }
}

/** Throws for rate limits that could not count, or name an endpoint that no rule has. */
export async function start({ rateLimit }: SecurityConfig, app: App): Promise<void> {
  for (const [name, { endpoints = [] }] of policiesOf(rateLimit)) {
    checkEndpoints(app.urlMap!, `tipfy/ext/security.rateLimit.policies.${name}.endpoints`, endpoints)
  }
  const hooks = app.hooks.get('posInitApp').map(ownHookName)
  warnOfIdleParts(hooks, app)
  const at = hooks.indexOf('rateLimit')
  if (at !== -1) policiesWithKey(rateLimit)
  const session = app.getConfig('tipfy/ext/session')
  if (rateLimit.store === 'cache' && cacheServers(session).length === 0) throw noStore('cache')
  if (rateLimit.store !== 'datastore') return
  // A hook of the application may choose the sessions, too.
  const earlier = at === -1 ? hooks : hooks.slice(0, at)
  const hasSessions = app.sessionInterface !== null || earlier.some((name) => name === undefined || /^set/.test(name))
  if (!hasSessions) throw noStore('datastore')
  if (typeof session.datastore === 'string') resolveClient()
}
