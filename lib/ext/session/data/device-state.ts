// The state of a session's device, under the key `$device`.
import { decodeData } from './codec.ts'
import { deviceKey } from './reserved.ts'

/**
 * `offered`: the browser may register a key. `registered`: it did, but has not signed with it since. `bound`: it has; from then
 * on a request needs the bound cookie.
 */
export type DeviceState = 'offered' | 'registered' | 'bound'

/** A public key as JWK, without members that its kind does not need. */
export type DeviceKey = { kty: 'EC'; crv: 'P-256'; x: string; y: string } | { kty: 'RSA'; n: string; e: string }

export interface Offer {
  /** The challenge that a registration responds to. */
  readonly offer: string
  /** In ms since 1970, as all times here. */
  readonly until: number
  /** The time it was last sent; 0: never. */
  readonly sent: number
  /** The number of times it was sent. */
  readonly tries: number
}

export interface Registration {
  readonly id: string
  readonly key: DeviceKey
  readonly alg: 'ES256' | 'RS256'
  readonly since: number
}

interface Binding {
  /** The time the browser first signed. */
  readonly proven: number
}

interface Movement {
  /**
   * The time the session got its id by a regenerate(), or by a login while the session before it moved. The browser may be left with
   * another of those sessions: for a minute it must not give up a key.
   */
  readonly moved: number
}

/** As it is stored. Two requests at once may leave a mixture: `stateOf` reads it. */
export type StoredDevice = Partial<Offer & Registration & Binding & Movement>

export function stateOf(device: StoredDevice | undefined): DeviceState | null {
  if (device === undefined) return null
  if (device.id !== undefined && device.key !== undefined) return device.proven === undefined ? 'registered' : 'bound'
  return device.offer === undefined ? null : 'offered'
}

/** The device of encoded data, which is decoded only if it has one. */
export function storedDevice(text: string | null | undefined): StoredDevice | undefined {
  if (!mayHaveDevice(text)) return undefined
  try {
    return decodeData(text)[deviceKey] as StoredDevice | undefined
  } catch {
    return undefined
  }
}

/** Tells lists what a session's device is. */
export function describeDevice(text: string | null): { state: DeviceState; since: number | null } | null {
  const device = storedDevice(text)
  const state = stateOf(device)
  return state === null ? null : { state, since: device!.since ?? null }
}

/** Returns false if encoded data has surely no device: quotes within texts are escaped there. */
export function mayHaveDevice(text: string | null | undefined): text is string {
  return text?.includes(`"${deviceKey}"`) === true
}
