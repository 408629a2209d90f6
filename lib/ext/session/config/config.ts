// The section 'tipfy/ext/session': each key with its default and its check, and what stops the start.
import { X509Certificate } from 'node:crypto'
import { TipfyError } from '../../../internal/errors.ts'
import {
  type Checks,
  checksOf,
  choice,
  defaultsOf,
  isDictionary,
  limit,
  type SectionOf,
  setting,
} from '../../../internal/settings.ts'
import { newestFormat, type RecordFormat, recordFormats } from '../data/record-format.ts'
import type { SessionData } from '../data/session-data.ts'
import type { Conflict } from '../merge/merge.ts'
import {
  type CachePasswordSetting,
  cacheServers,
  checkCredentials,
  memcacheServers,
  type RetiringCache,
  retiringServers,
  wantedHosts,
} from './cache-servers.ts'
import {
  checkCookie,
  checkFormer,
  cookieAttributes,
  defaultCookie,
  type FormerCookie,
  failConfig,
  isSeconds,
  type SessionCookie,
} from './cookie.ts'
import { type DeviceBound, isDeviceBound, readDeviceBound } from './device.ts'
import { checkKeys } from './keys.ts'

/** A `Datastore` of @google-cloud/datastore, by two of its methods: its own types take a compiler long to read. */
export interface DatastoreClient {
  key(...args: never[]): unknown
  transaction(...args: never[]): unknown
}

/** The data of a session as `merge` gets it: your keys by their types, others as unknown. */
export type MergedData = Partial<SessionData> & Record<string, unknown>

/** A request that had a bound session's cookie, but not the proof. */
export interface DeviceRefused {
  readonly user: string | null
  /** Names the session to `sessionStore.revoke()`; undefined for one that a cookie keeps. */
  readonly session: string | undefined
  readonly request: {
    readonly remoteAddr: string
    readonly path: string
    readonly headers: { get(name: string): string | null }
  }
}

const matching =
  (pattern: RegExp, wanted: string) =>
  (value: unknown): true | string =>
    (typeof value === 'string' && pattern.test(value)) || wanted

const isTexts = (value: unknown): boolean =>
  value === null || typeof value === 'string' || (Array.isArray(value) && value.every((one) => typeof one === 'string'))

/** Leaves an address with a password to `checkConfig`, which does not show it. */
function isHosts(value: unknown): boolean {
  if (!isTexts(value) || JSON.stringify(value).includes('@')) return isTexts(value)
  try {
    memcacheServers(value as string | readonly string[] | null)
    return true
  } catch {
    return false
  }
}

/** Node ignores what it cannot read of them: the first connection would fail as one without any. */
function isCertificate(value: unknown): boolean {
  if (value === null) return true
  const blocks =
    typeof value === 'string' ? value.match(/-----BEGIN CERTIFICATE-----[^-]*(?:-----END CERTIFICATE-----)?/g) : null
  try {
    return blocks?.every((block) => new X509Certificate(block)) ?? false
  } catch {
    return false
  }
}

const isPassword = (value: unknown): boolean => value === null || ['string', 'function'].includes(typeof value)

const retiringKeys: Readonly<Record<keyof RetiringCache, (value: unknown) => boolean>> = {
  cache: (value) => value !== null && isTexts(value),
  cacheUser: (value) => value === null || typeof value === 'string',
  cachePassword: isPassword,
  cacheCa: isCertificate,
}

function isRetiring(value: unknown): boolean {
  if (!isDictionary(value)) return isTexts(value)
  const isKnown = ([key, one]: [string, unknown]) =>
    Object.hasOwn(retiringKeys, key) && (one === undefined || retiringKeys[key as keyof RetiringCache](one))
  return 'cache' in value && Object.entries(value).every(isKnown)
}

const isDatastore = (value: unknown): boolean =>
  ['auto', 'embedded', 'cloud'].includes(value as string) ||
  typeof (value as DatastoreClient | null)?.transaction === 'function'

