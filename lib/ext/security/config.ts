// The section 'tipfy/ext/security' of config.ts: its keys, their defaults and checks.
import { TipfyError } from '../../internal/errors.ts'
import { checksOf, defaultsOf, isDictionary, setting } from '../../internal/settings.ts'
import { checkPart, isTexts, type Verdict } from './check-part.ts'
import { checkPolicy } from './check-policy.ts'
import { checkRateLimit, defaultRateLimit, type RateLimitConfig } from './rate-limit/config.ts'

/** Pages of other origins that may call this application from scripts (CORS, https://fetch.spec.whatwg.org/#http-cors-protocol). */
export interface CorsConfig {
  /** `'*'`, or origins like `'https://shop.example'`, or a function that decides, which may be async. */
  origins: '*' | readonly string[] | ((origin: string) => boolean | Promise<boolean>)
  /** Request headers that scripts may send. `'*'`: those that they ask for. */
  headers: '*' | readonly string[]
  /** Response headers that scripts may read. */
  exposeHeaders: readonly string[]
  /** True: with cookies. Never together with the origins `'*'`. */
  credentials: boolean
  /** Seconds that a browser may keep the permission. Browsers keep it for two hours at most. */
  maxAge: number
}

/** The headers that a page is sent with. null leaves one out. */
export interface HeadersConfig {
  /** Sources by directive, camelCase as in `scriptSrc`; null: no Content-Security-Policy. */
  contentSecurityPolicy: Readonly<Record<string, readonly string[]>> | null
  /** True: the browser reports what the policy would forbid, and forbids nothing. */
  reportOnly: boolean
  /** Seconds that browsers come back by https only; sent over https, and never in development. */
  strictTransportSecurity: number | null
  frameOptions: 'DENY' | 'SAMEORIGIN' | null
  referrerPolicy: string | null
  /** Origins by feature: `{ camera: [] }` forbids it. */
  permissionsPolicy: Readonly<Record<string, readonly string[]>> | null
  openerPolicy: string | null
  resourcePolicy: string | null
}

export const defaultCors: CorsConfig = {
  origins: [],
  headers: ['content-type', 'x-csrf-token'],
  exposeHeaders: [],
  credentials: false,
  maxAge: 600,
}

export const defaultHeaders: HeadersConfig = {
  contentSecurityPolicy: {
    defaultSrc: ["'self'"],
    scriptSrc: ["'self'", "'nonce'"],
    styleSrc: ["'self'", "'nonce'"],
    imgSrc: ["'self'", 'data:'],
    objectSrc: ["'none'"],
    baseUri: ["'self'"],
    formAction: ["'self'"],
    frameAncestors: ["'self'"],
  },
  reportOnly: false,
  strictTransportSecurity: 15_552_000,
  frameOptions: 'SAMEORIGIN',
  referrerPolicy: 'strict-origin-when-cross-origin',
  permissionsPolicy: { camera: [], microphone: [], geolocation: [] },
  openerPolicy: 'same-origin',
  resourcePolicy: 'same-origin',
}

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

const token = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/i
/** No list, no control characters and nothing that would begin another directive. */
const isSource = (text: string) => /^[\x21-\x2b\x2d-\x3a\x3c-\x7e]+$/.test(text)

function isOrigin(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text
}

const corsChecks: Record<keyof CorsConfig, (value: unknown) => Verdict> = {
  origins: (value) =>
    value === '*' ||
    typeof value === 'function' ||
    (isTexts(value) && value.every(isOrigin)) ||
    "'*', a function, or a list of origins like 'https://shop.example', without a path or a slash at the end",
  headers: (value) =>
    value === '*' || (isTexts(value) && value.every((name) => token.test(name))) || "'*' or a list of header names",
  exposeHeaders: (value) => (isTexts(value) && value.every((name) => token.test(name))) || 'a list of header names',
  credentials: (value) => typeof value === 'boolean' || 'true or false',
  maxAge: (value) => (Number.isInteger(value) && (value as number) >= 0) || 'a number of whole seconds',
}

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

const headersChecks: Record<keyof HeadersConfig, (value: unknown) => Verdict> = {
  contentSecurityPolicy: lists(
    /^[a-z]+([A-Z][a-z]+)*$/,
    isSource,
    'lists of sources by directive, like { imgSrc: ["\'self\'"] }, or null',
  ),
  reportOnly: (value) => typeof value === 'boolean' || 'true or false',
  strictTransportSecurity: (value) =>
    value === null || (Number.isInteger(value) && (value as number) >= 0) || 'a number of whole seconds, or null',
  frameOptions: oneOf('DENY', 'SAMEORIGIN'),
  referrerPolicy: (value) => areReferrerPolicies(value) || oneOf(...referrerPolicies)(value),
  permissionsPolicy: lists(
    /^[a-z]+(-[a-z]+)*$/,
    isAllowance,
    'lists of origins by feature, with self and * without quotes, like { camera: [], fullscreen: ["self", "https://a.example"] }, or null',
  ),
  openerPolicy: oneOf('same-origin', 'same-origin-allow-popups', 'noopener-allow-popups', 'unsafe-none'),
  resourcePolicy: oneOf('same-origin', 'same-site', 'cross-origin'),
}

/** Stops the start for values that cannot work, and for cookies offered to every origin. */
export function checkConfig(values: Partial<SecurityConfig>): void {
  const { cors = {}, headers = {}, rateLimit = {} } = values
  checkPart('cors', cors, corsChecks)
  checkPart('headers', headers, headersChecks)
  checkPolicy(headers.contentSecurityPolicy ?? {})
  checkRateLimit(rateLimit)
  if (cors.credentials === true && cors.origins === '*') {
    throw new TipfyError('TIPFY_E_CONFIG_VALUE', {
      key: 'tipfy/ext/security.cors.origins',
      wanted: 'a list of origins: browsers send no cookies where every origin is allowed',
      given: "'*'",
    })
  }
}
