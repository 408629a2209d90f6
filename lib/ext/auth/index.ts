// tipfy/ext/auth: passwords, logins, and rules for users alone.
import { applications, contextStorage } from '../../app/context.ts'
import { app, current, request } from '../../app/globals.ts'
import { redirect } from '../../app/helpers.ts'
import { ownHooks } from '../../app/own-hooks.ts'
import { Forbidden, Unauthorized } from '../../http/exceptions.ts'
import type { Request } from '../../http/request/request.ts'
import type { Response } from '../../http/response/response.ts'
import { mustBeTheOnlyCopy } from '../../internal/single-copy.ts'
import { limit, resetLimit } from '../security/index.ts'
import { checkCsrf, sessionStore } from '../session/index.ts'
import { isOwnPath, settings } from './context.ts'
import { PasswordHasher } from './password-hasher.ts'

export { type AuthConfig, checkConfig, configTypes, defaultConfig } from './config.ts'
export { nextPath } from './context.ts'
export { iapIdentity, requireIap } from './iap.ts'
export type { IapSettings } from './iap-settings.ts'
export type { PasskeySettings } from './passkey-settings.ts'
export { beginPasskey, beginPasskeyLogin, completePasskey, completePasskeyLogin, type Passkey } from './passkeys.ts'
export type { GivenPasswordSettings, PasswordSettings } from './password-settings.ts'
export type { ProviderSettings } from './providers.ts'
export { beginSignIn, type CompletedSignIn, completeSignIn, type Identity } from './sign-in.ts'

/** Declares the type of your users: `declare module 'tipfy/ext/auth' { interface AuthTypes { user: User } }`. */
// biome-ignore lint/suspicious/noEmptyInterface: users of tipfy fill it
export interface AuthTypes {}

/** A user as `loadUser` returns it. */
export type AuthUser = AuthTypes extends { user: infer User } ? User : unknown

/** Milliseconds from which a hash is slow: users wait for it, and a few logins keep the server busy. */
const slowHash = 1000

/** Characters of a name that count for its limit: one character can become 18 in its normal form. */
const maxNameLength = 256

/** Characters of the redirect to the login page: one much longer would be a 431 there, and its user would never log in. */
const maxLocation = 4000

const hashers = new WeakMap<object, PasswordHasher>()

/** That of a process without an application, such as a script that makes the first user: with the defaults. */
let hasherOfScript: PasswordHasher | undefined

function hasher(): PasswordHasher {
  if (contextStorage.getStore() === undefined && applications.count === 0) {
    mustBeTheOnlyCopy()
    hasherOfScript ??= new PasswordHasher()
    return hasherOfScript
  }
  const application = current(app)
  const known = hashers.get(application)
  if (known !== undefined) return known
  const made = new PasswordHasher(settings().passwords, process.env, (ms) => {
    const level = ms > slowHash ? 'warn' : 'info'
    application.log[level]({ ms: Math.round(ms) }, 'a password hash was computed for the first time')
  })
  hashers.set(application, made)
  return made
}

/**
 * Returns the hash of a password as a PHC string, to be stored.
 *
 * @throws {TipfyError} TIPFY_E_PASSWORD_LENGTH for an empty password, and one that is too long
 */
export async function hashPassword(password: string): Promise<string> {
  return hasher().hash(password)
}

/**
 * Returns true if `stored` was made of `password`. Takes as long for null, a user that does not exist, and returns false then.
 *
 * @throws {TipfyError} TIPFY_E_PASSWORD_HASH where this Node cannot compute such a hash, or it is none
 */
export async function checkPassword(password: string, stored: string | null | undefined): Promise<boolean> {
  return hasher().check(password, stored)
}

/** Returns true if a hash was made with another algorithm or cost than are configured: hash anew at the login. */
export function needsRehash(stored: string): boolean {
  return hasher().needsRehash(stored)
}

/**
 * Logs a user in: a new session id and new CSRF tokens, an offer to bind the session to the device where that is configured, and
 * with `remember` a session that outlives the browser. What another user left in the session is ended first.
 */
export async function login(user: string, { remember = false } = {}): Promise<void> {
  if (sessionStore.user !== null && sessionStore.user !== user) await sessionStore.destroyForLogin()
  sessionStore.regenerate()
  sessionStore.user = user
  sessionStore.expiration = remember ? settings().rememberFor : null
  sessionStore.noteLogin()
}

/** The parts of a user that a login by password needs. */
export interface PasswordUser {
  readonly id: string
  /** As `hashPassword` made it; null for a user without a password. */
  readonly passwordHash: string | null
}

/** Options of `loginWithPassword`. */
export interface PasswordLoginOptions {
  /** Has the session outlive the browser, for `rememberFor` seconds. */
  remember?: boolean
  /** Stores a hash of the configured cost, where that of the user has another. */
  saveHash?: (hash: string) => unknown
}

