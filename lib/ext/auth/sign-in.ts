// Signing in with a provider of OpenID Connect: the code flow with PKCE, its state and nonce in the session, by openid-client.
// https://openid.net/specs/openid-connect-core-1_0.html#CodeFlowAuth
import type * as OpenidClient from 'openid-client'
import { app, current, request, runOutside } from '../../app/globals.ts'
import { redirect } from '../../app/helpers.ts'
import { ServiceUnavailable } from '../../http/exceptions.ts'
import type { Response } from '../../http/response/response.ts'
import { TipfyError } from '../../internal/errors.ts'
import { sessionStore } from '../session/index.ts'
import { homePath, isOwnPath, nextPath, settings } from './context.ts'
import { loadPackage } from './packages.ts'
import { issuerOf, type ProviderSettings } from './providers.ts'
import { isLocal } from './wrong.ts'

/** A person as a provider knows them. */
export interface Identity {
  /** `issuer#subject`: belongs to one person for ever. Keep this with your user, not the e-mail address. */
  readonly id: string
  readonly issuer: string
  readonly subject: string
  /** The e-mail address, if the provider has verified it; null otherwise. It may change. */
  readonly email: string | null
  readonly name: string | null
  /** All that the provider said, in the ID token and, if it was asked, at its userinfo endpoint. */
  readonly claims: Readonly<Record<string, unknown>>
}

/** A sign-in that has succeeded. */
export interface CompletedSignIn {
  readonly identity: Identity
  /** The path to go on to. */
  readonly next: string
}

type Client = typeof OpenidClient

/** Characters of the path to go on to, as JSON: it is kept in the session, and a cookie has 4 kB. */
const maxNextLength = 1000

const usualScope = 'openid email profile'

let client: Client | undefined

/** Loads openid-client: at the start, which stops if it is missing. @internal */
export async function loadOpenid(): Promise<Client> {
  client ??= await loadPackage('Providers to sign in with', 'openid-client', () => import('openid-client'))
  return client
}

/** The metadata of providers, by their settings, fetched at the first sign-in. */
const discovered = new WeakMap<ProviderSettings, Promise<OpenidClient.Configuration>>()

function discover(openid: Client, name: string, provider: ProviderSettings): Promise<OpenidClient.Configuration> {
  const issuer = new URL(issuerOf(name, provider))
  const { clientId, clientSecret } = provider
  const execute = [openid.enableNonRepudiationChecks]
  if (issuer.protocol === 'http:' && isLocal(issuer.hostname)) execute.push(openid.allowInsecureRequests)
  const authentication = clientSecret === null ? openid.None() : openid.ClientSecretPost(clientSecret)
  // Its connections belong to no request.
  return runOutside(() => openid.discovery(issuer, clientId, undefined, authentication, { execute, timeout: 10 }))
}

async function configurationOf(name: string): Promise<OpenidClient.Configuration> {
  const provider = providerOf(name)
  let configuration = discovered.get(provider)
  if (configuration === undefined) {
    configuration = discover(await loadOpenid(), name, provider)
    discovered.set(provider, configuration)
  }
  try {
    return await configuration
  } catch (cause) {
    discovered.delete(provider) // the next sign-in tries again
    throw outOfReach(name, cause)
  }
}

function outOfReach(provider: string, cause: unknown): ServiceUnavailable {
  current(app).log.error({ err: cause, provider }, 'a provider to sign in with is out of reach')
  return new ServiceUnavailable(undefined, { cause, retryAfter: 10 })
}

function providerOf(name: string): ProviderSettings {
  const { providers } = settings()
  if (Object.hasOwn(providers, name)) return providers[name]!
  const names = Object.keys(providers).join(', ') || 'none'
  throw new TipfyError('TIPFY_E_AUTH_PROVIDER', { name, names })
}

/**
 * Sends the user to a provider: return what it returns.
 *
 * @param provider its name in `providers` of the configuration
 * @param options.next the path to go on to afterwards, of at most 1,000 characters; default: that of `nextPath()`
 * @throws {ServiceUnavailable} if the provider is out of reach
 */
