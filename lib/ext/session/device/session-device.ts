// The device of one request's session: offers it at a login, asks for its proof, describes it to the application.
import { randomBytes } from 'node:crypto'
import { Forbidden, HTTPException, ServiceUnavailable } from '../../../http/exceptions.ts'
import { Response } from '../../../http/response/response.ts'
import type { BackendSession, DeviceGuard } from '../backends/backend.ts'
import { writeOptions } from '../config/cookie.ts'
import { type CookieRequest, findCookie } from '../cookies/signed-cookie.ts'
import { type DeviceState, type Offer, type StoredDevice, stateOf } from '../data/device-state.ts'
import { deviceKey } from '../data/reserved.ts'
import type { Devices } from './devices.ts'
import { proofAlgorithms } from './proof.ts'

/** The value of `sessionStore.device`. */
export interface SessionDeviceInfo {
  readonly state: DeviceState
  /** The time it registered, in ms since 1970; null while it is only offered. */
  readonly since: number | null
  /** Seconds since this browser last signed; null if the session is not bound. */
  readonly provenAgo: number | null
}

export interface DeviceRequest extends CookieRequest {
  readonly method: string
  readonly path: string
  readonly mountPath: string
  readonly url: string
  readonly isSecure: boolean
  readonly remoteAddr: string
  readonly headers: { get(name: string): string | null }
}

/** The parts of a response that an offer changes. */
interface OfferedOn {
  readonly headers: { set(name: string, value: string): unknown }
  deleteCookie(name: string, options: object): void
}

/** Milliseconds that a login is offered to the browser. */
const offerLife = 600_000
/** Milliseconds until an offer is sent again, if no registration came. */
const offerPause = 60_000
const maxTries = 3
/** Milliseconds after the first proof in which requests under way need none. */
const firstGrace = 30_000

export const newOffer = (now: number): Offer => ({
  offer: randomBytes(18).toString('base64url'),
  until: now + offerLife,
  sent: 0,
  tries: 0,
})

export class SessionDevice implements DeviceGuard {
  readonly #devices: Devices
  readonly #main: BackendSession
  readonly #request: DeviceRequest
  #isLogin = false
  #hasSetUser = false
  #isRegenerated = false
  #rejection: HTTPException | undefined
  #isRefused = false
  #proven: number | undefined
  #provenId: string | undefined

  constructor(devices: Devices, main: BackendSession, request: DeviceRequest) {
    this.#devices = devices
    this.#main = main
    this.#request = request
    main.guard = this
  }

