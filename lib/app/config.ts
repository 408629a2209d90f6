// The configuration: a dictionary per module, each with defaults, checked when the application is made so that a wrong
// key stops the start and not a request.

import type { App } from '../app.ts'
import type { SessionConfig } from '../ext/session/config/config.ts'
import { type RequestLimits, requestLimits } from '../http/request/settings.ts'
import { TipfyError } from '../internal/errors.ts'
import { isSecretName, withoutPassword } from '../internal/redact.ts'
import { nearest } from '../internal/suggest.ts'
import type { RuleFactory, UrlMapOptions } from '../routing/index.ts'
import type { ConfigSections } from './config-sections.ts'
import type { ErrorHandler } from './error-response.ts'
import type { HookConfig } from './hooks.ts'

/** The section `tipfy`: the application itself. */
export interface TipfyConfig extends RequestLimits {
  /** Error pages, reloading, console. Default: false exactly if NODE_ENV=production, K_SERVICE or GAE_ENV is set. */
  dev: boolean
  /** The application's name, as on App Engine. Default: GOOGLE_CLOUD_PROJECT, else null. */
  appId: string | null
  /** Its version. Default: K_REVISION or GAE_VERSION, else null. */
  versionId: string | null
  /** Modules whose own `urls` are added to the rules. */
  appsInstalled: readonly string[]
  /** The path under which an installed application's rules stand, by module. */
  appsEntryPoints: Readonly<Record<string, string>>
  /** Functions or 'module:function' strings, by event. */
  hooks: HookConfig
  /** Functions or 'module:function' strings that make the pages of error statuses, by status. */
  errorHandlers: Readonly<Record<number, ErrorHandler | string>>
  /** Where the rules are: 'module:function', or the function. */
  urls: string | ((app: App) => readonly RuleFactory[] | Promise<readonly RuleFactory[]>)
  /** Options of the application's UrlMap. */
  urlMap: UrlMapOptions
  /** The host, and parent of the hosts, that requests may ask for; null allows any. */
  serverName: string | null
  /** Proxies whose forwarded headers count: their number, or addresses and subnets ('loopback', '10.0.0.0/8'). */
  trustedProxies: number | string | readonly string[]
  /** Compress answers where it is worth it; never, unless told by `response.compress`, those made from a session. */
  compress: boolean
  /** Bytes of a request's line and headers together; more is a 431. */
  maxHeaderSize: number
  /** Connections at once, per process; more are closed. 0 allows any number. */
  maxConnections: number
  /** Seconds for the headers of a request to arrive. */
  headersTimeout: number
  /** Seconds for a whole request to arrive. */
  requestTimeout: number
  /** Seconds that an idle connection is kept. */
  keepAliveTimeout: number
  /** Seconds that requests in flight have when the server stops. */
  shutdownTimeout: number
  /** Where load balancers ask whether to send requests: 200 while serving, 503 once stopping. null has no such path. */
  healthPath: string | null
  /** Whether each request is logged. Default: true. */
  accessLog: boolean
  /** The least that `app.log` writes. Default: 'info'. */
  logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent'
}

type OwnSections = { [Module in keyof ConfigSections]?: Partial<ConfigSections[Module]> }

/** Every section whose keys are known, by module. */
export type Sections = ConfigSections & { tipfy: TipfyConfig; 'tipfy/ext/session': SessionConfig }

/** What config.ts exports: a section per module. Sections of your own modules are free, or typed by `ConfigSections`. */
export interface Config extends OwnSections {
  /** The application itself. */
  tipfy?: Partial<TipfyConfig>
  /** The sessions. */
  'tipfy/ext/session'?: Partial<SessionConfig>
  [module: string]: object | undefined
}

/** A section's checks: the types of a key as 'number', 'string|null', 'string[]|function' …, or a check of its own. */
export type ConfigType = string | ((value: unknown) => true | string)
export type ConfigTypes = Readonly<Record<string, ConfigType>>

const cloud = process.env.K_SERVICE !== undefined || process.env.GAE_ENV !== undefined

/** The section `tipfy` as it is unless told. */
export const defaultConfig: TipfyConfig = {
  dev: !(process.env.NODE_ENV === 'production' || cloud),
  appId: process.env.GOOGLE_CLOUD_PROJECT ?? null,
  versionId: process.env.K_REVISION ?? process.env.GAE_VERSION ?? null,
  appsInstalled: [],
  appsEntryPoints: {},
  hooks: {},
  errorHandlers: {},
  urls: 'urls:getRules',
  urlMap: {},
  serverName: null,
  trustedProxies: cloud ? 1 : 0, // the platform's own front end
  ...requestLimits,
  compress: true,
  maxHeaderSize: 16 * 1024,
  maxConnections: 0,
  headersTimeout: 20,
  requestTimeout: 60,
  keepAliveTimeout: 65,
  shutdownTimeout: 10,
  healthPath: '/_health',
  accessLog: true,
  logLevel: 'info',
}

