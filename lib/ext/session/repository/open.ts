// Opens what datastore sessions are kept in. The client, the engine and the cache are imported here and only when wanted:
// an application whose sessions are cookies loads none of them.
import type { Datastore } from '@google-cloud/datastore'
import { internalsOf, transportName } from '../../../datastore/google/client-internals.ts'
import { systemClock } from '../../../internal/clock.ts'
import { TipfyError } from '../../../internal/errors.ts'
import { startTelemetry } from '../../../internal/telemetry.ts'
import { cacheLinks, retiringLinks } from '../cache/links.ts'
import type { CacheLink } from '../cache/ports.ts'
import type { SessionApp, Settings } from '../config/settings.ts'
import { decodeCurrent, mustBeData } from '../data/migrate.ts'
import { reserved, visible, withVisible } from '../data/reserved.ts'
import { type Data, mergeData } from '../merge/merge.ts'
import type { SessionAdmin } from './admin.ts'
import { totals } from './counters.ts'
import type { SessionRepository } from './repository.ts'

type Merge = (base: Data, mine: Data, theirs: Data) => Data

/** Chooses the Datastore. Production uses an embedded one only if configured. */
export function datastoreMode(
  wanted: Exclude<Settings['datastore'], object>,
  dev: boolean,
  env: Readonly<Record<string, string | undefined>> = process.env,
): 'embedded' | 'cloud' {
  if (wanted !== 'auto') return wanted
  const cloud = ['DATASTORE_EMULATOR_HOST', 'GOOGLE_CLOUD_PROJECT', 'GCLOUD_PROJECT', 'K_SERVICE', 'GAE_ENV']
  if (cloud.some((name) => env[name])) return 'cloud'
  if (dev) return 'embedded'
  throw new TipfyError('TIPFY_E_SESSION_DATASTORE')
}

/** The open repository of sessions, and what tools need beside it. */
export interface OpenRepository {
  repository: SessionRepository
  admin: SessionAdmin
  datastore: Datastore
  /** The description for people. */
  description: string
}

function describeDatastore(mode: 'embedded' | 'cloud' | null, settings: Settings): string {
  if (mode === null) return 'Datastore, by the client of the configuration'
  if (mode === 'embedded') return `Datastore, embedded, in ${settings.dataFolder}`
  const { DATASTORE_EMULATOR_HOST: emulator, GOOGLE_CLOUD_PROJECT, GCLOUD_PROJECT } = process.env
  if (emulator) return `Datastore emulator at ${emulator}`
  return `Google Cloud Datastore${GOOGLE_CLOUD_PROJECT || GCLOUD_PROJECT ? ` of ${GOOGLE_CLOUD_PROJECT || GCLOUD_PROJECT}` : ''}`
}

export async function openRepository(app: SessionApp, settings: Settings): Promise<OpenRepository> {
  const { datastore: wanted } = settings
  const mode = typeof wanted === 'object' ? null : datastoreMode(wanted, settings.dev)
  const [
    { SessionRepository },
    { SessionAdmin },
    { SessionDatastore },
    { closeDatastore, openDatastore },
    { systemRandomness },
  ] = await Promise.all([
    import('./repository.ts'),
    import('./admin.ts'),
    import('./datastore-adapter.ts'),
    import('../../../datastore/client.ts'),
    import('./randomness.ts'),
  ])
  const { kind, log } = settings
  const onTrouble = (message: string) => log.warn({}, message)
  const datastore =
    mode === null ? (wanted as Datastore) : await openDatastore({ mode, dataFolder: settings.dataFolder, onTrouble })
  await findCredentials(datastore)
  const merge = settings.merge as Merge | null
  const links = await cacheLinks(settings)
  const retiring = await retiringLinks(settings, links)
  const rows = new SessionDatastore(datastore, {
    kind,
    recordFormat: settings.recordFormat,
    isEmbedded: mode === 'embedded',
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
    if (mode !== null) await closeDatastore(datastore)
  })
  const description =
    describeDatastore(mode, settings) +
    describeCache(links, 'with a cache at') +
    describeCache(retiring, 'which retires the cache at')
  const admin = new SessionAdmin(repository, rows, () => settings.now())
  return { repository, admin, datastore, description }
}

function describeCache(links: readonly CacheLink[], what: string): string {
  return links.length === 0 ? '' : `, ${what} ${links.map(({ name }) => name).join(', ')}`
}

/** The official client searches for credentials at its first call, and ends the process where there are none. */
async function findCredentials(datastore: Datastore): Promise<void> {
  const { clients_: clients, options, auth } = internalsOf(datastore)
  const needsNone = clients.has(transportName) || options.sslCreds !== undefined // embedded, an emulator
  if (needsNone) return
  try {
    await auth.getClient()
    await auth.getProjectId()
  } catch (error) {
    const why = String((error as Error).message).replace(/\.+$/, '')
    throw new TipfyError('TIPFY_E_SESSION_CREDENTIALS', { why }, { cause: error })
  }
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
