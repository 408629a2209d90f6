// Passkeys: keys of a user's devices in place of passwords, by @simplewebauthn/server. https://www.w3.org/TR/webauthn-3/
import type * as Simplewebauthn from '@simplewebauthn/server'
import { app, current, request } from '../../app/globals.ts'
import { TipfyError } from '../../internal/errors.ts'
import { sessionStore } from '../session/index.ts'
import { settings } from './context.ts'
import { loadPackage } from './packages.ts'
import type { PasskeySettings } from './passkey-settings.ts'

/** A passkey, to be stored with its user, who may have several. */
export interface Passkey {
  /** The id of the credential. */
  readonly id: string
  readonly userId: string
  /** Base64url. */
  readonly publicKey: string
  /** The number of its uses; 0 for a passkey that does not count them. */
  readonly counter: number
  readonly transports: readonly string[]
  /** True if it is on more than one device, or may be. */
  readonly isBackedUp: boolean
}

/** Bytes of a user's id in a passkey: https://www.w3.org/TR/webauthn-3/#user-handle */
const maxUserHandle = 64

type Server = typeof Simplewebauthn

let server: Server | undefined

/** Loads the package: at the start, which stops if it is missing. @internal */
export async function loadPasskeys(): Promise<Server> {
  server ??= await loadPackage('Passkeys', '@simplewebauthn/server', () => import('@simplewebauthn/server'))
  return server
}

function configured(name: string): Required<PasskeySettings> {
  const { passkeys } = settings()
  if (passkeys === null) throw new TipfyError('TIPFY_E_AUTH_NOT_SET', { name, key: 'passkeys' })
  const { rpId, rpName = rpId, origins } = passkeys
  if (origins !== undefined) return { rpId, rpName, origins }
  const isHere = rpId === 'localhost' && new URL(request.url).hostname === 'localhost'
  return { rpId, rpName, origins: [isHere ? new URL(request.url).origin : `https://${rpId}`] }
}

/**
 * Begins to make a passkey for a user: send what it returns to the page, as JSON, for `navigator.credentials.create`.
 *
 * @param user `id`: at most 64 bytes, and no name or e-mail address; `name`: shown where passkeys are listed
 * @throws {TipfyError} TIPFY_E_PASSKEY_USER for an id with which no browser makes one
 * @param known the passkeys that the user has: a device that has one of them makes no second one
 */
export async function beginPasskey(
  user: { readonly id: string; readonly name: string },
  known: readonly Passkey[] = [],
): Promise<object> {
  const { rpId, rpName } = configured('beginPasskey')
  const userID = new TextEncoder().encode(user.id)
  const bytes = userID.length
  if (bytes === 0 || bytes > maxUserHandle) throw new TipfyError('TIPFY_E_PASSKEY_USER', { bytes })
  const { generateRegistrationOptions } = await loadPasskeys()
  const options = await generateRegistrationOptions({
    rpName,
    rpID: rpId,
    userID,
    userName: user.name,
    userDisplayName: user.name,
    excludeCredentials: known.map(({ id, transports }) => ({ id, transports: [...transports] })),
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
  })
  sessionStore.beginSignIn(options.challenge, { passkey: 'new', user: user.id })
  return options
}

/** Returns the passkey with an id, or null. */
type FindPasskey = (id: string) => Passkey | null | undefined | Promise<Passkey | null | undefined>

/**
 * Returns the new passkey, to be stored, or null if the browser's response is not valid; the log says why.
 *
 * @param find returns the passkey with an id, of any user, or null. One that is known is not made again: stored under its id, it would
 * take the place of another user's. https://www.w3.org/TR/webauthn-3/#sctn-registering-a-new-credential
 */
export async function completePasskey(response: unknown, find: FindPasskey = () => null): Promise<Passkey | null> {
  const { rpId, origins } = configured('completePasskey')
  const begun = endChallenge(response, 'new')
  if (begun === null) return null
  const { verifyRegistrationResponse } = await loadPasskeys()
  try {
    const { verified, registrationInfo } = await verifyRegistrationResponse({
      response: response as Simplewebauthn.RegistrationResponseJSON,
      expectedChallenge: begun.challenge,
      expectedOrigin: [...origins],
      expectedRPID: rpId,
    })
    if (!verified) return failed('its signature is not good')
    const { credential, credentialBackedUp } = registrationInfo
    const { id, publicKey, counter, transports = [] } = credential
    if ((await find(id)) != null) return failed('there is such a passkey already')
    const key = Buffer.from(publicKey).toString('base64url')
    return { id, userId: begun.user, publicKey: key, counter, transports, isBackedUp: credentialBackedUp }
  } catch (error) {
    return failed((error as Error).message)
  }
}

/** Begins a login without a name: send what it returns to the page, as JSON, for `navigator.credentials.get`. */
export async function beginPasskeyLogin(): Promise<object> {
  const { rpId } = configured('beginPasskeyLogin')
  const { generateAuthenticationOptions } = await loadPasskeys()
  const options = await generateAuthenticationOptions({ rpID: rpId, userVerification: 'required' })
  sessionStore.beginSignIn(options.challenge, { passkey: 'login' })
  return options
}

/**
 * Returns the passkey that signed the browser's response, with its new counter, to be stored; null if the response is not
 * valid, and the log says why. Then log in: `await login(passkey.userId)`.
 *
 * @param find returns the passkey with an id, or null
 */
export async function completePasskeyLogin(response: unknown, find: FindPasskey): Promise<Passkey | null> {
  const { rpId, origins } = configured('completePasskeyLogin')
  const begun = endChallenge(response, 'login')
  if (begun === null) return null
  const given = response as Simplewebauthn.AuthenticationResponseJSON
  const passkey = await find(String(given.id))
  if (passkey == null || passkey.id !== given.id) return failed('there is no such passkey')
  const { verifyAuthenticationResponse } = await loadPasskeys()
  try {
    const { userHandle } = given.response
    if (userHandle && Buffer.from(userHandle, 'base64url').toString() !== passkey.userId) {
      return failed('it is the passkey of another user')
    }
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response: given,
      expectedChallenge: begun.challenge,
      expectedOrigin: [...origins],
      expectedRPID: rpId,
      credential: {
        id: passkey.id,
        publicKey: new Uint8Array(Buffer.from(passkey.publicKey, 'base64url')),
        counter: passkey.counter,
      },
    })
    if (!verified) return failed('its signature is not good')
    const { newCounter, credentialBackedUp } = authenticationInfo
    return { ...passkey, counter: newCounter, isBackedUp: credentialBackedUp }
  } catch (error) {
    return failed((error as Error).message)
  }
}

/** Returns the challenge of a response and its user. Each is valid once, for this session and this purpose. */
function endChallenge(response: unknown, purpose: string): { challenge: string; user: string } | null {
  const challenge = challengeOf(response)
  const begun = challenge === undefined ? undefined : sessionStore.endSignIn(challenge)
  if (challenge === undefined || begun?.passkey !== purpose) return failed('this session has not asked for it')
  return { challenge, user: begun.user ?? '' }
}

function challengeOf(response: unknown): string | undefined {
  try {
    const { clientDataJSON } = (response as Simplewebauthn.RegistrationResponseJSON).response
    const { challenge } = JSON.parse(Buffer.from(clientDataJSON, 'base64url').toString()) as { challenge?: unknown }
    return typeof challenge === 'string' ? challenge : undefined
  } catch {
    return undefined // not made by a browser
  }
}

function failed(reason: string): null {
  current(app).log.warn({ reason: reason.slice(0, 200), address: request.remoteAddr }, 'a passkey was rejected')
  return null
}
