// Cross-origin requests of scripts: the browser's question before them (preflight), and what their responses say.
import { respondWithMethods } from '../../app/dispatch.ts'
import { ownHooks } from '../../app/own-hooks.ts'
import type { App } from '../../app/types.ts'
import type { Request } from '../../http/request/request.ts'
import type { Response } from '../../http/response/response.ts'
import { RequestRedirect } from '../../routing/index.ts'
import { type CorsConfig, defaultCors } from './config.ts'

/**
 * A posInitApp hook: lets pages of the origins in `'tipfy/ext/security': { cors }` call this application. Preflights are
 * responded to before other hooks see them, with the methods that the rules of the path really have.
 */
export function cors(app: App): void {
  const { cors: given } = app.getConfig('tipfy/ext/security')
  const config: CorsConfig = { ...defaultCors, ...given }
  const isAllowed = originTest(config.origins)
  // Their names are shown by the console and by tracing.
  const corsPreflight = (request: Request) => preflight(app, request, config, isAllowed)
  const corsHeaders = (request: Request, response: Response) => permit(app, request, response, config, isAllowed)
  app.hooks.add('preDispatchHandler', corsPreflight, 0)
  app.hooks.add('preSendResponse', corsHeaders)
}

ownHooks('posInitApp', { cors })

/** An async function must be awaited: its promise would permit every origin. */
type OriginTest = (origin: string) => boolean | Promise<boolean>

function originTest(origins: CorsConfig['origins']): OriginTest {
  if (origins === '*') return () => true
  if (typeof origins === 'function') return origins
  const listed = new Set(origins)
  return (origin) => listed.has(origin)
}

/** Returns the method that a preflight asks for; null for other requests. https://fetch.spec.whatwg.org/#cors-preflight-request */
function askedMethod({ method, headers }: Request): string | null {
  return method === 'OPTIONS' && headers.has('origin') ? headers.get('access-control-request-method') : null
}

async function preflight(
  app: App,
  request: Request,
  config: CorsConfig,
  isAllowed: OriginTest,
): Promise<Response | undefined> {
  if (askedMethod(request) === null || !(await isAllowed(request.headers.get('origin')!))) return
  // A path without rules is a 404, as for every request.
  if ([...app.urlMap!.rulesFor(request)].length === 0) return
  const response = await respondWithMethods(app, request)
  allow(response, request, config, response.headers.get('allow') ?? '')
  return response
}

function allow(response: Response, request: Request, config: CorsConfig, methods: string): void {
  response.headers.set('Access-Control-Allow-Methods', methods)
  const wanted = request.headers.get('access-control-request-headers')
  const headers = config.headers === '*' ? (wanted ?? '') : config.headers.join(', ')
  if (headers !== '') response.headers.set('Access-Control-Allow-Headers', headers)
  response.headers.set('Access-Control-Max-Age', String(config.maxAge))
  response.vary('Access-Control-Request-Method', 'Access-Control-Request-Headers')
}

/** Returns true if the rules redirect the request that a preflight is for. */
function isRedirected({ urlMap }: App, request: Request, method: string): boolean {
  const { host, scheme, rawPath, rawQuery, mountPath } = request
  try {
    urlMap!.matchRequest({ method, host, scheme, rawPath, rawQuery, mountPath })
    return false
  } catch (error) {
    return error instanceof RequestRedirect
  }
}

/**
 * Permits a method that the rules redirect. Browsers follow no redirect of a preflight, but that of the request itself, and ask
 * again at its target, whose own permission counts.
 */
function allowRedirected(response: Response, request: Request, config: CorsConfig, method: string): void {
  response.status = 204
  for (const name of ['location', 'content-type', 'allow']) response.headers.delete(name)
  response.dropBody()
  allow(response, request, config, method)
}

async function permit(
  app: App,
  request: Request,
  response: Response,
  config: CorsConfig,
  isAllowed: OriginTest,
): Promise<void> {
  const anyOrigin = config.origins === '*' && !config.credentials
  // Caches must not give one origin what was said to another, nor to a request without an origin; where every origin is allowed,
  // each response says so, also to a request without one. https://fetch.spec.whatwg.org/#cors-protocol-and-http-caches
  if (!anyOrigin) response.vary('Origin')
  if (response.headers.has('access-control-allow-origin')) return
  const origin = anyOrigin ? '*' : request.headers.get('origin')
  if (origin === null || !(anyOrigin || (await isAllowed(origin)))) return
  const asked = askedMethod(request)
  if (asked !== null && unmatched.has(response.status) && isRedirected(app, request, asked))
    allowRedirected(response, request, config, asked)
  response.headers.set('Access-Control-Allow-Origin', origin)
  if (config.credentials) response.headers.set('Access-Control-Allow-Credentials', 'true')
  if (config.exposeHeaders.length > 0 && request.method !== 'OPTIONS') {
    response.headers.set('Access-Control-Expose-Headers', config.exposeHeaders.join(', '))
  }
}

/** The statuses of a preflight at a path that another method is redirected from: the methods of other rules, or the redirect. */
const unmatched = new Set([204, 308, 404, 405])
