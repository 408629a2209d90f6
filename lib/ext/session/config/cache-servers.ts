// The addresses of cache servers, as the keys `cache` and `memcache` give them.
import { isIPv6 } from 'node:net'
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

/** A password, or a token that is good for a number of seconds. */
export type CachePassword = string | { readonly password: string; readonly expiresIn: number }

/** A password, or a function that gives one for each new connection; a token is kept until shortly before it ends. */
export type CachePasswordSetting = null | string | (() => CachePassword | Promise<CachePassword>)

type Servers = string | readonly string[] | null

/** The other cache of a move, where its credentials differ: keys that are left out are those of `cache`. */
export interface RetiringCache {
  readonly cache: string | readonly string[]
  readonly cacheUser?: string | null
  readonly cachePassword?: CachePasswordSetting
  readonly cacheCa?: string | null
}

interface CacheKeys {
  readonly cache: Servers
  readonly memcache: Servers
}

/**
 * Reads the servers of the configuration, in their order: a key's server is its place in the list.
 *
 * @throws {TipfyError} TIPFY_E_SESSION_CONFIG, without the password that an address holds
 */
export function cacheServers({ cache, memcache }: CacheKeys): CacheServerAddress[] {
  const [one, other] = [listOf(cache), listOf(memcache)]
  if (one.length > 0 && other.length > 0) {
    failConfig(
      'memcache',
      other.map(withoutCredentials),
      'left out where `cache` is set: both name the servers in front of Datastore',
    )
  }
  const servers = [...one.flatMap((text) => readUrl('cache', text)), ...memcacheServers(memcache)]
  return ofOneKind(other.length > 0 ? 'memcache' : 'cache', servers)
}

/** Reads the servers of `memcache`, another spelling of `cache`. */
export const memcacheServers = (memcache: Servers): CacheServerAddress[] =>
  listOf(memcache).flatMap((text) => readHosts('memcache', text, text, protocols.memcached!))

/** Reads the servers of `cacheRetiring`, the other cache of a move. */
export function retiringServers({ cacheRetiring: given }: { cacheRetiring: Servers | RetiringCache }) {
  const servers = isNamed(given) ? given : given.cache
  return ofOneKind(
    'cacheRetiring',
    listOf(servers).flatMap((text) => readUrl('cacheRetiring', text)),
  )
}

const isNamed = (given: Servers | RetiringCache): given is Servers =>
  given === null || typeof given === 'string' || Array.isArray(given)

interface Credentials {
  readonly cacheUser: string | null
  readonly cachePassword: CachePasswordSetting
  readonly cacheCa: string | null
  readonly memcacheUser: string | null
  readonly memcachePassword: string | null
  readonly cacheRetiring: Servers | RetiringCache
}

/**
 * Checks that the servers use what is given for them. Without any server it may stay: `cache` often comes from the environment.
 *
 * @throws {TipfyError} TIPFY_E_SESSION_CONFIG for credentials that would be ignored in silence
 */
export function checkCredentials(config: CacheKeys & Credentials): void {
  const { cacheUser, cachePassword, cacheCa, memcacheUser, memcachePassword } = config
  const retiring = isNamed(config.cacheRetiring) ? null : config.cacheRetiring
  if (cacheUser && memcacheUser) failConfig('memcacheUser', memcacheUser, 'left out where `cacheUser` is set')
  if (cachePassword && memcachePassword) failConfig('memcachePassword', '…', 'left out where `cachePassword` is set')
  const main = cacheServers(config)
  const others = retiringServers(config)
  const known = (servers: readonly CacheServerAddress[]) =>
    JSON.stringify(servers.map(({ username: _, ...rest }) => rest))
  if (others.length > 0 && known(others) === known(main))
    failConfig(
      'cacheRetiring',
      others.map(({ host, port }) => `${host}:${port}`),
      'another cache than `cache`, or null',
    )
  if (main.length + others.length === 0) return
  const password = cachePassword ?? memcachePassword
  checkUser('cacheUser', cacheUser ?? memcacheUser, main, password)
  checkUser(
    'cacheRetiring',
    retiring?.cacheUser ?? cacheUser ?? memcacheUser,
    others,
    retiring?.cachePassword ?? password,
  )
  const isForTls = (servers: readonly CacheServerAddress[]) => servers.some(({ tls }) => tls)
  const shown = '-----BEGIN CERTIFICATE-----…'
  if (retiring?.cacheCa != null && !isForTls(others)) failConfig('cacheRetiring.cacheCa', shown, withTls)
  if (cacheCa !== null && !isForTls(main) && (retiring?.cacheCa !== undefined || !isForTls(others)))
    failConfig('cacheCa', shown, withTls)
}

