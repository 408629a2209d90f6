// The setting `deviceBound`: its keys, and the settings with which browsers would not renew a bound cookie.
import { isDictionary } from '../../../internal/settings.ts'
import { failConfig, type SessionCookie } from './cookie.ts'

/** The settings of device-bound sessions (Device Bound Session Credentials). */
export interface DeviceBound {
  /** Seconds that a browser may use the session before it has to sign again: 300 or more. */
  lifetime: number
  /** The path at which browsers register and refresh. */
  path: string
  /** The second, short-lived cookie. */
  cookieName: string
  /** Sister hosts whose pages call this one with cookies: their requests begin a refresh, too. */
  initiators: readonly string[]
}

const defaults: DeviceBound = { lifetime: 600, path: '/.device', cookieName: 'tipfy.device', initiators: [] }

/** Browsers sign 6 times in 9 minutes at most, for all sessions of a domain together. */
const minLifetime = 300
const maxLifetime = 86_400

const checks: { [Key in keyof DeviceBound]: (value: DeviceBound[Key]) => true | string } = {
  lifetime: (value) =>
    (Number.isInteger(value) && value >= minLifetime && value <= maxLifetime) ||
    `a whole number of seconds from ${minLifetime} to ${maxLifetime}: browsers limit how often they sign`,
  path: (value) => (typeof value === 'string' && /^\/[\w.~/-]*$/.test(value)) || "a path like '/.device'",
  cookieName: (value) => (typeof value === 'string' && value !== '') || 'the name of a cookie',
  initiators: (value) =>
    (Array.isArray(value) && value.every((host) => typeof host === 'string' && /^[\w*.-]+$/.test(host))) ||
    "a list of hosts, such as ['pay.example.com']",
}

/** The keys of `deviceBound`, checked; null where it is off. */
export function readDeviceBound(given: unknown, cookie: SessionCookie): DeviceBound | null {
  if (given === false) return null
  const config = { ...defaults, ...(given === true ? {} : (given as Partial<DeviceBound>)) }
  for (const [key, value] of Object.entries(config)) {
    const check = checks[key as keyof DeviceBound] as ((value: unknown) => true | string) | undefined
    if (check === undefined) failConfig(`deviceBound.${key}`, value, `one of ${Object.keys(defaults).join(', ')}`)
    const wanted = check(value)
    if (wanted !== true) failConfig(`deviceBound.${key}`, value, wanted)
  }
  const why = 'with deviceBound: browsers do not renew the bound cookie otherwise'
  if (cookie.domain !== null) failConfig('cookie.domain', cookie.domain, `null ${why}`)
  if (cookie.path !== '/') failConfig('cookie.path', cookie.path, `'/' ${why}`)
  if (cookie.sameSite === 'None') failConfig('cookie.sameSite', cookie.sameSite, `'Lax' or 'Strict' ${why}`)
  if (cookie.partitioned) failConfig('cookie.partitioned', true, `false ${why}`)
  return config
}

export const isDeviceBound = (value: unknown): true | string =>
  typeof value === 'boolean' || isDictionary(value) || 'true, false or { lifetime, path, cookieName, initiators }'
