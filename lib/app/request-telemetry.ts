// Requests for OpenTelemetry, by its stable conventions for HTTP: a span for each, and the histogram of their durations.
// https://opentelemetry.io/docs/specs/semconv/http/
import type { ServerResponse } from 'node:http'
import {
  type Attributes,
  context,
  createContextKey,
  metrics,
  propagation,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api'
import type { Request } from '../http/request/request.ts'
import { startSpans } from '../internal/telemetry.ts'
import { decodePath, decodeSlashes } from '../routing/quote.ts'

/** Handles a request as the work of a span. */
export type ObserveRequest = (request: Request, outgoing: ServerResponse, handle: () => void) => void

const standardMethods = 'GET,HEAD,POST,PUT,PATCH,DELETE,CONNECT,OPTIONS,TRACE,QUERY'

/** Methods that are named; others, which anybody can make up, are `_OTHER`. The variable is that of the conventions. */
const methods = new Set((process.env.OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS ?? standardMethods).split(','))

/** Bounds in seconds that the conventions recommend. */
const bounds = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]

/** Under this key the instrumentation of node:http keeps what it asks frameworks for: the route. */
const rpcKey = createContextKey('OpenTelemetry SDK Context Key RPC_METADATA')

/** Values that the conventions hide: signatures of URLs that are as good as a password. */
const signatures = /((?:^|&)(?:AWSAccessKeyId|Signature|sig|X-Goog-Signature)=)[^&]*/g

/**
 * Returns the path under which another server has mounted the application, with the names of its parameters in place of their
 * values, which Express tells: a route must be the same for all of them. Read before that server may take it back.
 */
function mountRouteOf({ message, mountPath }: Request): string {
  const segments = mountPath.split('/')
  for (const [name, value] of Object.entries((message as { params?: object }).params ?? {}).reverse()) {
    // A wildcard has the list of its segments.
    const values = [value].flat()
    const at = segments.findLastIndex(
      (_, first) => first > 0 && values.every((one, offset) => isSegment(segments[first + offset], one)),
    )
    if (at !== -1) segments.splice(at, values.length, `:${name}`)
  }
  return segments.join('/')
}

function isSegment(given: string | undefined, value: unknown): boolean {
  const decoded = given === undefined ? null : decodePath(given)
  return decoded !== null && decodeSlashes(decoded) === value
}

/** Returns the template of the rule that matched, below that of the mount. */
function routeOf({ rule }: Request, mountRoute: string): string | undefined {
  const path = (rule as { path: string } | null)?.path
  return path === undefined ? undefined : mountRoute + path
}

function serverOf(request: Request): Attributes {
  try {
    const { hostname, port } = new URL(`http://${request.host}`)
    return { 'server.address': hostname, ...(port !== '' && { 'server.port': Number(port) }) }
  } catch {
    return {} // not a host name: the response will be a 400
  }
}

function attributesOf(request: Request): Attributes {
  const { method, message, rawQuery, remoteAddr } = request
  const { remoteAddress, remotePort } = message.socket
  const isKnown = methods.has(method)
  return {
    'http.request.method': isKnown ? method : '_OTHER',
    ...(!isKnown && { 'http.request.method_original': method }),
    'url.scheme': request.scheme,
    'url.path': request.mountPath + request.rawPath,
    ...(rawQuery !== '' && { 'url.query': rawQuery.replace(signatures, '$1REDACTED') }),
    ...serverOf(request),
    ...(remoteAddr !== '' && { 'client.address': remoteAddr }),
    ...(remoteAddress && { 'network.peer.address': remoteAddress, 'network.peer.port': remotePort }),
    'network.protocol.version': message.httpVersion,
    ...(message.headers['user-agent'] && { 'user_agent.original': message.headers['user-agent'] }),
  }
}

/** Facts of a response, known when it has ended. */
function outcomeOf(request: Request, outgoing: ServerResponse, mountRoute: string): Attributes {
  const route = routeOf(request, mountRoute)
  const { statusCode, headersSent } = outgoing
  // The status of a response that broke off had left by then.
  const problem = headersSent && statusCode >= 500 ? String(statusCode) : request.notes?.brokenBy
  return {
    ...(route !== undefined && { 'http.route': route }),
    ...(headersSent && { 'http.response.status_code': statusCode }),
    ...(problem !== undefined && { 'error.type': problem }),
  }
}

/**
 * Returns the observer of requests, once an SDK has been registered. Where the instrumentation of node:http has made a span
 * already, that one is told the route, and no second one is made.
 */
export async function observeRequests(): Promise<ObserveRequest> {
  await startSpans()
  const tracer = trace.getTracer('tipfy')
  const duration = metrics.getMeter('tipfy').createHistogram('http.server.request.duration', {
    description: 'Duration of HTTP server requests.',
    unit: 's',
    advice: { explicitBucketBoundaries: bounds },
  })
  return (request, outgoing, handle) => {
    const active = context.active()
    const mountRoute = mountRouteOf(request)
    const rpc = active.getValue(rpcKey) as { type?: unknown } | undefined
    if (rpc?.type === 'http') {
      // Read when the response ends, by when the rule is known.
      Object.defineProperty(rpc, 'route', {
        configurable: true,
        enumerable: true,
        get: () => routeOf(request, mountRoute),
      })
      handle()
      return
    }
    const parent = propagation.extract(active, request.message.headers)
    const attributes = attributesOf(request)
    const start = performance.now()
    const name = attributes['http.request.method'] === '_OTHER' ? 'HTTP' : request.method
    const span = tracer.startSpan(name, { kind: SpanKind.SERVER, attributes }, parent)
    const within = trace.setSpan(parent, span)
    outgoing.once('close', () => {
      const outcome = outcomeOf(request, outgoing, mountRoute)
      const route = outcome['http.route']
      span.setAttributes(outcome)
      if (route !== undefined) span.updateName(`${name} ${route}`)
      if ('error.type' in outcome) span.setStatus({ code: SpanStatusCode.ERROR })
      span.end()
      const { 'http.request.method': method, 'url.scheme': scheme, 'network.protocol.version': version } = attributes
      const common = { 'http.request.method': method, 'url.scheme': scheme, 'network.protocol.version': version }
      duration.record((performance.now() - start) / 1000, { ...common, ...outcome }, within)
    })
    context.with(within, handle)
  }
}
