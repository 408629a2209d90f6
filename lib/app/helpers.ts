// Functions that handlers use often, on the globals of the current request.
import { html, isHarmless } from '../http/html.ts'
import { makeJson } from '../http/response/convert.ts'
import type { Response } from '../http/response/response.ts'
import { TipfyError } from '../internal/errors.ts'
import { describeGiven } from '../internal/has-text.ts'
import type { Check, Checks } from '../internal/settings.ts'
import { checkOptions, flag, text } from '../routing/check.ts'
import type { Endpoint, UrlArguments } from '../routing/index.ts'
import { quoteLocation } from '../routing/quote.ts'
import { app, request, response } from './globals.ts'
import type { GetConfig } from './types.ts'

const redirects = new Set([301, 302, 303, 307, 308])

/** Options of `urlFor`. */
export interface UrlForOptions {
  /** With scheme and host. */
  full?: boolean
  /** Chooses the rule of this method if several rules have the endpoint. */
  method?: string
  /** The scheme, if not the request's; makes the URL a full one. */
  scheme?: string
  /** The part after the `#`. */
  anchor?: string
}

const urlForChecks = { full: flag, method: text, scheme: text, anchor: 'string|number' } satisfies Record<
  keyof UrlForOptions,
  Check
>
const redirectChecks: Checks = { ...urlForChecks, code: 'number' }

/**
 * Builds the URL of an endpoint. Values without a variable in its rule become the query string.
 *
 * @throws {BuildError} if no rule has this endpoint and these variables
 * @example
 * urlFor('archive', { year: 2026, page: 2 }) // '/archive/2026?page=2'
 */
export function urlFor<Name extends Endpoint>(
  endpoint: Name,
  ...[values, options]: UrlArguments<Name, UrlForOptions>
): string {
  if (options !== undefined) checkOptions('urlFor()', options, urlForChecks, '{ full: true }')
  const { full = false, method, scheme, anchor } = options ?? {}
  const adapter = app.urlMap!.bindToRequest(request)
  const url = adapter.build(endpoint, values ?? {}, { method, scheme, forceExternal: full || scheme !== undefined })
  return anchor === undefined ? url : `${url}#${encodeURIComponent(String(anchor).toWellFormed())}`
}

/**
 * Makes the global response a redirect and returns it: `return redirect('/there')`. Its cookies and headers stay.
 *
 * @param location a URL or path, as `urlFor` gives it, or a URL object
 * @param code 301, 302, 303, 307 or 308
 * @throws {TipfyError} TIPFY_E_REDIRECT for another code, TIPFY_E_REDIRECT_LOCATION for a location that is no text
 */
export function redirect(location: string | URL, code = 302): Response {
  if (!redirects.has(code)) throw new TipfyError('TIPFY_E_REDIRECT', { code: describeGiven(code) })
  const text = location instanceof URL ? location.href : location
  if (typeof text !== 'string') throw new TipfyError('TIPFY_E_REDIRECT_LOCATION', { given: describeGiven(location) })
  const target = quoteLocation(text)
  response.status = code
  response.headers.set('location', target)
  // Browsers follow no `javascript:` of a Location: they show this page, where a link would run it.
  const link = isHarmless(target) ? html`<a href="${target}">${target}</a>` : target
  response.data = html`<!doctype html><title>Redirecting</title><p>See ${link}.</p>\n`
  return response
}

/** Makes the global response a redirect to an endpoint, by its full URL: `return redirectTo('login')`. */
export function redirectTo<Name extends Endpoint>(
  endpoint: Name,
  ...[values, options]: UrlArguments<Name, UrlForOptions & { code?: number }>
): Response {
  if (options !== undefined) checkOptions('redirectTo()', options, redirectChecks, '{ code: 303 }')
  const { code, ...rest } = options ?? {}
  const url = (urlFor as (...args: unknown[]) => string)(endpoint, values, { full: true, ...rest })
  return redirect(url, code)
}

/** Makes `value` as JSON the global response and returns it. */
export function renderJsonResponse(value: unknown): Response {
  return makeJson(value, response)
}

/**
 * Returns the configuration of a module, or one key of it, from config.ts or the module's `defaultConfig`. The types of `tipfy`,
 * of `tipfy/ext/session` and of the modules in `ConfigSections` are known; for others give the type yourself.
 *
 * @param module its name in config.ts, like 'tipfy' or 'shop/payment'
 * @param fallback replaces a missing value and null
 * @example
 * const { serverName } = getConfig('tipfy')
 * const currency = getConfig<string>('shop/payment', 'currency')
 * const retries = getConfig('shop/payment', 'retries', 3)
 */
export const getConfig = ((module: string, key?: string, fallback?: unknown) =>
  key === undefined ? app.getConfig(module) : app.getConfig(module, key, fallback)) as GetConfig
