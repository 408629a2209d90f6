// The part of a browser that binds sessions to a device: a key, which registers when it is offered to, and signs when the bound
// cookie is gone. As Chromium does it; https://w3c.github.io/webappsec-dbsc/
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import type { ClientResponse } from './client-response.ts'

/** Sends one of the browser's own requests, with its cookies. */
export type Send = (url: URL, headers: Record<string, string>) => Promise<ClientResponse>

interface Binding {
  readonly id: string
  readonly url: URL
  readonly cookie: string
  readonly privateKey: KeyObject
  challenge: string | undefined
}

/** As Chromium: four requests, then it goes on without the cookie. */
const maxAttempts = 4

export class TestDevice {
  /** By origin. */
  readonly #bindings = new Map<string, Binding>()
  readonly #send: Send

  constructor(send: Send) {
    this.#send = send
  }

  /** The headers that a browser sends with a page's request of its own site; those that the test sets win. */
  static readonly headers: Readonly<Record<string, string>> = {
    'sec-fetch-site': 'same-origin',
    'sec-fetch-mode': 'navigate',
    'sec-fetch-dest': 'document',
  }

  /** Before a request: refreshes the bound cookie if it is gone, but not for a navigation that another site began. */
  async prepare(url: URL, hasCookie: (name: string) => boolean, site: unknown): Promise<void> {
    const binding = this.#bindings.get(url.origin)
    if (binding === undefined || hasCookie(binding.cookie) || site === 'cross-site' || site === 'same-site') return
    for (let attempt = 0; attempt < maxAttempts; attempt++) {
      const { challenge } = binding
      const headers: Record<string, string> = { 'sec-secure-session-id': binding.id }
      if (challenge !== undefined) headers['secure-session-response'] = proofOf(binding.privateKey, challenge)
      const response = await this.#send(binding.url, headers)
      binding.challenge = challengeOf(response) ?? binding.challenge
      if (response.status === 403) continue
      if (response.status !== 204 && response.status < 500) this.#bindings.delete(url.origin)
      return
    }
  }

  /** After a response: registers a key if it was offered to. */
  async register(headers: Headers, from: URL): Promise<void> {
    const offer = headers.get('secure-session-registration')
    const found = offer === null ? null : /^\([^)]*ES256[^)]*\);path="([^"]*)";challenge="([^"]*)"$/.exec(offer)
    if (found === null) return
    const [, path, challenge] = found as unknown as [string, string, string]
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const url = new URL(path, from)
    const proof = proofOf(privateKey, challenge, publicKey)
    const registered = await this.#send(url, { 'secure-session-response': proof })
    if (registered.status !== 200) return
    const { session_identifier: id, credentials } = registered.json<{
      session_identifier: string
      credentials: [{ name: string }]
    }>()
    const [{ name: cookie }] = credentials
    this.#bindings.set(url.origin, { id, url, cookie, privateKey, challenge: challengeOf(registered) })
  }
}

const challengeOf = (response: ClientResponse): string | undefined =>
  /^"([^"]*)"/.exec(response.headers.get('secure-session-challenge') ?? '')?.[1]

function proofOf(privateKey: KeyObject, challenge: string, publicKey?: KeyObject): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const key = publicKey === undefined ? {} : { jwk: publicKey.export({ format: 'jwk' }) }
  const text = `${part({ alg: 'ES256', typ: 'dbsc+jwt', ...key })}.${part({ jti: challenge })}`
  const signature = sign('sha256', Buffer.from(text), { key: privateKey, dsaEncoding: 'ieee-p1363' })
  return `${text}.${signature.toString('base64url')}`
}
