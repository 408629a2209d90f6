// Short words for what handlers do all the time, on the globals of the request being served.

import { html } from '../http/html.ts'
import { makeJson } from '../http/response/convert.ts'
import type { Response } from '../http/response/response.ts'
import { TipfyError } from '../internal/errors.ts'
import type { Endpoint, UrlArguments } from '../routing/index.ts'
import { quoteLocation } from '../routing/quote.ts'
import { app, request, response } from './globals.ts'
import type { Sections } from './types.ts'

const redirects = new Set([301, 302, 303, 307, 308])

/** How `urlFor` writes a URL. */
export interface UrlForOptions {
  /** With scheme and host. */
  full?: boolean
  /** The rule that answers this method, where several rules have the endpoint. */
  method?: string
  /** Another scheme than the request's; makes the URL a full one. */
  scheme?: string
  /** What follows the `#`. */
  anchor?: string
}

/**
 * The URL of an endpoint. Values that its rule has no variable for become the query string.
 *
 * @throws {BuildError} if no rule has this endpoint and these variables
 * @example
 * urlFor('archive', { year: 2026, page: 2 }) // '/archive/2026?page=2'
 */
export function urlFor<Name extends Endpoint>(
  endpoint: Name,
  ...[values, options = {}]: UrlArguments<Name, UrlForOptions>
): string {
  const { full = false, method, scheme, anchor } = options
  const adapter = app.urlMap!.bindToRequest(request)
  const url = adapter.build(endpoint, values ?? {}, { method, scheme, forceExternal: full || scheme !== undefined })
  return anchor === undefined ? url : `${url}#${encodeURIComponent(anchor)}`
}

/**
 * Makes the global response a redirect, and gives it: `return redirect('/there')`. Cookies and headers set on it stay.
 *
 * @param location a URL or path, as `urlFor` gives it
 * @param code 301, 302, 303, 307 or 308
 * @throws {TipfyError} TIPFY_E_REDIRECT for another code
 */
export function redirect(location: string, code = 302): Response {
  if (!redirects.has(code)) throw new TipfyError('TIPFY_E_REDIRECT', { code })
  const target = quoteLocation(location)
  response.status = code
  response.headers.set('location', target)
  response.data = html`<!doctype html><title>Redirecting</title><p>See <a href="${target}">${target}</a>.</p>\n`
  return response
}

/** Makes the global response a redirect to an endpoint, as a full URL: `return redirectTo('login')`. */
export function redirectTo<Name extends Endpoint>(
  endpoint: Name,
  ...[values, options]: UrlArguments<Name, UrlForOptions & { code?: number }>
): Response {
  const { code, ...rest } = options ?? {}
  const url = (urlFor as (...args: unknown[]) => string)(endpoint, values, { full: true, ...rest })
  return redirect(url, code)
}

/** Makes the global response `value` as JSON, and gives it. */
export function renderJsonResponse(value: unknown): Response {
  return makeJson(value, response)
}

/**
 * The configuration of a module, or one key of it, from config.ts or else the module's `defaultConfig`. It knows the types of
 * `tipfy`, of `tipfy/ext/session` and of what `ConfigSections` tells; of other modules it believes what you say.
 *
 * @param module as it is called in config.ts, like 'tipfy' or 'shop/payment'
 * @param fallback instead of what is missing or null
 * @example
 * const { serverName } = getConfig('tipfy')
 * const currency = getConfig<string>('shop/payment', 'currency')
 * const retries = getConfig('shop/payment', 'retries', 3)
 */
export function getConfig<Module extends keyof Sections>(module: Module): Readonly<Sections[Module]>
export function getConfig<Module extends keyof Sections, Key extends keyof Sections[Module]>(
  module: Module,
  key: Key,
): Sections[Module][Key]
export function getConfig<Module extends keyof Sections, Key extends keyof Sections[Module]>(
  module: Module,
  key: Key,
  fallback: NonNullable<Sections[Module][Key]>,
): NonNullable<Sections[Module][Key]>
export function getConfig(module: string): Readonly<Record<string, unknown>>
export function getConfig<Value = unknown>(module: string, key: string): Value
export function getConfig<Value>(module: string, key: string, fallback: Value): NoInfer<Value>
export function getConfig(module: string, key?: string, fallback?: unknown): unknown {
  return key === undefined ? app.getConfig(module) : app.getConfig(module, key, fallback)
}
