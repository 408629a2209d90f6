// Sessions that are bound to a device (Device Bound Session Credentials): what those of one application share. Nothing here is kept
// for a session: cookies and challenges are signed, so any process can read those of another.

import type { Response } from '../../../http/response/response.ts'
import type { DeviceRefused } from '../config/config.ts'
import { checkCookie, cookieAttributes, type SessionCookie, writeOptions } from '../config/cookie.ts'
import { type DeviceBound, readDeviceBound } from '../config/device.ts'
import type { Settings } from '../config/settings.ts'
import { type CookieRequest, type FoundCookie, findCookie, type SignedName } from '../cookies/signed-cookie.ts'
import { CookieSigner, type SignerOptions } from '../cookies/signing.ts'
import { DeviceCounters } from '../repository/counters.ts'

/** Seconds that a proof counts beyond the life of the bound cookie. */
const grace = 60
const maxTold = 1000

export class Devices {
  readonly settings: Settings
  readonly config: DeviceBound
  /** The bound cookie; its text is the id of the registration. */
  readonly cookie: SignedName
  /** A cookie that says when `proveDevice()` has sent a browser to refresh. */
  readonly asked: SignedName
  readonly challenges: CookieSigner
  readonly counters = new DeviceCounters()
  /** The times of the last calls of `onDeviceRefused`, by session. */
  readonly #reported = new Map<string, number>()
  #isInactive = false

  constructor(settings: Settings) {
    const cookie: SessionCookie = { ...cookieAttributes(settings.cookie), secure: true, httpOnly: true }
    this.settings = settings
    this.config = readDeviceBound(settings.deviceBound, cookie)!
    const { cookieName, lifetime } = this.config
    const maxAge = lifetime + grace
    this.cookie = signed(settings, cookieName, 'device', cookie, { maxAge })
    this.asked = signed(settings, `${cookieName}.asked`, 'asked', cookie, { maxAge: grace, tableBytes: 0 })
    const options = { maxAge, maxLength: 200, tableBytes: 0 }
    this.challenges = new CookieSigner(settings.keys, this.cookie.name, 'challenge', options)
  }

  /** Finds the bound cookies of a request. */
  find(request: CookieRequest): FoundCookie | undefined {
    return findCookie(this.cookie, request, this.settings)
  }

  /** Puts the bound cookie for the registration `id` on a response, and the next challenge. */
  prove(response: Response, id: string, maxAge: number): void {
    const { name, cookie, signer } = this.cookie
    response.setCookie(name, signer.sign(id, this.settings.now()), writeOptions(cookie, true, maxAge))
    response.headers.set('secure-session-challenge', this.challenge(id))
  }

  /** A new challenge for the browser with the registration `id`, as a header. */
  challenge(id: string): string {
    return `"${this.challenges.sign(id, this.settings.now())}";id="${id}"`
  }

  /** Returns true if a challenge was made here for the registration `id`, and is not old. */
  isOwn(challenge: string, id: string): boolean {
    const found = this.challenges.verify(challenge, this.settings.now())
    return typeof found !== 'string' && found.text === id
  }

  /** Counts a request without proof; tells the application, once a minute for each session. */
  refuse(id: string, refused: DeviceRefused): void {
    this.counters.refused++
    const { onDeviceRefused, log, now } = this.settings
    const last = this.#reported.get(id)
    if (last !== undefined && now() - last < 60_000) return
    if (this.#reported.size >= maxTold) this.#reported.clear()
    this.#reported.set(id, now())
    log.warn(
      { user: refused.user, session: refused.session },
      'a session was asked for without the proof of its device',
    )
    // It may be asynchronous: a rejection must not end the process.
    const told = (async () => onDeviceRefused?.(refused))()
    told.catch((err: unknown) => log.error({ err }, 'onDeviceRefused has failed'))
  }

  /** Tells, once, that browsers bind nothing over http. */
  warnOfHttp(): void {
    if (this.#isInactive) return
    this.#isInactive = true
    this.settings.log.info({}, 'deviceBound is inactive over http: browsers bind sessions over https alone')
  }
}

function signed(
  settings: Settings,
  name: string,
  kind: string,
  cookie: SessionCookie,
  options: SignerOptions,
): SignedName {
  const full = checkCookie(name, cookie)
  const signer = new CookieSigner(settings.keys, full, kind, { maxLength: 200, tableBytes: 1 << 20, ...options })
  return { name: full, cookie, signer }
}
