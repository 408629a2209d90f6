// Opens what datastore sessions are kept in. This module is imported where they are wanted, and the client, the engine and the
// cache by it: an application whose sessions are cookies loads none of them.
import { systemClock } from '../../../internal/clock.ts'
import { startTelemetry } from '../../../internal/telemetry.ts'
import { cacheLinks, retiringLinks } from '../cache/links.ts'
import type { CacheLink } from '../cache/ports.ts'
import type { DatastoreClient } from '../config/config.ts'
import type { SessionApp, Settings } from '../config/settings.ts'
import { decodeCurrent, mustBeData } from '../data/migrate.ts'
import { reserved, visible, withVisible } from '../data/reserved.ts'
import { type Data, mergeData } from '../merge/merge.ts'
import { SessionAdmin } from './admin.ts'
import { totals } from './counters.ts'
import { openSessionDatastore } from './open-datastore.ts'
import { systemRandomness } from './randomness.ts'
import { SessionRepository } from './repository.ts'

type Merge = (base: Data, mine: Data, theirs: Data) => Data

/** The open repository of sessions, and what tools need beside it. */
export interface OpenRepository {
  repository: SessionRepository
  admin: SessionAdmin
  /** Returns the official client on the same data, for `user`. @throws TipfyError TIPFY_E_DATASTORE_PACKAGE */
  client(user?: string): Promise<DatastoreClient>
  /** The description for people. */
  description: string
}

export async function openRepository(app: SessionApp, settings: Settings): Promise<OpenRepository> {
  const { kind, log } = settings
  const datastore = await openSessionDatastore(settings)
  const merge = settings.merge as Merge | null
  const links = await cacheLinks(settings)
  const retiring = await retiringLinks(settings, links)
  const rows = datastore.records({
    kind,
    recordFormat: settings.recordFormat,
    onBroken: (brokenKind, _name, why) => log.error({ kind: brokenKind, why }, 'a stored session could not be read'),
  })
  const repository: SessionRepository = new SessionRepository({
    datastore: rows,
    cache:
      links.length + retiring.length > 0 ? (await import('../cache/cache.ts')).cacheOn(links, retiring) : undefined,
    clock: { ...systemClock, now: () => settings.now() },
    randomness: systemRandomness,
    settings: {
      expiration: settings.expiration * 1000,
      absoluteExpiration: settings.absoluteExpiration === null ? null : settings.absoluteExpiration * 1000,
      touchAfter: settings.touchAfter,
      storeTimeout: settings.storeTimeout * 1000,
      cacheTtl: settings.cacheTtl * 1000,
      cacheTimeout: settings.cacheTimeout,
      cacheConnectTimeout: settings.cacheConnectTimeout,
      onTrouble: (message) => log.warn({ counters: repository.stats, cache: breakers(repository) }, message),
      decode: (text) => decodeCurrent(text, settings),
      merge: merge === null ? null : userMerge(merge),
      onConflict: settings.onConflict,
    },
  })
  repository.start()
  const endTelemetry = await startTelemetry(() => totals(repository.stats))
  app.onClose(async () => {
    endTelemetry()
    repository.close()
    await datastore.close()
  })
  const description =
    datastore.description +
    describeCache(links, 'with a cache at') +
    describeCache(retiring, 'which retires the cache at')
  const admin = new SessionAdmin(repository, rows, () => settings.now())
  return { repository, admin, client: (user) => datastore.client(user), description }
}

function describeCache(links: readonly CacheLink[], what: string): string {
  return links.length === 0 ? '' : `, ${what} ${links.map(({ name }) => name).join(', ')}`
}

/** The user's merge sees the user's data; what is kept beside it is merged by structure. */
function userMerge(merge: Merge): Merge {
  return (base, mine, theirs) => {
    const kept = mergeData(reserved(base), reserved(mine), reserved(theirs), () => {})
    return withVisible(kept, mustBeData('merge', merge(visible(base), visible(mine), visible(theirs))))
  }
}

function breakers({ cacheServers }: SessionRepository): Record<string, string> {
  return Object.fromEntries(cacheServers.map(({ name, state }) => [name, state]))
}