const positive: ConfigType = (value) =>
  (typeof value === 'number' && Number.isFinite(value) && value > 0) || 'a number above 0'

const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0

const urlMapOptions = new Set<string>([
  'defaultSubdomain',
  'strictSlashes',
  'mergeSlashes',
  'redirectDefaults',
  'hostMatching',
  'sortParameters',
  'converters',
] satisfies (keyof UrlMapOptions)[])

export const configTypes: ConfigTypes = {
  urlMap: (value) => {
    if (!isDictionary(value)) return 'options of UrlMap'
    const unknown = Object.keys(value).find((key) => !urlMapOptions.has(key))
    return unknown === undefined || `options of UrlMap, not ${unknown}`
  },
  appId: 'string|null',
  urls: 'string|function',
  errorHandlers: (value) =>
    (isDictionary(value) &&
      Object.entries(value).every(
        ([key, handler]) => /^[45]\d\d$/.test(key) && /^(function|string)$/.test(typeof handler),
      )) ||
    "functions or 'module:function' by status, 400 to 599",
  versionId: 'string|null',
  appsInstalled: 'string[]',
  serverName: (value) =>
    value === null ||
    (typeof value === 'string' && /^(?:[a-z\d_.-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/i.test(value)) ||
    "a host as requests name it, like 'example.org' or 'localhost:8080'",
  trustedProxies: (value) =>
    isCount(value) ||
    typeof value === 'string' ||
    typeOf(value) === 'string[]' ||
    'a number of hops, or addresses, as a string or a list of strings',
  ...Object.fromEntries(Object.keys(requestLimits).map((key) => [key, positive])),
  maxConnections: (value) => isCount(value) || 'a whole number, 0 for any',
  maxHeaderSize: positive,
  headersTimeout: positive,
  requestTimeout: positive,
  healthPath: 'string|null',
  keepAliveTimeout: positive,
  shutdownTimeout: positive,
  logLevel: (value) =>
    ['debug', 'info', 'warn', 'error', 'silent'].includes(value as string) ||
    "'debug', 'info', 'warn', 'error' or 'silent'",
}

/** Whether it is an object of keys and values: a list has none of the keys that anybody meant. */
export function isDictionary(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function typeOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return value.every((item) => typeof item === 'string') ? 'string[]' : 'array'
  return typeof value
}

/**
 * A section with its defaults filled in.
 *
 * @throws {TipfyError} TIPFY_E_CONFIG_KEY for a key the module does not have, TIPFY_E_CONFIG_VALUE for a wrong type
 */
export function validateSection<Section extends object>(
  module: string,
  given: object | undefined,
  defaults: Section,
  types: ConfigTypes = {},
): Section {
  if (given !== undefined && !isDictionary(given)) {
    throw new TipfyError('TIPFY_E_CONFIG_VALUE', { key: module, wanted: 'a dictionary', given: typeOf(given) })
  }
  const section = { ...defaults }
  for (const [key, value] of Object.entries(given ?? {})) {
    if (!Object.hasOwn(defaults, key)) {
      throw new TipfyError('TIPFY_E_CONFIG_KEY', { module, key, nearest: nearest(key, Object.keys(defaults)) })
    }
    if (value === undefined) continue
    const wrong = mismatch(value, types[key] ?? typeLike(defaults[key as keyof Section]))
    if (wrong !== null) {
      const given = shown(key, value)
      throw new TipfyError('TIPFY_E_CONFIG_VALUE', { key: `${module}.${key}`, wanted: wrong, given })
    }
    section[key as keyof Section] = value
  }
  return section
}

/** A value as an error tells it: texts and numbers as they are, but no text that may be a secret. */
function shown(key: string, value: unknown): string {
  if (typeof value === 'number') return String(value)
  const isPlain = typeof value === 'string' && value.length < 60 && !isSecretName(key)
  return isPlain ? JSON.stringify(withoutPassword(value)) : typeOf(value)
}

/** What a default says of the values in its place: an empty list of no items, null of nothing at all. */
function typeLike(value: unknown): ConfigType {
  if (value === null || value === undefined) return () => true
  return Array.isArray(value) && value.length === 0 ? 'array' : typeOf(value)
}

function mismatch(value: unknown, type: ConfigType): string | null {
  if (typeof type === 'function') {
    const answer = type(value)
    return answer === true ? null : answer
  }
  const is = typeOf(value)
  return type.split('|').some((wanted) => wanted === is || (wanted === 'array' && is === 'string[]'))
    ? null
    : type.replaceAll('|', ' or ')
}
