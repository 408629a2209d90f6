// Headers that tell a browser what a page may do: Content-Security-Policy with a nonce, HSTS and the like. What a handler
// has set itself stays.
import { randomBytes } from 'node:crypto'
import { contextStorage } from '../../app/context.ts'
import type { App } from '../../app/types.ts'
import type { Request } from '../../http/request/request.ts'
import type { Response } from '../../http/response/response.ts'
import { defaultHeaders, type HeadersConfig, type SecurityConfig } from './config.ts'

/** The nonces of the requests that have asked for one. */
const nonces = new WeakMap<object, string>()

/**
 * Returns the nonce of the page being made, for the attribute of a script or style that it brings; 128 random bits.
 *
 * @example
 * html`<script nonce="${cspNonce()}">start()</script>`
 */
export function cspNonce(): string {
  const request = contextStorage.getStore()?.request as object | undefined
  let nonce = request && nonces.get(request)
  if (nonce === undefined) {
    nonce = randomBytes(16).toString('base64')
    if (request !== undefined) nonces.set(request, nonce)
  }
  return nonce
}

/** A posInitApp hook: sends the headers of `'tipfy/ext/security': { headers }` with every response. */
export function headers(app: App): void {
  const { headers: given } = app.getConfig('tipfy/ext/security') as unknown as SecurityConfig
  const config: HeadersConfig = { ...defaultHeaders, ...given }
  const policy = policyOf(config)
  const policyName = `Content-Security-Policy${config.reportOnly ? '-Report-Only' : ''}`
  const always = Object.entries({
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': config.frameOptions,
    'Referrer-Policy': config.referrerPolicy,
    'Permissions-Policy': config.permissionsPolicy && permissionsOf(config.permissionsPolicy),
    'Cross-Origin-Opener-Policy': config.openerPolicy,
    'Cross-Origin-Resource-Policy': config.resourcePolicy,
  }).filter((entry): entry is [string, string] => entry[1] !== null)
  const transport = config.strictTransportSecurity
  const hsts = app.dev || transport === null ? null : `max-age=${transport}`

  app.hooks.add('preSendResponse', (request: Request, response: Response) => {
    for (const [name, value] of always) setDefault(response, name, value)
    if (hsts !== null && request.isSecure) setDefault(response, 'Strict-Transport-Security', hsts)
    if (policy === null || !/^(text\/html|application\/xhtml\+xml|image\/svg\+xml)$/.test(response.mimetype)) return
    const nonce = nonces.get(request)
    setDefault(response, policyName, policy(nonce))
    if (nonce === undefined) return
    // A page kept by a cache would come back with a nonce that others know by then.
    response.headers.set('Cache-Control', 'no-store')
    response.headers.delete('ETag')
    response.headers.delete('Last-Modified')
  })
}

function setDefault(response: Response, name: string, value: string): void {
  if (!response.headers.has(name)) response.headers.set(name, value)
}

/** Returns the policy's text for a nonce: sources `'nonce'` name it, or go where the page has none. */
function policyOf({ contentSecurityPolicy: given }: HeadersConfig): ((nonce: string | undefined) => string) | null {
  if (given === null) return null
  const directives = Object.entries({ ...defaultHeaders.contentSecurityPolicy, ...given })
    .filter(([, sources]) => sources.length > 0)
    .map(([name, sources]) => `${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} ${sources.join(' ')}`)
  const text = directives.join('; ')
  const without = text.replaceAll(" 'nonce'", '')
  return (nonce) => (nonce === undefined ? without : text.replaceAll("'nonce'", `'nonce-${nonce}'`))
}

/** https://www.w3.org/TR/permissions-policy/#permissions-policy-http-header-field */
function permissionsOf(features: Readonly<Record<string, readonly string[]>>): string {
  const words = (origins: readonly string[]) =>
    origins.map((origin) => (/^(self|\*)$/.test(origin) ? origin : JSON.stringify(origin))).join(' ')
  return Object.entries(features)
    .map(([name, origins]) => `${name}=(${words(origins)})`)
    .join(', ')
}