const table = {
  /** Signs the cookies: one key, or a list, of which the first signs and all are believed, each of 32 bytes or more. Development makes one. */
  secretKey: setting<string | readonly string[] | null>(null, 'null|string|string[]'),
  /** Seconds without a request until a session ends. */
  expiration: setting(86_400, (value) => isSeconds(value) || 'a number of seconds above 0'),
  /** Seconds after which a session ends however much it is used; null: never. */
  absoluteExpiration: setting<number | null>(
    null,
    (value) => value === null || isSeconds(value) || 'a number of seconds above 0, or null',
  ),
  /** The part of its expiration after which a request that only reads renews a session, 0 to 1: at most one write in that time. */
  touchAfter: setting(
    0.1,
    (value) => (typeof value === 'number' && value >= 0 && value <= 1) || 'a part of the expiration, from 0 to 1',
  ),
  /** The cookie of secure-cookie sessions. */
  cookieName: setting('tipfy.session'),
  /** The cookie of datastore sessions. */
  idCookieName: setting('tipfy.session_id'),
  /** The attributes of the cookies; those left out keep their defaults. */
  cookie: setting<Partial<SessionCookie>>(defaultCookie),
  /**
   * Cookies of a former configuration, by their `{ name, domain, path }`, as far as it differed. They are expired with the next
   * cookie that is set: a browser would go on to send them beside today's.
   */
  formerCookies: setting<readonly FormerCookie[]>(
    [],
    (value) => (Array.isArray(value) && value.every(isDictionary)) || 'a list of { name, domain, path }',
  ),
  /** Encrypts what cookies hold (AES-256-GCM); a cookie that is only signed can be read. */
  encrypt: setting(false),
  /** Bytes of name, `=` and value; browsers drop cookies over 4096. */
  maxCookieSize: setting(
    4093,
    (value) =>
      (typeof value === 'number' && value > 0 && value <= 4096) ||
      'a number of bytes up to 4096: browsers drop larger ones',
  ),
  /**
   * 'embedded': files in `dataFolder`. 'cloud': Google's, or DATASTORE_EMULATOR_HOST. 'auto': whichever is set up. A client
   * of your own is used as it is, and not closed.
   */
  datastore: setting<'auto' | 'embedded' | 'cloud' | DatastoreClient>(
    'auto',
    (value) => isDatastore(value) || "'auto', 'embedded', 'cloud' or a Datastore client",
  ),
  /** The folder of the embedded Datastore and of the development key, from the application's root. */
  dataFolder: setting('.tipfy'),
  /** The Datastore kind of session records. */
  kind: setting(
    'Session',
    matching(/^(?!__.*__$)./su, 'the name of a Datastore kind: neither empty nor __like this__'),
  ),
  /**
   * The cache in front of Datastore: `'valkey://host:port'`, `valkeys://` over TLS, `redis://`, `rediss://`, or
   * `memcached://host:port[,…]`. A list means independent servers, in the same order in every process. null: none.
   */
  cache: setting<string | readonly string[] | null>(
    null,
    (value) => isTexts(value) || 'a text, a list of texts, or null',
  ),
  /** The user of the cache, where its servers ask for one. */
  cacheUser: setting<string | null>(null, 'string|null'),
  /**
   * A text, or a function that returns one for each new connection. A token may be `{ password, expiresIn }`, in seconds: it is
   * renewed ahead of its end, on open connections as well.
   */
  cachePassword: setting<CachePasswordSetting>(null, 'null|string|function'),
  /** The authority, as PEM, that signed the certificate of a cache over TLS; null: those that Node knows. */
  cacheCa: setting<string | null>(
    null,
    (value) =>
      isCertificate(value) || "the text of a PEM file, '-----BEGIN CERTIFICATE-----…', with its line ends, or null",
  ),
  /**
   * The other cache of a move without a stop: the next one, or the last one. Entries are only deleted there. As `cache`, or
   * `{ cache, cacheUser, cachePassword, cacheCa }` where its credentials differ.
   */
  cacheRetiring: setting<string | readonly string[] | RetiringCache | null>(
    null,
    (value) =>
      isRetiring(value) ||
      'an address like those of `cache`, a list, { cache, cacheUser, cachePassword, cacheCa }, or null',
  ),
  /** memcached servers, another spelling of `cache`: `host:port[,…]` or a list; null: none. */
  memcache: setting<string | readonly string[] | null>(null, (value) => isHosts(value) || wantedHosts),
  /** Another spelling of `cacheUser` and `cachePassword`. */
  memcacheUser: setting<string | null>(null, 'string|null'),
  memcachePassword: setting<string | null>(null, 'string|null'),
  /** Seconds that the cache keeps a session. */
  cacheTtl: limit(60),
  /** Milliseconds that one load or save waits for the cache. */
  cacheTimeout: limit(50),
  /** Milliseconds for a connection to the cache, TLS and password included. No request waits for that longer than `cacheTimeout`. */
  cacheConnectTimeout: limit(1000),
  /** Seconds for one whole load or save, retries included. */
  storeTimeout: limit(5),
  /** For a session that could not be loaded: its first use is a 503, or it is empty and cannot be written. */
  onStoreError: choice('error', ['error', 'anonymous']),
  /**
   * Replaces the structural merge of two requests that changed one session: returns the data to keep, given what both began
   * with, what this one made of it, and what is stored by now. Synchronous.
   */
  merge: setting<null | ((base: MergedData, mine: MergedData, theirs: MergedData) => object)>(null, 'function|null'),
  /** Called for every value that two requests changed at once. */
  onConflict: setting<null | ((conflict: Conflict) => void)>(null, 'function|null'),
  /**
   * The format of the records to write, for a fleet that runs two versions of tipfy side by side: all formats since 1 are read.
   * Default: the newest.
   */
  recordFormat: setting<RecordFormat>(
    newestFormat,
    (value) => recordFormats.includes(value as RecordFormat) || `one of the formats ${recordFormats.join(', ')}`,
  ),
  /** The form of the data that your code writes; sessions of another form go through `migrate`. */
  dataVersion: setting<number | null>(null, 'number|null'),
  /** Turns data of version `from` (null: none) into today's form. Synchronous; may change `data` or return another. */
  migrate: setting<null | ((data: Record<string, unknown>, from: number | null) => unknown)>(null, 'function|null'),
  /**
   * The place of the secret of CSRF tokens: 'cookie', one of its own, or 'session', for sites that can have only one cookie.
   * Then a page with a token starts a session.
   */
  csrf: choice('cookie', ['cookie', 'session']),
  /** Lets a request that the browser marks `Sec-Fetch-Site: same-origin` pass without a token; those without the header need one. */
  csrfFetchSite: setting(false),
  /** The cookie, the form field and the header of the protection against forged requests. */
  csrfCookieName: setting('tipfy.csrf'),
  csrfField: setting('_csrf', matching(/./s, 'the name of a field')),
  csrfHeader: setting('x-csrf-token', matching(/^[!#$%&'*+\-.^_`|~0-9a-z]+$/i, 'the name of a header')),
  /** Endpoints that the hook `checkCsrf` skips: callbacks of other servers. */
  csrfExempt: setting<readonly string[]>([], 'string[]|array'),
  /**
   * Binds logins to the device, in browsers that can (Device Bound Session Credentials): a copied cookie is of no use then. True,
   * or `{ lifetime, path, cookieName, initiators }`, each key optional.
   */
  deviceBound: setting<boolean | Partial<DeviceBound>>(false, isDeviceBound),
  /**
   * Called, at most once a minute for each session, when a request brought a bound session without the proof: it may be theft, or
   * a browser that lost its key.
   */
  onDeviceRefused: setting<null | ((refused: DeviceRefused) => void)>(null, 'function|null'),
}

/** The section 'tipfy/ext/session'. */
export interface SessionConfig extends SectionOf<typeof table> {}

/** The defaults of the section 'tipfy/ext/session'. */
export const defaultConfig: SessionConfig = defaultsOf(table)

/** The checks of its keys. */
export const configTypes: Checks = checksOf(table)

/** Throws for values that do not go together, and for keys that are missing or weak. */
export function checkConfig(values: Partial<SessionConfig>, app: { dev: boolean }): void {
  const config = { ...defaultConfig, ...values }
  const cookie = cookieAttributes(config.cookie)
  for (const key of ['cookieName', 'idCookieName', 'csrfCookieName'] as const) {
    try {
      checkCookie(config[key], cookie)
    } catch (cause) {
      const wanted = `a cookie that browsers keep: ${(cause as Error).message}`
      throw new TipfyError('TIPFY_E_SESSION_CONFIG', { key, given: JSON.stringify(config[key]), wanted }, { cause })
    }
  }
  const names = [config.cookieName, config.idCookieName, config.csrfCookieName]
  if (new Set(names).size < 3) failConfig('cookieName', names, 'another name than idCookieName and csrfCookieName')
  const device = readDeviceBound(config.deviceBound, cookie)
  if (device !== null) {
    checkCookie(device.cookieName, cookie)
    if (names.includes(device.cookieName))
      failConfig('deviceBound.cookieName', device.cookieName, 'another cookie name')
  }
  checkFormer(
    config.formerCookies,
    cookie,
    names.map((name) => (cookie.prefix ?? '') + name),
  )
  const { dataVersion, migrate } = config
  if (dataVersion !== null && !Number.isSafeInteger(dataVersion)) failConfig('dataVersion', dataVersion, 'an integer')
  if (migrate !== null && dataVersion === null) {
    failConfig('dataVersion', null, 'an integer, without which `migrate` is never called')
  }
  checkCredentials(config)
  const isCached = cacheServers(config).length + retiringServers(config).length > 0
  if (isCached && config.cacheTimeout > config.storeTimeout * 1000) {
    const wanted = `in milliseconds, and at most storeTimeout: ${config.storeTimeout} s for one whole load or save`
    failConfig('cacheTimeout', config.cacheTimeout, wanted)
  }
  checkKeys(config.secretKey, app.dev)
}
