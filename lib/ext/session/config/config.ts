// The configuration of sessions: its keys with their defaults, what stops the start, and the settings made of it.

import type { CookieOptions } from '../../../http/cookies.ts'
import { serializeCookie } from '../../../http/cookies.ts'
import { TipfyError } from '../../../internal/errors.ts'
import type { SessionData } from '../data/session-data.ts'
import type { Conflict } from '../merge/merge.ts'
import { checkKeys } from './keys.ts'

/** The attributes of a session's cookie. */
export interface SessionCookie {
  path: string
  domain: string | null
  /** 'auto': over https only where the request came by https. */
  secure: boolean | 'auto'
  httpOnly: boolean
  sameSite: 'Strict' | 'Lax' | 'None'
  partitioned: boolean
  /** Put before the cookie's name. */
  prefix: null | '__Host-' | '__Secure-'
  /** Seconds that the browser keeps it; null: until it closes, or as long as the session's own `expiration`. */
  maxAge: number | null
}

/** A `Datastore` of @google-cloud/datastore, told by two of its methods: its own types are long to read for a compiler. */
export interface DatastoreClient {
  key(...args: never[]): unknown
  transaction(...args: never[]): unknown
}

/** What a session holds, as `merge` gets it: your keys by their types, others as unknown. */
export type MergedData = Partial<SessionData> & Record<string, unknown>

/** The keys of `'tipfy/ext/session'` in config.ts, and what they are unless told. */
export const defaultConfig = {
  /** Signs the cookies: one key, or a list, newest first, each of 32 bytes or more. In development one is made and kept. */
  secretKey: null as string | readonly string[] | null,
  /** Seconds without a request until a session ends. */
  expiration: 86_400,
  /** Seconds after which a session ends however much it is used; null: never. */
  absoluteExpiration: null as number | null,
  /** The part of its expiration after which a request that only reads renews a session, 0 to 1: at most one write in that time. */
  touchAfter: 0.1,
  /** The cookie of secure-cookie sessions. */
  cookieName: 'tipfy.session',
  /** The cookie of datastore sessions. */
  idCookieName: 'tipfy.session_id',
  /** The cookies' attributes; what is left out keeps its default. */
  cookie: {
    path: '/',
    domain: null,
    secure: 'auto',
    httpOnly: true,
    sameSite: 'Lax',
    partitioned: false,
    prefix: null,
    maxAge: null,
  } as Partial<SessionCookie>,
  /** Encrypts what cookies hold (AES-256-GCM); signed alone, they can be read by who has them. */
  encrypt: false,
  /** Bytes of name, `=` and value; browsers drop cookies over 4096. */
  maxCookieSize: 4093,
  /**
   * 'embedded': files in `dataFolder`. 'cloud': Google's, or DATASTORE_EMULATOR_HOST. 'auto': whichever is set up. A client
   * of your own is used as it is, and not closed.
   */
  datastore: 'auto' as 'auto' | 'embedded' | 'cloud' | DatastoreClient,
  /** Where the embedded Datastore and the development key are kept, from the application's root. */
  dataFolder: '.tipfy',
  /** The Datastore kind of session records. */
  kind: 'Session',
  /** memcached servers in front of Datastore, `host:port[,…]` or a list; null: none. */
  memcache: null as string | readonly string[] | null,
  memcacheUser: null as string | null,
  memcachePassword: null as string | null,
  /** Seconds that memcached keeps a session. */
  cacheTtl: 60,
  /** Milliseconds that memcached is waited for. */
  cacheTimeout: 50,
  /** Seconds for one whole load or save, retries included. */
  storeTimeout: 5,
  /** What a request gets whose session could not be loaded: a 503 when it uses it, or an empty session that cannot be written. */
  onStoreError: 'error' as 'error' | 'anonymous',
  /**
   * Decides instead of the structural merge where two requests changed one session: gives the data to keep, of what both began
   * with, what this one made of it, and what is there by now. Synchronous.
   */
  merge: null as null | ((base: MergedData, mine: MergedData, theirs: MergedData) => object),
  /** Told of every value that two requests changed at once. */
  onConflict: null as null | ((conflict: Conflict) => void),
  /** The form of the data your code writes; sessions of another go through `migrate`. */
  dataVersion: null as number | null,
  /** Turns data of version `from` (null: none) into today's form. Synchronous; may change `data` or return another. */
  migrate: null as null | ((data: Record<string, unknown>, from: number | null) => unknown),
  /** The cookie, the form field and the header of the protection against forged requests. */
  csrfCookieName: 'tipfy.csrf',
  csrfField: '_csrf',
  csrfHeader: 'x-csrf-token',
  /** Endpoints that the hook `checkCsrf` leaves alone: callbacks of other servers. */
  csrfExempt: [] as readonly string[],
}

