// The keys of the section `tipfy`: one line for each, with its default and its check. docs/config.md is compared with it.
import { defaultTrustedHeaders, forwardedHeaders, requestLimits } from '../http/request/settings.ts'
import { isDevelopment, isGoogleCloud, secondsToStop } from '../internal/environment.ts'
import { choice, isDictionary, limit, limits, type SectionOf, setting, typeOf } from '../internal/settings.ts'
import type { UrlMapOptions } from '../routing/index.ts'

const { env } = process

const isPath = (value: unknown) => typeof value === 'string' && /^\/[^?#<>]*$/.test(value)
const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0

const urlMapOptions = [
  'defaultSubdomain',
  'strictSlashes',
  'mergeSlashes',
  'redirectDefaults',
  'hostMatching',
  'sortParameters',
  'converters',
] satisfies (keyof UrlMapOptions)[]

export const settings = {
  /** Error pages, the console, loopback only. */
  dev: setting(isDevelopment()),
  /** The name of the application, as on App Engine. */
  appId: setting(env.GOOGLE_CLOUD_PROJECT ?? null, 'string|null'),
  /** The version of the application. */
  versionId: setting(env.K_REVISION ?? env.GAE_VERSION ?? null, 'string|null'),
  /** Modules whose own `urls` are added to the rules. */
  appsInstalled: setting<readonly string[]>([], 'string[]'),
  /** The path of an installed application's rules, by module. */
  appsEntryPoints: setting<Readonly<Record<string, string>>>({}),
  /** Paths of an API, like '/api': below them errors are JSON for clients that take anything, and OpenAPI describes them alone. */
  apiPaths: setting<readonly string[]>(
    [],
    (value) =>
      (Array.isArray(value) && value.every(isPath)) || "a list of paths like '/api', each with a slash in front",
  ),
  /** Options of the application's UrlMap. */
  urlMap: setting<UrlMapOptions>({}, (value) => {
    if (!isDictionary(value)) return 'options of UrlMap'
    const unknown = Object.keys(value).find((key) => !(urlMapOptions as string[]).includes(key))
    return unknown === undefined || `options of UrlMap, not ${unknown}`
  }),
  /** Run preDispatchHandler hooks also before redirects of slashes and of `redirectTo`, with `request.rule` null. */
  hooksForRedirects: setting(false),
  /** Open network connections outside any request, so that callbacks of drivers throw where they would act as another user. */
  isolateConnections: setting(true),
  /** The host, and parent of the hosts, that requests may ask for; any other is a 400. null allows any. */
  serverName: setting<string | null>(
    null,
    (value) =>
      value === null ||
      (typeof value === 'string' && /^(?:[a-z\d_.-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/i.test(value)) ||
      "a host as requests name it, like 'example.org' or 'localhost:8080'",
  ),
  /** Proxies whose forwarded headers count: the number of hops, or addresses and subnets ('loopback', '10.0.0.0/8'). */
  trustedProxies: setting<number | string | readonly string[]>(
    isGoogleCloud() ? 1 : 0, // the platform's own front end
    (value) =>
      isCount(value) ||
      typeof value === 'string' ||
      typeOf(value) === 'string[]' ||
      'a number of hops, or addresses, as a string or a list of strings',
  ),
  /** The headers taken from trusted proxies; 'x-forwarded-host' only if your proxy sets or removes it. */
  trustedHeaders: setting<readonly string[]>(
    defaultTrustedHeaders,
    (value) =>
      (Array.isArray(value) && value.every((name) => (forwardedHeaders as readonly unknown[]).includes(name))) ||
      `a list of ${forwardedHeaders.map((name) => `'${name}'`).join(', ')}`,
  ),
  ...limits(requestLimits),
  /** Compress responses where it is worth it and safe. */
  compress: setting(true),
  /** Bytes of a request's line and headers; more is a 431. */
  maxHeaderSize: limit(16 * 1024),
  /** Concurrent connections per process; more are closed. 0 allows any number. */
  maxConnections: setting(0, (value) => isCount(value) || 'a whole number, 0 for any'),
  /** Seconds for the headers of a request to arrive. */
  headersTimeout: limit(20),
  /** Seconds for a whole request to arrive. */
  requestTimeout: limit(60),
  /** Seconds until an idle connection is closed. */
  keepAliveTimeout: limit(65),
  /** Seconds for running requests when the server stops; by default 8 on Cloud Run, which allows 10, and 2 on App Engine (3). */
  shutdownTimeout: limit(secondsToStop()),
  /** The path for load balancers: 200 while serving, 503 when stopping. null: no such path. */
  healthPath: setting<string | null>('/_health', 'string|null'),
  /** Log each request. */
  accessLog: setting(true),
  /** The lowest level that app.log writes: 'debug', 'info', 'warn', 'error' or 'silent'. */
  logLevel: choice('info', ['debug', 'info', 'warn', 'error', 'silent']),
}

/** The section `tipfy`, without the keys that hold code of the application. */
export interface Settings extends SectionOf<typeof settings> {}
