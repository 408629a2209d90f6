// The links to the servers of the caches that the configuration names.
import { type CacheServerAddress, cacheServers, retiringServers } from '../config/cache-servers.ts'
import type { SessionConfig } from '../config/config.ts'
import type { CacheLink } from './ports.ts'

type CacheSettings = Omit<SessionConfig, 'secretKey'>

/** Makes the links to the servers of the cache; what speaks to them is loaded only here. */
export function cacheLinks(settings: CacheSettings): Promise<CacheLink[]> {
  return linksTo(cacheServers(settings), credentialsOf(settings))
}

/** Makes the links to the servers of the other cache of a move. One that both lists name is that of `main`. */
export async function retiringLinks(settings: CacheSettings, main: readonly CacheLink[]): Promise<CacheLink[]> {
  const { cacheRetiring } = settings
  const own = typeof cacheRetiring === 'object' && !Array.isArray(cacheRetiring) ? cacheRetiring : null
  const links = await linksTo(retiringServers(settings), { ...credentialsOf(settings), ...own })
  return links.map((link) => main.find(({ name }) => name === link.name) ?? link)
}

function credentialsOf(settings: CacheSettings): Credentials {
  const { memcacheUser, memcachePassword, cacheUser, cachePassword, cacheCa } = settings
  return { cacheUser: cacheUser ?? memcacheUser, cachePassword: cachePassword ?? memcachePassword, cacheCa }
}

type Credentials = Pick<CacheSettings, 'cacheUser' | 'cachePassword' | 'cacheCa'>

async function linksTo(servers: readonly CacheServerAddress[], credentials: Credentials): Promise<CacheLink[]> {
  const { cacheUser, cachePassword, cacheCa: ca } = credentials
  if (servers.length === 0) return []
  const link =
    servers[0]!.kind === 'memcached'
      ? (await import('./memcached.ts')).memcachedLink
      : (await import('./valkey.ts')).valkeyLink
  return servers.map((server) =>
    link({ ...server, ca, username: server.username ?? cacheUser, password: cachePassword }),
  )
}