  get #stored(): StoredDevice | undefined {
    return this.#main.look()[deviceKey] as StoredDevice | undefined
  }

  get info(): SessionDeviceInfo | null {
    const device = this.#stored
    const state = stateOf(device)
    if (device === undefined || state === null) return null
    if (state === 'offered' && device.until! <= this.#now) return null
    const provenAgo = state === 'bound' ? Math.max(0, (this.#now - this.#provenAt(device)!) / 1000) : null
    return { state, since: state === 'offered' ? null : device.since!, provenAgo }
  }

  get #now(): number {
    return this.#devices.settings.now()
  }

  /** The time the browser last signed, in ms, as far as this request shows it. Once found, it does not get too old while that runs. */
  #provenAt(device: StoredDevice): number | undefined {
    if (this.#provenId === undefined || this.#provenId !== device.id) {
      this.#proven = this.#findProof(device)
      this.#provenId = this.#proven === undefined ? undefined : device.id
    }
    return this.#proven
  }

  #findProof({ id, proven = 0 }: StoredDevice): number | undefined {
    const found = this.#devices.find(this.#request)
    const own = found?.cookie?.text === id ? found?.cookie : found?.older.find(({ text }) => text === id)
    if (own !== undefined) return Math.max(own.issued, proven)
    return this.#now - proven < firstGrace ? proven : undefined
  }

  isProven(device: StoredDevice): boolean {
    return stateOf(device) !== 'bound' || this.#provenAt(device) !== undefined
  }

  admits(device: StoredDevice): boolean {
    if (this.#rejection !== undefined) throw this.#rejection
    if (this.isProven(device)) return true
    const { counters } = this.#devices
    const skipped = this.#request.headers.get('secure-session-skipped') ?? ''
    // Of a login and a regenerate() at once the browser may be left with the session of one and the bound cookie of the other.
    const other = this.#devices.find(this.#request)?.cookie
    this.#rejection = other && this.#comeAgain(`${device.id}.${other.issued}`)
    if (this.#rejection !== undefined) counters.bounced++
    else if (this.#isFromElsewhere) {
      counters.bounced++
      this.#rejection = beginAgain()
    } else if (/(?:^|,)\s*"?(?:unreachable|server_error)\b/.test(skipped)) {
      counters.skipped++
      this.#rejection = new ServiceUnavailable(undefined, { headers: { 'Retry-After': '5' } })
    }
    if (this.#rejection !== undefined) throw this.#rejection
    if (!this.#isRefused) {
      this.#isRefused = true
      this.#devices.refuse(device.id!, { ...this.#main.owner, request: this.#request })
    }
    return false
  }

  /** Returns if the session is not bound, or its browser signed within `within` seconds; throws a response otherwise. */
  prove(within: number): void {
    const device = this.#stored
    if (device === undefined || stateOf(device) !== 'bound') return
    const at = this.#provenAt(device)!
    if (this.#now - at <= within * 1000) return
    // It names the proof that was too old: times of two processes, whose clocks differ, are not compared.
    const again = this.#comeAgain(`${device.id}.${at}`)
    throw again ?? new Forbidden('This browser did not prove that the login is its own.')
  }

  /** A response that deletes the bound cookie, so that the browser signs and comes again; undefined if `mark` shows that it did. */
  #comeAgain(mark: string): HTTPException | undefined {
    const { asked, cookie, settings } = this.#devices
    if (findCookie(asked, this.#request, settings)?.cookie?.text === mark) return undefined
    const exception = this.#isFromElsewhere
      ? beginAgain()
      : new HTTPException(undefined, { response: sameUrl(this.#request) })
    const response = exception.response as Response
    response.headers.set('cache-control', 'no-store')
    response.deleteCookie(cookie.name, writeOptions(cookie.cookie, true))
    response.setCookie(asked.name, asked.signer.sign(mark, this.#now), writeOptions(asked.cookie, true, 60))
    return exception
  }

  /** Throws a response that begins the navigation again, if another site began it. */
  makeOwnNavigation(): void {
    if (this.#request.isSecure && this.#isFromElsewhere) throw beginAgain()
  }

  get #isFromElsewhere(): boolean {
    const { headers, method } = this.#request
    const isNavigation = headers.get('sec-fetch-mode') === 'navigate' && headers.get('sec-fetch-dest') === 'document'
    return method === 'GET' && isNavigation && /^(?:cross|same)-site$/.test(headers.get('sec-fetch-site') ?? '')
  }

  /** Notes a login. `before` is the user until then. */
  noteUser(before: string | null, user: string | null): void {
    if (user === null) delete this.#main.write()[deviceKey]
    this.#isLogin = user !== null && (this.#isLogin || before !== user || this.#stored === undefined)
    this.#hasSetUser = user !== null
  }

  noteRegenerated(): void {
    this.#isRegenerated = true
  }

  /** Before the session is saved: makes the offer of a login, and sends one that is due. */
  beforeSave(response: OfferedOn, failed: boolean): void {
    const main = this.#main
    if (failed || main.isClosed || !main.used) return
    if (main.isEnded) this.#forget(response)
    const isLogin = this.#isLogin || (this.#hasSetUser && this.#isRegenerated)
    if (isLogin) main.write()[deviceKey] = newOffer(this.#now)
    if (this.#isRefused && !isLogin) return
    this.#sendOffer(response)
  }

  /** Ends the binding: the browser asks at its next request, learns of it, and forgets the key. */
  #forget(response: OfferedOn): void {
    const { cookie, settings } = this.#devices
    const found = findCookie(cookie, this.#request, settings)
    if (found !== undefined) response.deleteCookie(cookie.name, writeOptions(cookie.cookie, true))
  }

  #sendOffer(response: OfferedOn): void {
    let device: StoredDevice | undefined
    try {
      device = this.#stored
    } catch {
      return // its browser is to come again
    }
    if (device?.offer === undefined || stateOf(device) === 'bound') return
    const now = this.#now
    const { until = 0, sent = 0, tries = 0 } = device
    if (now >= until || tries >= maxTries || (tries > 0 && now - sent < offerPause)) return
    const { isSecure, headers } = this.#request
    if (!isSecure) {
      this.#devices.warnOfHttp()
      return
    }
    // From elsewhere a browser would send no cookies with its registration.
    if (!/^(?:same-origin|none)$/.test(headers.get('sec-fetch-site') ?? '')) return
    this.#main.write()[deviceKey] = { ...device, sent: now, tries: tries + 1 }
    this.#devices.counters.offered++
    const path = this.#request.mountPath + this.#devices.config.path
    const offer = `(${proofAlgorithms.join(' ')});path="${path}";challenge="${device.offer}"`
    response.headers.set('secure-session-registration', offer)
    response.headers.set('cache-control', 'no-store')
  }
}

const sameUrl = ({ url }: DeviceRequest) => new Response(null, { status: 307, headers: { Location: url } })

/** The page begins the navigation again by itself: the browser then refreshes first. A redirect would stay one from elsewhere. */
function beginAgain(): HTTPException {
  const response = new Response('', { mimetype: 'text/html' })
  response.headers.set('refresh', '0')
  response.headers.set('cache-control', 'no-store')
  response.vary('Cookie', 'Sec-Fetch-Site')
  return new HTTPException(undefined, { response })
}
