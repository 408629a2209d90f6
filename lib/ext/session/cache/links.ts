// The links to the servers of the cache that the configuration names.
import { cacheServers } from '../config/cache-servers.ts'
import type { SessionConfig } from '../config/config.ts'
import type { CacheLink } from './ports.ts'

/** Makes the links to the servers of the cache; what speaks to them is loaded only here. */
export async function cacheLinks(settings: Omit<SessionConfig, 'secretKey'>): Promise<CacheLink[]> {
  const { cacheCa: ca, cacheUser, cachePassword, memcacheUser, memcachePassword } = settings
  const servers = cacheServers(settings)
  if (servers.length === 0) return []
  const password = cachePassword ?? memcachePassword
  if (servers[0]!.kind === 'memcached') {
    const { memcachedLinks } = await import('./memcached.ts')
    const names = servers.map(({ host, port }) => `${host.includes(':') ? `[${host}]` : host}:${port}`)
    return memcachedLinks(names, {
      username: servers[0]!.username ?? cacheUser ?? memcacheUser,
      password: typeof password === 'function' ? await password() : password,
    })
  }
  const { valkeyLink } = await import('./valkey.ts')
  return servers.map(({ host, port, tls, username, database }) =>
    valkeyLink({ host, port, tls, ca, username: username ?? cacheUser, password, database }),
  )
}
