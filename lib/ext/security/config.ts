// The section 'tipfy/ext/security' of config.ts: its keys, their defaults and checks.
import { TipfyError } from '../../internal/errors.ts'
import { checksOf, defaultsOf, isDictionary, type SectionOf, setting } from '../../internal/settings.ts'
import { checkPart, isTexts, type Verdict } from './check-part.ts'
import { checkPolicy } from './check-policy.ts'
import { checkRateLimit, defaultRateLimit, type RateLimitConfig } from './rate-limit/config.ts'

const token = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/i
/** No list, no control characters and nothing that would begin another directive. */
const isSource = (text: string) => /^[\x21-\x2b\x2d-\x3a\x3c-\x7e]+$/.test(text)

function isOrigin(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text
}

const areHeaders = (value: unknown) => isTexts(value) && value.every((name) => token.test(name))
const isWhole = (value: unknown) => Number.isInteger(value) && (value as number) >= 0
const isBoolean = (value: unknown): Verdict => typeof value === 'boolean' || 'true or false'

const cors = {
  /** `'*'`, or origins like `'https://shop.example'`, or a function that decides, which may be async. */
  origins: setting<'*' | readonly string[] | ((origin: string) => boolean | Promise<boolean>)>(
    [],
    (value) =>
      value === '*' ||
      typeof value === 'function' ||
      (isTexts(value) && value.every(isOrigin)) ||
      "'*', a function, or a list of origins like 'https://shop.example', without a path or a slash at the end",
  ),
  /** Request headers that scripts may send. `'*'`: those that they ask for. */
  headers: setting<'*' | readonly string[]>(
    ['content-type', 'x-csrf-token'],
    (value) => value === '*' || areHeaders(value) || "'*' or a list of header names",
  ),
  /** Response headers that scripts may read. */
  exposeHeaders: setting<readonly string[]>([], (value) => areHeaders(value) || 'a list of header names'),
  /** True: with cookies. Never together with the origins `'*'`. */
  credentials: setting(false, isBoolean),
  /** Seconds that a browser may keep the permission. Browsers keep it for two hours at most. */
  maxAge: setting(600, (value) => isWhole(value) || 'a number of whole seconds'),
}

/** Pages of other origins that may call this application from scripts (CORS, https://fetch.spec.whatwg.org/#http-cors-protocol). */
export interface CorsConfig extends SectionOf<typeof cors> {}

export const defaultCors: CorsConfig = defaultsOf(cors)

/** Browsers ignore a header with a value that they do not know. */
const oneOf =
  (...values: string[]) =>
  (value: unknown): Verdict =>
    value === null ||
    values.includes(value as string) ||
    `null, or one of ${values.map((one) => `'${one}'`).join(', ')}`

const referrerPolicies = [
  'no-referrer',
  'no-referrer-when-downgrade',
  'origin',
  'origin-when-cross-origin',
  'same-origin',
  'strict-origin',
  'strict-origin-when-cross-origin',
  'unsafe-url',
]
/** A list is for older browsers, which use the last one that they know. */
const areReferrerPolicies = (value: unknown) =>
  typeof value === 'string' && value.split(/, ?/).every((one) => referrerPolicies.includes(one))

/** https://www.w3.org/TR/permissions-policy/#structured-header-serialization */
const isAllowance = (text: string) => /^(?:\*|self|src)$/.test(text) || /^https?:\/\/[^\s"']+$/.test(text)

const lists =
  (pattern: RegExp, isEntry: (text: string) => boolean, wanted: string) =>
  (value: unknown): Verdict =>
    value === null ||
    (isDictionary(value) &&
      Object.entries(value).every(([name, list]) => pattern.test(name) && isTexts(list) && list.every(isEntry))) ||
    wanted

const headers = {
  /** Sources by directive, camelCase as in `scriptSrc`; null: no Content-Security-Policy. */
  contentSecurityPolicy: setting<Readonly<Record<string, readonly string[]>> | null>(
    {
      defaultSrc: ["'self'"],
      scriptSrc: ["'self'", "'nonce'"],
      styleSrc: ["'self'", "'nonce'"],
      imgSrc: ["'self'", 'data:'],
      objectSrc: ["'none'"],
      baseUri: ["'self'"],
      formAction: ["'self'"],
      frameAncestors: ["'self'"],
    },
    lists(/^[a-z]+([A-Z][a-z]+)*$/, isSource, 'lists of sources by directive, like { imgSrc: ["\'self\'"] }, or null'),
  ),
  /** True: the browser reports what the policy would forbid, and forbids nothing. */
  reportOnly: setting(false, isBoolean),
  /** Seconds that browsers come back by https only; sent over https, and never in development. */
  strictTransportSecurity: setting<number | null>(
    15_552_000,
    (value) => value === null || isWhole(value) || 'a number of whole seconds, or null',
  ),
  frameOptions: setting<'DENY' | 'SAMEORIGIN' | null>('SAMEORIGIN', oneOf('DENY', 'SAMEORIGIN')),
  referrerPolicy: setting<string | null>(
    'strict-origin-when-cross-origin',
    (value) => areReferrerPolicies(value) || oneOf(...referrerPolicies)(value),
  ),
  /** Origins by feature: `{ camera: [] }` forbids it. */
  permissionsPolicy: setting<Readonly<Record<string, readonly string[]>> | null>(
    { camera: [], microphone: [], geolocation: [] },
    lists(
      /^[a-z]+(-[a-z]+)*$/,
      isAllowance,
      'lists of origins by feature, with self and * without quotes, like { camera: [], fullscreen: ["self", "https://a.example"] }, or null',
    ),
  ),
  openerPolicy: setting<string | null>(
    'same-origin',
    oneOf('same-origin', 'same-origin-allow-popups', 'noopener-allow-popups', 'unsafe-none'),
  ),
  resourcePolicy: setting<string | null>('same-origin', oneOf('same-origin', 'same-site', 'cross-origin')),
}

/** The headers that a page is sent with. null leaves one out. */
export interface HeadersConfig extends SectionOf<typeof headers> {}

export const defaultHeaders: HeadersConfig = defaultsOf(headers)

const settings = {
  cors: setting<Partial<CorsConfig>>(defaultCors, (value) => isDictionary(value) || 'an object'),
  headers: setting<Partial<HeadersConfig>>(defaultHeaders, (value) => isDictionary(value) || 'an object'),
  rateLimit: setting<Partial<RateLimitConfig>>(defaultRateLimit, (value) => isDictionary(value) || 'an object'),
}

/** The keys of `'tipfy/ext/security'`, with their defaults. */
export const defaultConfig = defaultsOf(settings)
/** The checks of these keys. */
export const configTypes = checksOf(settings)
/** The section `'tipfy/ext/security'`. */
export type SecurityConfig = typeof defaultConfig

/** Stops the start for values that cannot work, and for cookies offered to every origin. */
export function checkConfig(values: Partial<SecurityConfig>): void {
  const { cors: origins = {}, headers: pages = {}, rateLimit = {} } = values
  checkPart('cors', origins, checksOf(cors))
  checkPart('headers', pages, checksOf(headers))
  checkPolicy(pages.contentSecurityPolicy ?? {})
  checkRateLimit(rateLimit)
  if (origins.credentials === true && origins.origins === '*') {
    throw new TipfyError('TIPFY_E_CONFIG_VALUE', {
      key: 'tipfy/ext/security.cors.origins',
      wanted: 'a list of origins: browsers send no cookies where every origin is allowed',
      given: "'*'",
    })
  }
}