export async function beginSignIn(provider: string, { next = nextPath() } = {}): Promise<Response> {
  const { redirectUri, scope = usualScope, parameters } = providerOf(provider)
  const configuration = await configurationOf(provider)
  const openid = await loadOpenid()
  const [state, nonce, verifier] = [openid.randomState(), openid.randomNonce(), openid.randomPKCECodeVerifier()]
  const isKept = JSON.stringify(next).length <= maxNextLength + 2 && isOwnPath(next)
  sessionStore.beginSignIn(state, { provider, nonce, verifier, next: isKept ? next : homePath() })
  const url = openid.buildAuthorizationUrl(configuration, {
    ...parameters,
    redirect_uri: redirectUri,
    scope,
    state,
    nonce,
    code_challenge: await openid.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  })
  return redirect(url.href, 303)
}

/**
 * Ends a sign-in, in the handler of the provider's `redirectUri`: returns the identity and the path to go on to, or null if it
 * failed. The log says why; tell the user only that it failed. Then log in: `await login(user.id)`.
 *
 * @throws {ServiceUnavailable} if the provider is out of reach
 */
export async function completeSignIn(provider: string): Promise<CompletedSignIn | null> {
  const { redirectUri, scope = usualScope } = providerOf(provider)
  const state = request.args.get('state') ?? ''
  const begun = sessionStore.endSignIn(state)
  if (begun?.provider !== provider) return failed(provider, 'this session has not begun it, or it was used or is old')
  const { nonce = '', verifier = '', next = homePath(), repeated } = begun
  if (repeated === undefined) {
    // At most once: a browser might still call the repeated navigation one of another site.
    sessionStore.beginSignIn(state, { provider, nonce, verifier, next, repeated: 'yes' })
    sessionStore.makeOwnNavigation()
    sessionStore.endSignIn(state)
  }
  if (request.args.has('error')) return failed(provider, `the provider says ${inLog(request.args.get('error'))}`)

  const configuration = await configurationOf(provider)
  const openid = await loadOpenid()
  const url = new URL(redirectUri)
  for (const [key, value] of request.args) url.searchParams.append(key, value)
  const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true }
  try {
    const tokens = await runOutside(() => openid.authorizationCodeGrant(configuration, url, checks))
    const claims = tokens.claims()!
    const more = lacks(claims, scope) ? await userInfo(provider, configuration, tokens.access_token, claims.sub) : {}
    return { identity: identityOf({ ...more, ...claims }), next }
  } catch (error) {
    // fetch throws a TypeError where there is no connection, and a DOMException when it takes too long.
    const { name, code, error: reason, status = 0, cause } = error as GrantError
    const isDown = Math.max(status, cause?.status ?? 0) >= 500
    if (isDown || name === 'TypeError' || name === 'TimeoutError' || code === 'OAUTH_TIMEOUT') {
      throw outOfReach(provider, error)
    }
    return failed(provider, inLog(reason ?? code ?? name ?? null))
  }
}

/** Returns true if a claim that was asked for is not in the ID token: a provider may leave it to the userinfo endpoint. */
function lacks({ email, name }: OpenidClient.IDToken, scope: string): boolean {
  const asked = scope.split(' ')
  return (email === undefined && asked.includes('email')) || (name === undefined && asked.includes('profile'))
}

/** Asks the userinfo endpoint. Who the user is has been proved without it, so that its failure ends no sign-in. */
async function userInfo(provider: string, configuration: OpenidClient.Configuration, token: string, subject: string) {
  if (configuration.serverMetadata().userinfo_endpoint === undefined) return {}
  const openid = await loadOpenid()
  try {
    return await runOutside(() => openid.fetchUserInfo(configuration, token, subject))
  } catch (error) {
    current(app).log.warn({ err: error, provider }, 'the userinfo endpoint of a provider does not say who signed in')
    return {}
  }
}

/** An error of openid-client. `cause` is the response of a provider that says nothing more. */
interface GrantError {
  readonly name?: string
  readonly code?: string
  readonly error?: string
  readonly status?: number
  readonly cause?: { readonly status?: number }
}

/** Logs the reason, but nothing that was sent: codes and tokens are secrets. */
function failed(provider: string, reason: string): null {
  current(app).log.warn({ provider, reason, address: request.remoteAddr }, 'a sign-in has failed')
  return null
}

const inLog = (text: string | null): string => (text ?? '').replace(/[^\w .-]/g, '').slice(0, 60)

function identityOf(claims: OpenidClient.IDToken): Identity {
  const { iss: issuer, sub: subject, email, email_verified: isVerified, name } = claims
  return {
    id: `${issuer}#${subject}`,
    issuer,
    subject,
    email: isVerified === true && typeof email === 'string' ? email : null,
    name: typeof name === 'string' ? name : null,
    claims,
  }
}