const oneOf =
  (...values: unknown[]) =>
  (value: unknown): true | string =>
    values.includes(value) || `one of ${values.map((one) => JSON.stringify(one)).join(', ')}`
const positive = (value: unknown): true | string =>
  (typeof value === 'number' && Number.isFinite(value) && value > 0) || 'a number above 0'
/** Whether `value` is a time that a session, or a cookie, can live: above 0, and not beyond what dates can say. */
export const isSeconds = (value: unknown): boolean => typeof value === 'number' && value > 0 && value < 1e10
const seconds = (value: unknown): true | string => isSeconds(value) || 'a number of seconds above 0'
const secondsOrNull = (value: unknown): true | string => value === null || seconds(value)
const matching =
  (pattern: RegExp, wanted: string) =>
  (value: unknown): true | string =>
    (typeof value === 'string' && pattern.test(value)) || wanted

const isServers = (value: unknown): boolean =>
  value === '' ||
  (typeof value === 'string'
    ? value.split(',').every((one) => /^(?:\[[^\]]+\]|[^:\s]+)(?::\d{1,5})?$/.test(one.trim()))
    : Array.isArray(value) && value.every((one) => typeof one === 'string' && isServers(one)))

/** Types beyond what the defaults show, for the check at start. */
export const configTypes = {
  secretKey: (value: unknown): true | string =>
    value === null ||
    typeof value === 'string' ||
    (Array.isArray(value) && value.every((one) => typeof one === 'string')) ||
    'a string or a list of strings',
  expiration: seconds,
  absoluteExpiration: secondsOrNull,
  touchAfter: (value: unknown): true | string =>
    (typeof value === 'number' && value >= 0 && value <= 1) || 'a part of the expiration, from 0 to 1',
  maxCookieSize: (value: unknown): true | string =>
    (typeof value === 'number' && value > 0 && value <= 4096) ||
    'a number of bytes up to 4096: browsers drop larger ones',
  datastore: (value: unknown) =>
    typeof (value as DatastoreClient | null)?.transaction === 'function' || oneOf('auto', 'embedded', 'cloud')(value),
  kind: matching(/^(?!__.*__$)./su, 'the name of a Datastore kind: neither empty nor __like this__'),
  memcache: (value: unknown): true | string =>
    value === null || isServers(value) || "'host:port[,…]', a list of them, or null",
  memcacheUser: 'string|null',
  memcachePassword: 'string|null',
  cacheTtl: positive,
  cacheTimeout: positive,
  storeTimeout: positive,
  onStoreError: oneOf('error', 'anonymous'),
  merge: 'function|null',
  onConflict: 'function|null',
  dataVersion: 'number|null',
  migrate: 'function|null',
  csrfField: matching(/./s, 'the name of a field'),
  csrfHeader: matching(/^[!#$%&'*+\-.^_`|~0-9a-z]+$/i, 'the name of a header'),
  csrfExempt: 'string[]|array',
}

const cookieTypes: Record<keyof SessionCookie, (value: unknown) => true | string> = {
  path: (value) => typeof value === 'string' || 'a string',
  domain: (value) => value === null || typeof value === 'string' || 'a string or null',
  secure: oneOf(true, false, 'auto'),
  httpOnly: oneOf(true, false),
  sameSite: oneOf('Strict', 'Lax', 'None'),
  partitioned: oneOf(true, false),
  prefix: oneOf(null, '__Host-', '__Secure-'),
  maxAge: (value) => value === null || isSeconds(value) || 'a number of seconds above 0, or null',
}

/** The section 'tipfy/ext/session': its keys are those of `defaultConfig`. */
export type SessionConfig = typeof defaultConfig

function refuse(key: string, given: unknown, wanted: string): never {
  throw new TipfyError('TIPFY_E_SESSION_CONFIG', { key, given: JSON.stringify(given) ?? String(given), wanted })
}

/** The attributes for one session: `given` over `defaults`, checked as a browser would. */
export function cookieAttributes(
  given: Partial<SessionCookie>,
  defaults: SessionCookie = defaultConfig.cookie as SessionCookie,
): SessionCookie {
  for (const [key, value] of Object.entries(given)) {
    if (!Object.hasOwn(cookieTypes, key))
      refuse(`cookie.${key}`, value, `one of ${Object.keys(cookieTypes).join(', ')}`)
    const answer = value === undefined ? true : cookieTypes[key as keyof SessionCookie](value)
    if (answer !== true) refuse(`cookie.${key}`, value, answer)
  }
  const set = Object.entries(given).filter(([, value]) => value !== undefined)
  const cookie: SessionCookie = { ...defaults, ...Object.fromEntries(set) }
  // Combinations that a browser drops in silence, sessions and all.
  const needsSecure =
    cookie.prefix ?? (cookie.sameSite === 'None' ? 'SameSite=None' : cookie.partitioned && 'Partitioned')
  if (needsSecure && cookie.secure !== true) refuse('cookie.secure', cookie.secure, `true, which ${needsSecure} needs`)
  if (cookie.prefix === '__Host-') {
    if (cookie.domain !== null) refuse('cookie.domain', cookie.domain, 'null, which __Host- needs')
    if (cookie.path !== '/') refuse('cookie.path', cookie.path, "'/', which __Host- needs")
  }
  return cookie
}

/** A cookie's name with its prefix, and its attributes as they are for https and http; throws for what no header can carry. */
export function checkCookie(name: string, cookie: SessionCookie): string {
  const full = (cookie.prefix ?? '') + name
  serializeCookie(full, '', writeOptions(cookie, true))
  return full
}

export function writeOptions(cookie: SessionCookie, secure: boolean, lifetime?: number): CookieOptions {
  const { path, httpOnly, sameSite, partitioned } = cookie
  const maxAge = lifetime ?? cookie.maxAge ?? undefined
  return { path, domain: cookie.domain ?? undefined, httpOnly, sameSite, partitioned, secure, maxAge }
}

/** Stops the start for what the types alone cannot say. */
export function checkConfig(values: Partial<SessionConfig>, app: { dev: boolean }): void {
  const config = { ...defaultConfig, ...values }
  const cookie = cookieAttributes(config.cookie)
  for (const key of ['cookieName', 'idCookieName', 'csrfCookieName'] as const) {
    try {
      checkCookie(config[key], cookie)
    } catch (cause) {
      throw new TipfyError(
        'TIPFY_E_SESSION_CONFIG',
        { key, given: JSON.stringify(config[key]), wanted: `a cookie that browsers keep: ${(cause as Error).message}` },
        { cause },
      )
    }
  }
  const names = [config.cookieName, config.idCookieName, config.csrfCookieName]
  if (new Set(names).size < 3) refuse('cookieName', names, 'another name than idCookieName and csrfCookieName')
  if (config.dataVersion !== null && !Number.isSafeInteger(config.dataVersion)) {
    refuse('dataVersion', config.dataVersion, 'an integer')
  }
  if (config.migrate !== null && config.dataVersion === null) {
    refuse('dataVersion', null, 'an integer, without which `migrate` is never called')
  }
  checkKeys(config.secretKey, app.dev)
}
