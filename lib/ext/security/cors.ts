// Cross-origin requests of scripts: the browser's question before them (preflight), and what their responses say.
import { respondWithMethods } from '../../app/dispatch.ts'
import { ownHooks } from '../../app/own-hooks.ts'
import type { App } from '../../app/types.ts'
import type { Request } from '../../http/request/request.ts'
import type { Response } from '../../http/response/response.ts'
import { type CorsConfig, defaultCors } from './config.ts'

/**
 * A posInitApp hook: lets pages of the origins in `'tipfy/ext/security': { cors }` call this application. Preflights are
 * responded to before other hooks see them, with the methods that the rules of the path really have.
 */
export function cors(app: App): void {
  const { cors: given } = app.getConfig('tipfy/ext/security')
  const config: CorsConfig = { ...defaultCors, ...given }
  const isAllowed = originTest(config.origins)
  app.hooks.add('preDispatchHandler', (request: Request) => preflight(app, request, config, isAllowed), 0)
  app.hooks.add('preSendResponse', (request: Request, response: Response) =>
    permit(request, response, config, isAllowed),
  )
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

/** https://fetch.spec.whatwg.org/#cors-preflight-request */
async function preflight(
  app: App,
  request: Request,
  config: CorsConfig,
  isAllowed: OriginTest,
): Promise<Response | undefined> {
  if (request.method !== 'OPTIONS') return
  const origin = request.headers.get('origin')
  if (origin === null || !request.headers.has('access-control-request-method')) return
  if (!(await isAllowed(origin))) return
  // A path without rules is a 404, as for every request.
  if ([...app.urlMap!.rulesFor(request)].length === 0) return
  const response = await respondWithMethods(app, request)
  response.headers.set('Access-Control-Allow-Methods', response.headers.get('allow') ?? '')
  const wanted = request.headers.get('access-control-request-headers')
  const headers = config.headers === '*' ? (wanted ?? '') : config.headers.join(', ')
  if (headers !== '') response.headers.set('Access-Control-Allow-Headers', headers)
  response.headers.set('Access-Control-Max-Age', String(config.maxAge))
  response.vary('Access-Control-Request-Method', 'Access-Control-Request-Headers')
  return response
}

async function permit(request: Request, response: Response, config: CorsConfig, isAllowed: OriginTest): Promise<void> {
  const anyOrigin = config.origins === '*' && !config.credentials
  // Caches must not give one origin what was said to another, nor to a request without an origin.
  if (!anyOrigin) response.vary('Origin')
  const origin = request.headers.get('origin')
  if (origin === null || response.headers.has('access-control-allow-origin') || !(await isAllowed(origin))) return
  response.headers.set('Access-Control-Allow-Origin', anyOrigin ? '*' : origin)
  if (config.credentials) response.headers.set('Access-Control-Allow-Credentials', 'true')
  if (config.exposeHeaders.length > 0 && request.method !== 'OPTIONS') {
    response.headers.set('Access-Control-Expose-Headers', config.exposeHeaders.join(', '))
  }
}
