// The one endpoint at which browsers register a key and refresh the bound cookie. https://w3c.github.io/webappsec-dbsc/
import { randomBytes } from 'node:crypto'
import { Response } from '../../../http/response/response.ts'
import type { BackendSession } from '../backends/backend.ts'
import { type StoredDevice, stateOf } from '../data/device-state.ts'
import { deviceKey } from '../data/reserved.ts'
import type { Devices } from './devices.ts'
import { isSignedBy, parseProof } from './proof.ts'
import { type DeviceRequest, newOffer } from './session-device.ts'

/** Seconds that a browser keeps the first bound cookie: the first refresh comes with the next request, and shows that all works. */
const firstMaxAge = 60
/** Ms after a move in which a browser keeps its other keys. */
const otherKeysKept = 60_000

/** A response, and whether the session was changed: it is saved then. */
export interface Reply {
  readonly response: Response
  readonly isSaved: boolean
}

const unsaved = (response: Response): Reply => ({ response, isSaved: false })

/** Returns true for requests of browsers themselves: no script of a page can send the proof's header in that mode. */
export function isForEndpoint(request: DeviceRequest): boolean {
  const mode = request.headers.get('sec-fetch-mode')
  return request.isSecure && (mode === null || mode === 'no-cors')
}

export async function registerOrRefresh(
  devices: Devices,
  main: BackendSession,
  request: DeviceRequest,
): Promise<Reply> {
  main.guard = undefined // the proof itself is about to come
  try {
    await main.load()
    if (main.failure !== undefined) throw main.failure
    const id = request.headers.get('sec-secure-session-id')?.replace(/^"(.*)"$/, '$1')
    return id === undefined ? await register(devices, main, request) : await refresh(devices, main, request, id)
  } catch (err) {
    devices.settings.log.error({ err }, 'the session of a device is out of reach')
    return unavailable()
  }
}

async function register(devices: Devices, main: BackendSession, request: DeviceRequest): Promise<Reply> {
  const now = devices.settings.now()
  const reject = (why: string): Reply => {
    devices.counters.registrationsRefused++
    devices.settings.log.warn({ why }, 'the registration of a device was rejected')
    return unsaved(reply(400))
  }
  const proof = parseProof(request.headers.get('secure-session-response'))
  if (typeof proof === 'string') return reject(proof)
  const isOffered = (device: StoredDevice | undefined) =>
    device?.offer === proof.jti && device.until! > now && stateOf(device) !== 'bound'
  if (!isOffered(deviceOf(main))) return reject('it does not respond to the offer of this session')
  const { key, alg } = proof
  if (key === undefined) return reject('it has no key')
  if (!isSignedBy(proof, key)) return reject('another key has signed it')

  const id = randomBytes(12).toString('base64url')
  let isDone = false
  await main.update((data) => {
    const device = data[deviceKey] as StoredDevice | undefined
    isDone = isOffered(device)
    // The offer was used; another one, for a browser whose first refresh never comes, has as long to live.
    const { until = now, tries = 0, moved } = device ?? {}
    if (!isDone) return
    data[deviceKey] = { ...newOffer(now), until, tries, sent: now, id, key, alg, since: now, ...(moved && { moved }) }
  })
  if (!isDone) return reject('the session has changed meanwhile')
  devices.counters.registered++
  const response = reply(200, JSON.stringify(instructions(devices, id)), { 'content-type': 'application/json' })
  devices.prove(response, id, firstMaxAge)
  return { response, isSaved: true }
}

/** The cookie that the browser has to renew, and the requests that it is for. */
function instructions({ cookie: { name, cookie }, config }: Devices, id: string): object {
  return {
    session_identifier: id,
    scope: { include_site: false },
    credentials: [{ type: 'cookie', name, attributes: `Path=/; Secure; HttpOnly; SameSite=${cookie.sameSite}` }],
    ...(config.initiators.length > 0 && { allowed_refresh_initiators: config.initiators }),
  }
}

async function refresh(devices: Devices, main: BackendSession, request: DeviceRequest, id: string): Promise<Reply> {
  const { counters, settings } = devices
  const stop = (): Reply => {
    counters.stopped++
    const body = JSON.stringify({ session_identifier: id, continue: false })
    return unsaved(reply(200, body, { 'content-type': 'application/json' }))
  }
  const moved = await main.deviceOfMoved()
  const device = moved ?? deviceOf(main)
  const { key } = device ?? {}
  if (device?.id !== id || key === undefined) return mayBeLeft(device, settings.now()) ? unavailable() : stop()
  const proof = parseProof(request.headers.get('secure-session-response'))
  if (typeof proof === 'string' || !devices.isOwn(proof.jti, id)) {
    counters.challenged++
    return unsaved(reply(403, null, { 'secure-session-challenge': devices.challenge(id) }))
  }
  if (proof.key !== undefined || proof.alg !== device.alg || !isSignedBy(proof, key)) return stop()

  const isFirst = moved === undefined && stateOf(device) === 'registered'
  if (isFirst) {
    let isDone = false
    await main.update((data) => {
      const current = data[deviceKey] as StoredDevice | undefined
      isDone = current?.id === id
      if (!isDone || stateOf(current) !== 'registered') return
      const { alg, since, moved } = current!
      data[deviceKey] = { id, key, alg, since, proven: settings.now(), ...(moved && { moved }) }
    })
    if (!isDone) return stop()
  }
  counters.refreshed++
  const response = reply(204)
  // A session that has just moved cannot become bound under its old id: its browser has to come again soon.
  const isUnbound = stateOf(device) === 'registered' && !isFirst
  devices.prove(response, id, isUnbound ? firstMaxAge : devices.config.lifetime)
  return { response, isSaved: isFirst }
}

/**
 * Returns true if the browser may be left with another session, whose cookie is on its way, and needs the key of that. A bound session
 * needs its own key more: of several a browser refreshes the first alone.
 */
function mayBeLeft(device: StoredDevice | undefined, now: number): boolean {
  return stateOf(device) !== 'bound' && now - (device?.moved ?? 0) < otherKeysKept
}

/** The browser keeps the binding, and comes again. */
const unavailable = (): Reply => unsaved(reply(503, null, { 'retry-after': '5' }))

const deviceOf = (main: BackendSession) => main.look()[deviceKey] as StoredDevice | undefined

function reply(status: number, body: string | null = null, headers: Record<string, string> = {}): Response {
  return new Response(body, { status, headers: { 'cache-control': 'no-store', ...headers } })
}
