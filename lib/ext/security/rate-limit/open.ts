// Opens the store of an application's rate limits; what speaks to Datastore and the cache is loaded only here.
import type { Datastore } from '@google-cloud/datastore'
import type { App } from '../../../app/types.ts'
import { systemClock } from '../../../internal/clock.ts'
import { PrimaryCounts } from '../../../server/shared-counts.ts'
import { defaultRateLimit, noStore, type RateLimitConfig } from './config.ts'
import { type CountStore, Limiter } from './limiter.ts'

export async function openLimiter(app: App, given: Partial<RateLimitConfig>): Promise<Limiter> {
  const config: RateLimitConfig = { ...defaultRateLimit, ...given }
  const { secretKey } = app.getConfig('tipfy/ext/session')
  const store = await openStore(app, config)
  const limiter = new Limiter({
    store,
    clock: systemClock,
    maxKeys: config.maxKeys,
    timeout: config.timeout,
    secret: (Array.isArray(secretKey) ? secretKey[0] : secretKey) ?? '',
    onTrouble: (message) => app.log.warn({}, message),
  })
  app.onClose(async () => {
    await limiter.flush()
    store?.close?.()
  })
  return limiter
}

async function openStore(app: App, { store, kind, timeout }: RateLimitConfig): Promise<CountStore | null> {
  if (store === 'memory') {
    if (!PrimaryCounts.areKept) return null
    const counts = new PrimaryCounts()
    return { name: 'the primary process', add: (...args) => counts.add(...args), delete: (id) => counts.delete(id) }
  }
  if (store === 'cache') {
    const { cacheLinks } = await import('../../session/cache/links.ts')
    const session = app.getConfig('tipfy/ext/session')
    const links = await cacheLinks(session)
    if (links.length === 0) throw noStore('cache')
    const { CacheCounts } = await import('./cache-counts.ts')
    return new CacheCounts(links, Math.max(timeout, session.cacheConnectTimeout))
  }
  const { DatastoreCounts } = await import('./datastore-counts.ts')
  return new DatastoreCounts(store === 'datastore' ? await sessionDatastore(app) : (store as Datastore), kind)
}

/** Returns the Datastore of the application's sessions, which are opened if they are not open yet. */
async function sessionDatastore(app: App): Promise<Datastore> {
  const { Sessions } = await import('../../session/session-interface.ts')
  const { sessionInterface } = app
  if (!(sessionInterface instanceof Sessions)) throw noStore('datastore')
  const { client } = await sessionInterface.openRepository()
  return (await client("store: 'datastore' of rateLimit")) as Datastore
}
