// The settings that all requests of one application share: limits, trusted proxies, compression.
import { Draining } from './draining.ts'

/** Limits of a request, with their defaults: keys of the section `tipfy`, each a number above 0. */
export const requestLimits = {
  /** Characters of a URL; more is a 414. */
  maxUrlSize: 8 * 1024,
  /** Bytes of a request's body, before and after decompression; more is a 413. */
  maxBodySize: 10 * 1024 * 1024,
  /** Bytes of a body held in memory by one request: text, bytes, the fields of a form; more is a 413. */
  maxMemorySize: 10 * 1024 * 1024,
  /** Bytes of a JSON body; more is a 413. */
  maxJsonSize: 1024 * 1024,
  /** Levels of nesting in a JSON body; more is a 400. */
  maxJsonDepth: 100,
  /** Fields and files of one form, together; more is a 413. */
  maxFormParts: 1000,
  /** Bytes above which an uploaded file is kept on disk, not in memory. */
  uploadThreshold: 64 * 1024,
}

export type RequestLimits = typeof requestLimits

/** Picks the limits out of a larger section. */
export function limitsOf(section: RequestLimits): RequestLimits {
  const limits = { ...requestLimits }
  for (const name of Object.keys(limits) as (keyof RequestLimits)[]) limits[name] = section[name]
  return limits
}

/** The headers of a proxy that can be trusted; no other forwarded header is ever read. */
export const forwardedHeaders = ['x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host'] as const

/** `tipfy.trustedHeaders` by default: most proxies pass on an X-Forwarded-Host that the client wrote. */
export const defaultTrustedHeaders: readonly string[] = ['x-forwarded-for', 'x-forwarded-proto']

/** The proxies that are trusted, and the headers that are taken from them. */
export interface Trust {
  /** Decides on the proxy at `address`, `hop` steps away from this process (0 is the peer). */
  readonly isProxy: (address: string, hop: number) => boolean
  readonly headers: ReadonlySet<string>
}

/** `tipfy.trustedProxies`: a number of hops, or addresses, subnets and names as proxy-addr reads them. */
export type TrustedProxies = number | string | readonly string[] | null

/** The settings that all requests of an application share. */
export interface RequestSettings extends RequestLimits {
  /** Null trusts no proxy. */
  trust: Trust | null
  /** The host, and parent of the hosts, that requests may ask for; null allows any. */
  serverName: string | null
  /** Compress responses where it is worth it and safe. */
  compress: boolean
  /** Paths below which errors are JSON for clients that take anything. */
  apiPaths: readonly string[]
  readonly draining: Draining
}

export const defaultRequestSettings: RequestSettings = {
  ...requestLimits,
  trust: null,
  serverName: null,
  compress: true,
  apiPaths: [],
  draining: new Draining(),
}

/** Returns true for the path of an API, `tipfy.apiPaths`, and those below it. */
export function isApiPath(path: string, apiPaths: readonly string[]): boolean {
  return apiPaths.some((api) => path === api || path.startsWith(api.endsWith('/') ? api : `${api}/`))
}
