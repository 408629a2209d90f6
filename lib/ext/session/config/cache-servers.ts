// The addresses of cache servers, as the keys `cache` and `memcache` give them.
import { failConfig } from './cookie.ts'

/** One server of the cache. */
export interface CacheServerAddress {
  readonly kind: 'memcached' | 'valkey'
  readonly host: string
  readonly port: number
  readonly tls: boolean
  /** The name before the `@`; null: that of `cacheUser`. */
  readonly username: string | null
  /** The number of the database, of Valkey alone. */
  readonly database: number
}

type Protocol = Pick<CacheServerAddress, 'kind' | 'tls'> & { readonly port: number }

const protocols: Readonly<Record<string, Protocol>> = {
  memcached: { kind: 'memcached', tls: false, port: 11_211 },
  valkey: { kind: 'valkey', tls: false, port: 6379 },
  valkeys: { kind: 'valkey', tls: true, port: 6379 },
  redis: { kind: 'valkey', tls: false, port: 6379 },
  rediss: { kind: 'valkey', tls: true, port: 6379 },
}

/** `host`, `host:port` or `[IPv6]:port`, several of them separated by commas. */
const hostAndPort = /^(?:\[([0-9a-f:.]+)\]|([^:/?#@[\]\s]+))(?::(\d{1,5}))?$/i

/** Returns true if each part of `servers` is `host`, `host:port` or `[IPv6]:port`. */
export function readableHosts(servers: string | readonly string[]): boolean {
  return listOf(servers).every((text) => text.split(',').every((one) => hostAndPort.test(one.trim())))
}

interface CacheKeys {
  readonly cache: string | readonly string[] | null
  readonly memcache: string | readonly string[] | null
}

/**
 * Reads the servers of the configuration, in their order: a key's server is its place in the list.
 *
 * @throws {TipfyError} TIPFY_E_SESSION_CONFIG, without the password that an address holds
 */
export function cacheServers({ cache, memcache }: CacheKeys): CacheServerAddress[] {
  const [one, other] = [listOf(cache), listOf(memcache)]
  if (one.length > 0 && other.length > 0) {
    failConfig('memcache', memcache, 'left out where `cache` is set: both name the servers in front of Datastore')
  }
  const servers = [
    ...one.flatMap((text) => readUrl(text)),
    ...other.flatMap((text) => readHosts('memcache', text, text, protocols.memcached!)),
  ]
  if (new Set(servers.map(({ kind, tls }) => `${kind} ${tls}`)).size > 1) {
    failConfig('cache', 'servers of several kinds', 'servers of one kind')
  }
  return servers
}

function listOf(servers: string | readonly string[] | null): readonly string[] {
  return (typeof servers === 'string' ? [servers] : (servers ?? [])).filter((text) => text !== '')
}

const wantedUrl =
  "an address like 'valkey://10.0.0.3:6379', or a list of them; valkeys:// is over TLS, redis:// and rediss:// are the same, memcached://host:port,host:port is memcached"

function readUrl(text: string): CacheServerAddress[] {
  // A password that stands in an address would be logged with it, here for a start.
  const shown = text.replace(/^([a-z]+:\/\/)?[^/@]*:[^/]*@/i, '$1…@')
  if (shown !== text) failConfig('cache', shown, 'an address without a password; that goes into cachePassword')
  const [, scheme = '', user, hosts = '', database = ''] =
    /^([a-z]+):\/\/(?:([^@/]+)@)?([^/]*)(?:\/(\d{0,4}))?$/.exec(text) ?? []
  const protocol = protocols[scheme]
  if (protocol === undefined) failConfig('cache', text, wantedUrl)
  const username = user === undefined ? null : decodeURIComponent(user)
  if (protocol.kind === 'memcached' && database !== '') failConfig('cache', text, 'an address without a database')
  return readHosts('cache', text, hosts, protocol).map((server) => ({
    ...server,
    username,
    database: Number(database),
  }))
}

function readHosts(key: string, given: string, hosts: string, { kind, tls, port }: Protocol): CacheServerAddress[] {
  return hosts.split(',').map((one) => {
    const [match, ipv6, name, number] = hostAndPort.exec(one.trim()) ?? []
    if (match === undefined || Number(number) > 65_535) {
      failConfig(key, given, key === 'cache' ? wantedUrl : "'host:port[,…]', a list of them, or null")
    }
    return { kind, tls, host: (ipv6 ?? name)!, port: Number(number ?? port), username: null, database: 0 }
  })
}
