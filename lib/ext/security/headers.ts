// Headers that tell a browser what a page may do: Content-Security-Policy with a nonce, HSTS and the like. What a handler
// has set itself stays.
import { randomBytes } from 'node:crypto'
import { contextStorage } from '../../app/context.ts'
import { ownHooks } from '../../app/own-hooks.ts'
import type { App } from '../../app/types.ts'
import { putNonces } from '../../http/html.ts'
import type { Nonce } from '../../http/nonce-tags.ts'
import type { Request } from '../../http/request/request.ts'
import type { Response } from '../../http/response/response.ts'
import { defaultHeaders, type HeadersConfig } from './config.ts'

declare module '../../http/request/request.ts' {
  interface RequestNotes {
    /** The nonce of its page, once something has asked for it. */
    cspNonce?: string
  }
}

/** The directives of applications whose pages have nonces. */
const nonceDirectives = new WeakMap<object, Nonce>()

/**
 * Returns the nonce of the page being made, for the attribute of a script or style that it brings; 144 random bits.
 *
 * @example
 * html`<script nonce="${cspNonce()}">start()</script>`
 */
export function cspNonce(): string {
  const request = contextStorage.getStore()?.request as Request | undefined
  if (request === undefined) return newNonce()
  request.notes ??= {}
  request.notes.cspNonce ??= newNonce()
  return request.notes.cspNonce
}

/** The length of a nonce: 24 letters of Base64, without padding, are 18 bytes. */
const nonceLength = 24
let pool = ''
let used = 0

/** Returns 144 random bits; those of many nonces are made at once, which costs a tenth. */
function newNonce(): string {
  if (used === pool.length) {
    pool = randomBytes((nonceLength / 4) * 3 * 256).toString('base64')
    used = 0
  }
  used += nonceLength
  return pool.slice(used - nonceLength, used)
}

/** A posInitApp hook: sends the headers of `'tipfy/ext/security': { headers }` with every response. */
export function headers(app: App): void {
  const { headers: given } = app.getConfig('tipfy/ext/security')
  const config: HeadersConfig = { ...defaultHeaders, ...given }
  const policy = policyOf(config, app.dev)
  const noncesFor = nonceOf(config)
  if (noncesFor !== null) {
    nonceDirectives.set(app, noncesFor)
    putNonces(currentNonce)
  }
  const policyName = `content-security-policy${config.reportOnly ? '-report-only' : ''}`
  const always = fixedHeaders(config)
  const transport = config.strictTransportSecurity
  const overHttps =
    app.dev || transport === null ? always : [...always, 'strict-transport-security', `max-age=${transport}`]

  // Its name is shown by the console and by tracing.
  const securityHeaders = (request: Request, response: Response) => {
    const { headers } = response
    if (policy !== null && documents.test(response.contentType)) {
      // A later piece of a stream may need it.
      if (response.isStream && noncesFor !== null) cspNonce()
      // Browsers show no page of a redirect, and may keep a permanent one.
      const isRedirect = response.status >= 300 && response.status < 400 && headers.has('location')
      const nonce = isRedirect ? undefined : request.notes?.cspNonce
      if (nonce !== undefined) keepFromCaches(response)
      headers.addMissing([policyName, policy(nonce)])
    }
    headers.addMissing(overHttps !== always && request.isSecure ? overHttps : always)
  }
  app.hooks.add('preSendResponse', securityHeaders)
}

ownHooks('posInitApp', { headers })

/** A page kept by a cache would come back with a nonce that others know by then. */
function keepFromCaches(response: Response): void {
  const { headers } = response
  for (const name of ['cache-control', 'etag', 'last-modified']) headers.delete(name)
  headers.addUnchecked('cache-control', 'no-store')
  response.isConditional = false
}

/** Content types that browsers show as documents, which may have scripts. */
const documents = /^\s*(?:text\/html|application\/xhtml\+xml|image\/svg\+xml)\s*(?:;|$)/i

/** Returns the headers that are the same for all responses, as a flat list; their values were checked with the configuration. */
function fixedHeaders(config: HeadersConfig): readonly string[] {
  const { frameOptions, referrerPolicy, permissionsPolicy, openerPolicy, resourcePolicy } = config
  const values = {
    'x-content-type-options': 'nosniff',
    'x-frame-options': frameOptions,
    'referrer-policy': referrerPolicy,
    'permissions-policy': permissionsPolicy && permissionsOf(permissionsPolicy),
    'cross-origin-opener-policy': openerPolicy,
    'cross-origin-resource-policy': resourcePolicy,
  }
  return Object.entries(values).flatMap(([name, value]) => (value === null ? [] : [name, value]))
}

/** Returns what templates need to know of nonces, in a request whose pages have them. */
function currentNonce(): Nonce | undefined {
  const context = contextStorage.getStore()
  return context === undefined || context.isOver ? undefined : nonceDirectives.get(context.app as App)
}

function nonceOf({ contentSecurityPolicy: given }: HeadersConfig): Nonce | null {
  if (given === null) return null
  const policy = mergedPolicy(given)
  const sourcesOf = (...names: string[]) => policy[names.find((one) => (policy[one]?.length ?? 0) > 0) ?? ''] ?? []
  const scripts = sourcesOf('scriptSrcElem', 'scriptSrc', 'defaultSrc').includes("'nonce'")
  const styleSources = sourcesOf('styleSrcElem', 'styleSrc', 'defaultSrc')
  const styles = styleSources.includes("'nonce'")
  const ownStyles = !styleSources.includes("'self'")
  return scripts || styles ? { value: cspNonce, scripts, styles, ownStyles } : null
}

function mergedPolicy(given: Readonly<Record<string, readonly string[]>>): Readonly<Record<string, readonly string[]>> {
  return { ...defaultHeaders.contentSecurityPolicy, ...given }
}

/** Returns the policy's text for a nonce: sources `'nonce'` name it, or go where the page has none. */
function policyOf(
  { contentSecurityPolicy: given, frameOptions }: HeadersConfig,
  dev: boolean,
): ((nonce: string | undefined) => string) | null {
  if (given === null) return null
  // Browsers that know frame-ancestors do not look at X-Frame-Options.
  const frames: HeadersConfig['contentSecurityPolicy'] = frameOptions === 'DENY' ? { frameAncestors: ["'none'"] } : {}
  const chosen = given === defaultHeaders.contentSecurityPolicy ? frames : { ...frames, ...given }
  // In development the console shows what browsers report.
  const own = dev ? { reportUri: ['/_tipfy/violations'] } : {}
  const directives = Object.entries({ ...own, ...mergedPolicy(chosen) })
    .filter(([, sources]) => sources.length > 0)
    .map(([name, sources]) => `${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} ${sources.join(' ')}`)
  const text = directives.join('; ')
  const without = text.replaceAll(" 'nonce'", '')
  const pieces = text.split("'nonce'")
  return (nonce) => (nonce === undefined ? without : pieces.reduce((made, piece) => `${made}'nonce-${nonce}'${piece}`))
}

/** https://www.w3.org/TR/permissions-policy/#permissions-policy-http-header-field */
function permissionsOf(features: Readonly<Record<string, readonly string[]>>): string {
  const words = (origins: readonly string[]) =>
    origins.map((origin) => (/^(self|\*)$/.test(origin) ? origin : JSON.stringify(origin))).join(' ')
  return Object.entries(features)
    .map(([name, origins]) => `${name}=(${words(origins)})`)
    .join(', ')
}
