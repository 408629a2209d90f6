// The attributes of session cookies: their defaults and checks, and the combinations that browsers drop in silence.
import { type CookieOptions, serializeCookie } from '../../../http/cookies.ts'
import { wrongArgument } from '../../../internal/arguments.ts'
import { TipfyError } from '../../../internal/errors.ts'
import { choice, defaultsOf, mismatch, type SectionOf, setting } from '../../../internal/settings.ts'

/** Returns true for a time that a session, or a cookie, can live: above 0, and not beyond what dates can say. */
export const isSeconds = (value: unknown): boolean => typeof value === 'number' && value > 0 && value < 1e10

const attributes = {
  path: setting('/'),
  domain: setting<string | null>(null, 'string|null'),
  /** 'auto': over https only if the request came by https. */
  secure: setting<boolean | 'auto'>(
    'auto',
    (value) => [true, false, 'auto'].includes(value as never) || "true, false or 'auto'",
  ),
  httpOnly: setting(true),
  sameSite: choice('Lax', ['Strict', 'Lax', 'None']),
  partitioned: setting(false),
  /** Put before the cookie's name. */
  prefix: setting<null | '__Host-' | '__Secure-'>(
    null,
    (value) => [null, '__Host-', '__Secure-'].includes(value as never) || "null, '__Host-' or '__Secure-'",
  ),
  /** Seconds that the browser keeps it; null: until it closes, or as long as the session's own `expiration`. */
  maxAge: setting<number | null>(
    null,
    (value) => value === null || isSeconds(value) || 'a number of seconds above 0, or null',
  ),
}

/** The attributes of a session's cookie. */
export interface SessionCookie extends SectionOf<typeof attributes> {}

export const cookieNames: readonly string[] = Object.keys(attributes)

export const defaultCookie: SessionCookie = defaultsOf(attributes)

/** A cookie of a former configuration; what is left out is as today. */
export interface FormerCookie {
  /** With its prefix. */
  readonly name?: string
  readonly domain?: string | null
  readonly path?: string
}

export function failConfig(key: string, given: unknown, wanted: string): never {
  throw new TipfyError('TIPFY_E_SESSION_CONFIG', { key, given: JSON.stringify(given) ?? String(given), wanted })
}

/** Throws for a wrong attribute, where it was written. */
type FailAttribute = (name: string, given: unknown, wanted: string) => never

const failSection: FailAttribute = (name, given, wanted) => failConfig(`cookie.${name}`, given, wanted)

/** Throws for a wrong attribute in the options of a function. */
export const failOption =
  (owner: string): FailAttribute =>
  (name, given, wanted) => {
    throw wrongArgument(`\`${name}\` of ${owner}`, wanted, given, 'Correct it in the call.')
  }

/** The attributes of one cookie: `given` over `defaults`. Throws for those that a browser would drop. */
export function cookieAttributes(
  given: Partial<SessionCookie>,
  defaults: SessionCookie = defaultCookie,
  fail: FailAttribute = failSection,
): SessionCookie {
  const set = Object.entries(given).filter(([, value]) => value !== undefined)
  for (const [key, value] of set) {
    if (!Object.hasOwn(attributes, key)) fail(key, value, `one of ${Object.keys(attributes).join(', ')}`)
    const wanted = mismatch(value, attributes[key as keyof SessionCookie].check)
    if (wanted !== null) fail(key, value, wanted)
  }
  const cookie: SessionCookie = { ...defaults, ...Object.fromEntries(set) }
  const needsSecure =
    cookie.prefix ?? (cookie.sameSite === 'None' ? 'SameSite=None' : cookie.partitioned && 'Partitioned')
  if (needsSecure && cookie.secure !== true) fail('secure', cookie.secure, `true, which ${needsSecure} needs`)
  if (cookie.prefix === '__Host-') {
    if (cookie.domain !== null) fail('domain', cookie.domain, 'null, which __Host- needs')
    if (cookie.path !== '/') fail('path', cookie.path, "'/', which __Host- needs")
  }
  return cookie
}

/** Checks the list of former cookies: each names something else than today's. */
export function checkFormer(list: readonly FormerCookie[], cookie: SessionCookie, names: readonly string[]): void {
  for (const [at, former] of list.entries()) {
    const { name, domain, path, ...others } = former
    const key = `formerCookies[${at}]`
    const unknown = Object.keys(others)[0]
    if (unknown !== undefined) failConfig(key, former, `of name, domain and path, not ${unknown}`)
    const isToday = (name === undefined || names.includes(name)) && isSamePlace(former, cookie)
    if (isToday) failConfig(key, former, 'another name, domain or path than that of the cookies that are set today')
    serializeCookie(name ?? 'name', '', { domain: domain ?? undefined, path, secure: true })
  }
}

/** Returns true if a former cookie has the domain and path of `cookie`: a browser keeps only one of the two. */
export function isSamePlace({ domain, path }: FormerCookie, cookie: SessionCookie): boolean {
  const plain = (name: string | null) => name?.replace(/^\./, '').toLowerCase() ?? null
  return (
    (domain === undefined || plain(domain) === plain(cookie.domain)) && (path === undefined || path === cookie.path)
  )
}

/** A cookie's name with its prefix. Throws for a name or attributes that no header can carry. */
export function checkCookie(name: string, cookie: SessionCookie): string {
  const full = (cookie.prefix ?? '') + name
  serializeCookie(full, '', writeOptions(cookie, true))
  return full
}

/** The attributes as a Set-Cookie header has them. */
export function writeOptions(cookie: SessionCookie, secure: boolean, lifetime?: number): CookieOptions {
  const { path, httpOnly, sameSite, partitioned } = cookie
  const seconds = lifetime ?? cookie.maxAge
  // Not less than the session lives: 0 would delete the cookie.
  const maxAge = seconds === null ? undefined : Math.ceil(seconds)
  return { path, domain: cookie.domain ?? undefined, httpOnly, sameSite, partitioned, secure, maxAge }
}
