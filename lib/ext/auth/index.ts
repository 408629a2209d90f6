// tipfy/ext/auth: passwords, logins, and rules for users alone.
import { contextStorage } from '../../app/context.ts'
import { app, current } from '../../app/globals.ts'
import { redirect } from '../../app/helpers.ts'
import { Forbidden, Unauthorized } from '../../http/exceptions.ts'
import type { Request } from '../../http/request/request.ts'
import type { Response } from '../../http/response/response.ts'
import { sessionStore } from '../session/index.ts'
import { isOwnPath, settings } from './context.ts'
import { PasswordHasher } from './password-hasher.ts'

export { type AuthConfig, checkConfig, configTypes, defaultConfig } from './config.ts'
export { nextPath } from './context.ts'
export { iapIdentity, requireIap } from './iap.ts'
export type { IapSettings } from './iap-settings.ts'
export type { PasskeySettings } from './passkey-settings.ts'
export { beginPasskey, beginPasskeyLogin, completePasskey, completePasskeyLogin, type Passkey } from './passkeys.ts'
export type { PasswordSettings } from './password-hasher.ts'
export type { ProviderSettings } from './providers.ts'
export { beginSignIn, type CompletedSignIn, completeSignIn, type Identity } from './sign-in.ts'

/** Declares the type of your users: `declare module 'tipfy/ext/auth' { interface AuthTypes { user: User } }`. */
// biome-ignore lint/suspicious/noEmptyInterface: users of tipfy fill it
export interface AuthTypes {}

/** A user as `loadUser` returns it. */
export type AuthUser = AuthTypes extends { user: infer User } ? User : unknown

const hashers = new WeakMap<object, PasswordHasher>()

function hasher(): PasswordHasher {
  const application = current(app)
  const known = hashers.get(application)
  if (known !== undefined) return known
  const made = new PasswordHasher(settings().passwords)
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
 * Returns true if `password` is the one that `stored` was made of. Takes as long for null, a user that does not exist, and
 * returns false then.
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
  if (sessionStore.user !== null && sessionStore.user !== user) await sessionStore.destroy()
  sessionStore.regenerate()
  sessionStore.user = user
  sessionStore.expiration = remember ? settings().rememberFor : null
  sessionStore.noteLogin()
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

/** Returns the user that is logged in, loaded once a request by `loadUser`; without that, the id. Null: there is none. */
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
 * `freshFor` seconds ago. A function: it is given the user, and says if that may pass; a 403 otherwise. Pages are redirected to
 * `loginPath`, with the way back in `next`; other requests get a 401.
 */
export const requireUser: ((request: Request) => Promise<Response> | undefined) & { readonly guards: 'auth' } =
  Object.assign(
    (request: Request): Promise<Response> | undefined => {
      const { auth = null } = (request.rule ?? {}) as Partial<GuardedRule>
      return auth === null ? undefined : (check(request, auth) as Promise<Response>)
    },
    { guards: 'auth' as const },
  )

async function check(request: Request, auth: NonNullable<GuardedRule['auth']>): Promise<Response | undefined> {
  const user = await currentUser()
  if (user === null || (auth === 'fresh' && !isFresh())) return askToLogIn(request)
  if (typeof auth === 'function' && !auth(user as never)) throw new Forbidden()
  return undefined
}

function isFresh(): boolean {
  const ago = sessionStore.loginAgo
  return ago !== null && ago <= settings().freshFor
}

function askToLogIn({ method, target, headers }: Request): Response {
  const isPage = /\btext\/html\b/.test(headers.get('accept') ?? '')
  if (!isPage) throw new Unauthorized(undefined, { headers: { 'WWW-Authenticate': 'Session realm="login"' } })
  const { loginPath } = settings()
  // A form cannot be sent again after the login: only a page is gone back to.
  const isBack = (method === 'GET' || method === 'HEAD') && isOwnPath(target)
  return redirect(isBack ? `${loginPath}?next=${encodeURIComponent(target)}` : loginPath, 303)
}
