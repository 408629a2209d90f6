// Google's Identity-Aware Proxy, in front of an application: it signs the identity of each user into a header.
// https://cloud.google.com/iap/docs/signed-headers-howto
import type * as Jose from 'jose'
import { contextStorage } from '../../app/context.ts'
import { app, current, request, runOutside } from '../../app/globals.ts'
import { ownHooks } from '../../app/own-hooks.ts'
import { Forbidden, ServiceUnavailable } from '../../http/exceptions.ts'
import { TipfyError } from '../../internal/errors.ts'
import { settings } from './context.ts'
import type { IapSettings } from './iap-settings.ts'
import { loadPackage } from './packages.ts'
import type { Identity } from './sign-in.ts'

const issuer = 'https://cloud.google.com/iap'
/** Seconds by which Google's clock and this one may differ. */
const clockTolerance = 30
const keysUrl = 'https://www.gstatic.com/iap/verify/public_key-jwk'

let jose: typeof Jose | undefined

/** Loads jose: at the start, which stops if it is missing. @internal */
export async function loadIap(): Promise<typeof Jose> {
  jose ??= await loadPackage('Identities of Identity-Aware Proxy', 'jose', () => import('jose'))
  return jose
}

const keySets = new WeakMap<IapSettings, Jose.JWTVerifyGetKey>()

function keySetOf(iap: IapSettings, { createLocalJWKSet, createRemoteJWKSet }: typeof Jose): Jose.JWTVerifyGetKey {
  const known = keySets.get(iap)
  if (known !== undefined) return known
  const made =
    iap.keys == null ? createRemoteJWKSet(new URL(keysUrl)) : createLocalJWKSet(iap.keys as Jose.JSONWebKeySet)
  keySets.set(iap, made)
  return made
}

const verified = new WeakMap<object, Promise<Identity | null>>()

/**
 * Returns the identity that Identity-Aware Proxy has signed; null if its header is missing or not valid, and the log says why.
 * Verified once a request.
 *
 * @throws {ServiceUnavailable} if Google's keys are out of reach
 */
export function iapIdentity(): Promise<Identity | null> {
  const context = contextStorage.getStore()!
  const known = verified.get(context)
  if (known !== undefined) return known
  const made = verify(request.headers.get('x-goog-iap-jwt-assertion'))
  verified.set(context, made)
  return made
}

async function verify(token: string | null): Promise<Identity | null> {
  const { iap } = settings()
  if (iap === null) throw new TipfyError('TIPFY_E_AUTH_NOT_SET', { name: 'iapIdentity', key: 'iap' })
  if (token === null) return failed('the header is missing')
  const library = await loadIap()
  try {
    const checks = {
      algorithms: ['ES256'],
      issuer,
      audience: iap.audience,
      requiredClaims: ['exp', 'iat', 'sub'],
      clockTolerance,
    }
    // The connection that fetches Google's keys belongs to no request.
    const { payload } = await runOutside(() => library.jwtVerify(token, keySetOf(iap, library), checks))
    const { sub: subject = '', email, iat = 0 } = payload
    if (iat > Date.now() / 1000 + clockTolerance) return failed('it was made in the future')
    return {
      id: `${issuer}#${subject}`,
      issuer,
      subject,
      email: typeof email === 'string' ? email.replace(/^accounts\.google\.com:/, '') : null,
      name: null,
      claims: payload,
    }
  } catch (cause) {
    const { code } = cause as { code?: string }
    // Google's keys could not be fetched; all other faults are the token's.
    if (code === undefined || code === 'ERR_JWKS_TIMEOUT' || code === 'ERR_JOSE_GENERIC') {
      current(app).log.error({ err: cause }, 'the keys of Identity-Aware Proxy are out of reach')
      throw new ServiceUnavailable(undefined, { cause, retryAfter: 10 })
    }
    return failed(code)
  }
}

function failed(reason: string): null {
  current(app).log.warn({ reason, address: request.remoteAddr }, 'an identity of Identity-Aware Proxy was rejected')
  return null
}

/** A preDispatchHandler hook: a 403 for requests that did not come through Identity-Aware Proxy. */
export async function requireIap(): Promise<void> {
  if ((await iapIdentity()) === null) throw new Forbidden()
}

ownHooks('preDispatchHandler', { requireIap })