/**
 * Logs a user in by name and password, and returns true if they belong together. Checks the token of the form, limits
 * attempts by name and by address (the policies `login` and `loginAddress` of tipfy/ext/security), and takes as long for a name
 * that is not known. A failure is logged, without what was typed.
 *
 * @param name as it was typed
 * @param user the user of that name, or null
 * @throws {Forbidden} 403 without the token of the form, unless the endpoint is in `csrfExempt`
 * @throws {TooManyRequests} 429 beyond the limits
 * @example
 * const isIn = await loginWithPassword('ann', 'open sesame', { id: 'user-1', passwordHash: '$argon2id$…' })
 */
export async function loginWithPassword(
  name: string,
  password: string,
  user: PasswordUser | null | undefined,
  { remember = false, saveHash }: PasswordLoginOptions = {},
): Promise<boolean> {
  await checkCsrf(current(request), current(app))
  const key = `name ${String(name).slice(0, maxNameLength).normalize('NFKC').trim().toLowerCase()}`
  await limit('loginAddress')
  await limit('login', key)
  const stored = user?.passwordHash
  if (!(await checkPassword(password, stored)) || user == null || stored == null) {
    // The name is not logged: people type their password there.
    current(app).log.warn({ user: user?.id ?? null, address: request.remoteAddr }, 'a login has failed')
    return false
  }
  if (saveHash !== undefined && needsRehash(stored)) await saveHash(await hashPassword(password))
  await resetLimit('login', key)
  await login(user.id, { remember })
  return true
}

/** Logs the user out; with `everywhere` in all browsers, which needs sessions in Datastore. */
export async function logout({ everywhere = false } = {}): Promise<void> {
  const { user } = sessionStore
  if (everywhere && user !== null) await sessionStore.destroyAllFor(user)
  else await sessionStore.destroy()
}

interface Loaded {
  readonly id: string
  readonly user: Promise<unknown>
}

const loaded = new WeakMap<object, Loaded>()

/** Returns the user that is logged in, loaded once a request by `loadUser`; without that, the id. Null: no user is logged in. */
export async function currentUser(): Promise<AuthUser | null> {
  const id = sessionStore.user
  if (id === null) return null
  const context = contextStorage.getStore()!
  let found = loaded.get(context)
  if (found?.id !== id) {
    const { loadUser } = settings()
    found = { id, user: (async () => (loadUser === null ? id : loadUser(id)))() }
    loaded.set(context, found)
  }
  return ((await found.user) ?? null) as AuthUser | null
}

/** The rules that `requireUser` checks. */
interface GuardedRule {
  readonly auth: true | 'fresh' | ((user: never) => boolean) | null
}

/**
 * A preDispatchHandler hook for rules with the option `auth`. True: a user must be logged in. 'fresh': by a login at most
 * `freshFor` seconds ago. A function: it gets the user, and returns true for one that may pass; a 403 otherwise. Pages are redirected to
 * `loginPath`, with the way back in `next`; other requests get a 401.
 */
export const requireUser: ((request: Request) => Promise<Response> | undefined) & { readonly guards: 'auth' } =
  Object.assign(
    (from: Request): Promise<Response> | undefined => {
      const { auth = null } = (from.rule ?? {}) as Partial<GuardedRule>
      return auth === null ? undefined : (check(from, auth) as Promise<Response>)
    },
    { guards: 'auth' as const },
  )

ownHooks('preDispatchHandler', { requireUser })

async function check(from: Request, auth: NonNullable<GuardedRule['auth']>): Promise<Response | undefined> {
  const user = await currentUser()
  if (user === null || (auth === 'fresh' && !isFresh())) return askToLogIn(from)
  // Awaited, though it is typed as synchronous: a promise would let everybody pass.
  if (typeof auth === 'function' && !(await auth(user as never))) throw new Forbidden()
  return undefined
}

function isFresh(): boolean {
  const ago = sessionStore.loginAgo
  return ago !== null && ago <= settings().freshFor
}

function askToLogIn({ method, target, mountPath, headers }: Request): Response {
  const isPage = /\btext\/html\b/i.test(headers.get('accept') ?? '')
  if (!isPage) throw new Unauthorized(undefined, { headers: { 'WWW-Authenticate': 'Session realm="login"' } })
  const [login, back] = [mountPath + settings().loginPath, mountPath + target]
  // A form cannot be sent again after the login: only a page is gone back to.
  const isBack = (method === 'GET' || method === 'HEAD') && isOwnPath(back)
  const to = isBack ? `${login}?next=${encodeURIComponent(back)}` : login
  const page = redirect(to.length <= maxLocation ? to : login, 303)
  page.vary('Accept')
  return page
}
