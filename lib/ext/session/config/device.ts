// The setting `deviceBound`: its keys, and the settings with which browsers would not renew a bound cookie.
import { defaultsOf, isDictionary, mismatch, type SectionOf, setting } from '../../../internal/settings.ts'
import { failConfig, type SessionCookie } from './cookie.ts'

/** Browsers sign 6 times in 9 minutes at most, for all sessions of a domain together. */
const minLifetime = 300
const maxLifetime = 86_400

const table = {
  /** Seconds that a browser may use the session before it has to sign again: 300 or more. */
  lifetime: setting(
    600,
    (value) =>
      (Number.isInteger(value) && (value as number) >= minLifetime && (value as number) <= maxLifetime) ||
      `a whole number of seconds from ${minLifetime} to ${maxLifetime}: browsers limit how often they sign`,
  ),
  /** The path at which browsers register and refresh. */
  path: setting(
    '/.device',
    (value) => (typeof value === 'string' && /^\/[\w.~/-]*$/.test(value)) || "a path like '/.device'",
  ),
  /** The second, short-lived cookie. */
  cookieName: setting('tipfy.device', (value) => (typeof value === 'string' && value !== '') || 'the name of a cookie'),
  /** Sister hosts whose pages call this one with cookies: their requests begin a refresh, too. */
  initiators: setting<readonly string[]>(
    [],
    (value) =>
      (Array.isArray(value) && value.every((host) => typeof host === 'string' && /^[\w*.-]+$/.test(host))) ||
      "a list of hosts, such as ['pay.example.com']",
  ),
}

/** The settings of device-bound sessions (Device Bound Session Credentials). */
export interface DeviceBound extends SectionOf<typeof table> {}

/** The keys of `deviceBound`, checked; null where it is off. */
export function readDeviceBound(given: unknown, cookie: SessionCookie): DeviceBound | null {
  if (given === false) return null
  const config: DeviceBound = { ...defaultsOf(table), ...(given === true ? {} : (given as Partial<DeviceBound>)) }
  for (const [key, value] of Object.entries(config)) {
    if (!Object.hasOwn(table, key)) failConfig(`deviceBound.${key}`, value, `one of ${Object.keys(table).join(', ')}`)
    const wanted = mismatch(value, table[key as keyof DeviceBound].check)
    if (wanted !== null) failConfig(`deviceBound.${key}`, value, wanted)
  }
  const why = 'with deviceBound: browsers do not renew the bound cookie otherwise'
  if (cookie.domain !== null) failConfig('cookie.domain', cookie.domain, `null ${why}`)
  if (cookie.path !== '/') failConfig('cookie.path', cookie.path, `'/' ${why}`)
  if (cookie.sameSite === 'None') failConfig('cookie.sameSite', cookie.sameSite, `'Lax' or 'Strict' ${why}`)
  if (cookie.partitioned) failConfig('cookie.partitioned', true, `false ${why}`)
  return config
}

/** The path at which browsers register, of the setting as it is given. */
export const devicePath = (given: true | Partial<DeviceBound>): string =>
  (given === true ? undefined : given.path) ?? table.path.default

export const isDeviceBound = (value: unknown): true | string =>
  typeof value === 'boolean' || isDictionary(value) || 'true, false or { lifetime, path, cookieName, initiators }'