const withTls = 'left out, or the servers written valkeys://host:port: the others are reached without TLS'

/** A name without a password is no login: the connection would be that of the server's default user. */
function checkUser(
  key: string,
  common: string | null,
  servers: readonly CacheServerAddress[],
  password: CachePasswordSetting,
): void {
  const user = servers.map(({ username }) => username ?? common).find((name) => name)
  if (user && (password === null || password === '')) failConfig(key, user, 'with a cachePassword: see that it is set')
}

function ofOneKind(key: string, servers: CacheServerAddress[]): CacheServerAddress[] {
  const isMixed = new Set(servers.map(({ kind, tls }) => `${kind} ${tls}`)).size > 1
  if (isMixed) failConfig(key, 'servers of several kinds', 'servers of one kind')
  const names = servers.map(({ host, port, database }) => `${host.toLowerCase()}:${port}/${database}`)
  const twice = servers.find((_, n) => names.indexOf(names[n]!) < n)
  if (twice)
    failConfig(key, `${twice.host}:${twice.port} twice`, 'servers that differ: each keeps a part of the sessions')
  return servers
}

function listOf(servers: Servers): readonly string[] {
  const texts = typeof servers === 'string' ? [servers] : (servers ?? [])
  return texts.map((text) => text.trim()).filter((text) => text !== '')
}

export const wantedHosts = "'host:port[,…]', a list of them, or null"
const wantedUrl =
  "an address like 'valkey://10.0.0.3:6379', or a list of them; valkeys:// is over TLS, redis:// and rediss:// are the same, memcached://host:port,host:port is memcached"

/** Hides what stands before an `@`, a query and a fragment: a password there would be logged with the address. */
function withoutCredentials(text: string): string {
  return text.replace(/^([a-z]+:\/\/)?.*@/is, '$1…@').replace(/([?#]).*/s, '$1…')
}

function readUrl(key: string, text: string): CacheServerAddress[] {
  const shown = withoutCredentials(text)
  // The user ends at the last `@`: passwords hold any character.
  const [, scheme = '', user, hosts = '', database = ''] =
    /^([a-z]+):\/\/(?:(.*)@)?([^/@]*)(?:\/(\d{0,4}))?$/s.exec(text) ?? []
  if (/:.*@/s.test(text.replace(/^[a-z]+:\/\//i, '')) || text.includes('?')) {
    failConfig(key, shown, 'an address without a password; that goes into cachePassword')
  }
  const protocol = protocols[scheme]
  if (protocol === undefined) failConfig(key, shown, wantedUrl)
  const username = user === undefined ? null : decoded(user)
  if (username === undefined) failConfig(key, shown, wantedUrl)
  if (protocol.kind === 'memcached' && database !== '') failConfig(key, shown, 'an address without a database')
  const number = Number(database)
  return readHosts(key, shown, hosts, protocol).map((server) => ({ ...server, username, database: number }))
}

function decoded(user: string): string | undefined {
  try {
    return decodeURIComponent(user)
  } catch {
    return undefined
  }
}

function readHosts(key: string, given: string, hosts: string, { kind, tls, port }: Protocol): CacheServerAddress[] {
  return hosts.split(',').map((one) => {
    const [match, ipv6, name, number] = hostAndPort.exec(one.trim()) ?? []
    const isNoPort = number !== undefined && !(Number(number) >= 1 && Number(number) <= 65_535)
    if (match === undefined || isNoPort || (ipv6 !== undefined && !isIPv6(ipv6))) {
      failConfig(key, withoutCredentials(given), key === 'memcache' ? wantedHosts : wantedUrl)
    }
    return { kind, tls, host: (ipv6 ?? name)!, port: Number(number ?? port), username: null, database: 0 }
  })
}
