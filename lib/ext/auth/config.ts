// The section 'tipfy/ext/auth' of config.ts: its keys, their defaults and checks.
import type { Config } from '../../app/types.ts'
import {
  type Checks,
  checksOf,
  defaultsOf,
  isDictionary,
  limit,
  type SectionOf,
  setting,
} from '../../internal/settings.ts'
import { isSeconds } from '../session/config/cookie.ts'
import { checkIap, type IapSettings } from './iap-settings.ts'
import { checkPasskeys, type PasskeySettings } from './passkey-settings.ts'
import { PasswordHasher } from './password-hasher.ts'
import type { GivenPasswordSettings } from './password-settings.ts'
import { checkProviders, type Providers } from './providers.ts'

const table = {
  /** Loads the user of an id that was passed to `login()`, once a request; null or undefined: the user is gone. */
  loadUser: setting<null | ((id: string) => unknown)>(null, 'function|null'),
  /** The path of the page to log in. */
  loginPath: setting('/login', (value) => /^\/(?![/\\])[^\s?#]*$/.test(String(value)) || "a path like '/login'"),
  /** Seconds for which a login counts as fresh, for rules with `auth: 'fresh'`. */
  freshFor: limit(300),
  /** Seconds that `login(user, { remember: true })` lasts without a request. */
  rememberFor: setting(30 * 86_400, (value) => isSeconds(value) || 'a number of seconds above 0'),
  /** The providers to sign in with, by name: `google`, or others with their `issuer`. */
  providers: setting<Providers>({}, 'object'),
  /** Passkeys: their domain. */
  passkeys: setting<PasskeySettings | null>(null, 'object|null'),
  /** The audience of an application behind Google's Identity-Aware Proxy. */
  iap: setting<IapSettings | null>(null, 'object|null'),
  /** The cost of password hashes; the defaults take some 200 ms. */
  passwords: setting<GivenPasswordSettings>({}, (value) => isDictionary(value) || 'an object'),
}

/** The section 'tipfy/ext/auth'. */
export interface AuthConfig extends SectionOf<typeof table> {}

/** The defaults of the section 'tipfy/ext/auth'. */
export const defaultConfig: AuthConfig = defaultsOf(table)

/** The checks of its keys. */
export const configTypes: Checks = checksOf(table)

/** Throws for values that do not go together, or could not work. */
export function checkConfig(section: Partial<AuthConfig>, { config }: { config: Config }): void {
  new PasswordHasher(section.passwords) // its constructor checks them
  checkProviders(
    section.providers ?? {},
    (config['tipfy/ext/session'] as { cookie?: { sameSite?: unknown } } | undefined)?.cookie?.sameSite,
  )
  checkPasskeys(section.passkeys ?? null)
  checkIap(section.iap ?? null)
}
