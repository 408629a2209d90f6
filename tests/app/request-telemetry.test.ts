// With OpenTelemetry's own SDK, which keeps what it would export.
import { once } from 'node:events'
import { createServer, get, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { context, createContextKey, metrics, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import {
  AggregationTemporality,
  DataPointType,
  type HistogramMetricData,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { RequestHandler, Rule, response } from 'tipfy'
import { session } from 'tipfy/ext/session'
import { memoryDatastore } from 'tipfy/testing'
import { type Running, start } from '../support/application.ts'

const exporter = new InMemorySpanExporter()
const measured = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
const reader = new PeriodicExportingMetricReader({ exporter: measured, exportIntervalMillis: 86_400_000 })

class Visits extends RequestHandler {
  get() {
    session.set('visits', Number(session.get('visits') ?? 0) + 1)
    trace.getTracer('own').startSpan('inside').end()
    return 'visited'
  }
  post(): never {
    throw new RangeError('out of range')
  }
}

class Stream extends RequestHandler {
  get() {
    return response.events(async function* (signal) {
      yield 'begun'
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
    })
  }
}

class Broken extends RequestHandler {
  get() {
    return response.stream(
      (async function* () {
        yield 'begun'
        throw new RangeError('no more pieces')
      })(),
    )
  }
}

let running: Running
beforeAll(async () => {
  trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }))
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  propagation.setGlobalPropagator(new W3CTraceContextPropagator())
  metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }))
  running = await start(
    [
      new Rule('/visits/<int:year>/', { endpoint: 'visits', handler: Visits }),
      new Rule('/stream', { endpoint: 'stream', handler: Stream }),
      new Rule('/broken', { endpoint: 'broken', handler: Broken }),
    ],
    {
      tipfy: { hooks: { posInitApp: 'tipfy/ext/session:setDatastoreSession' } },
      'tipfy/ext/session': { secretKey: 'Q7xkZ2mVb9Jr4TnLw8HcYp3Fd6Gs1Ae5', datastore: await memoryDatastore() },
    },
  )
})
afterEach(() => exporter.reset())
afterAll(() => running.close())

/** The span of the only request so far, once it has ended. */
async function serverSpan(): Promise<ReadableSpan> {
  for (;;) {
    const found = exporter.getFinishedSpans().filter(({ kind }) => kind === SpanKind.SERVER)
    if (found.length > 0) return found[0]!
    await new Promise((resolve) => setImmediate(resolve))
  }
}

test('a request is a span with the name, attributes and parent of the conventions', async () => {
  const headers = {
    traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
    'user-agent': 'tester',
    host: 'shop.example:8080',
  }
  await running.ask('/visits/2026/?sig=secret&page=2', { headers })
  const span = await serverSpan()
  expect([span.name, span.status]).toEqual(['GET /visits/<int:year>/', { code: SpanStatusCode.UNSET }])
  expect(span.attributes).toEqual({
    'http.request.method': 'GET',
    'http.response.status_code': 200,
    'http.route': '/visits/<int:year>/',
    'url.scheme': 'http',
    'url.path': '/visits/2026/',
    'url.query': 'sig=REDACTED&page=2',
    'server.address': 'shop.example',
    'server.port': 8080,
    'client.address': '127.0.0.1',
    'network.peer.address': '127.0.0.1',
    'network.peer.port': expect.any(Number),
    'network.protocol.version': '1.1',
    'user_agent.original': 'tester',
  })
  expect(span.spanContext().traceId).toBe('a'.repeat(32))
  expect(span.parentSpanContext?.spanId).toBe('b'.repeat(16))
})

test('handlers, sessions, calls to Datastore and spans of the application lie within it', async () => {
  await running.ask('/visits/2026/')
  await serverSpan()
  const spans = exporter.getFinishedSpans()
  const path = (span: ReadableSpan): string => {
    const parent = spans.find((one) => one.spanContext().spanId === span.parentSpanContext?.spanId)
    return `${parent === undefined ? '' : `${path(parent)} > `}${span.name}`
  }
  const root = 'GET /visits/<int:year>/'
  expect(spans.map(path)).toEqual(
    expect.arrayContaining([
      root,
      `${root} > tipfy handler Visits.get`,
      `${root} > tipfy handler Visits.get > inside`,
      `${root} > tipfy session save`,
    ]),
  )
  const calls = spans.filter(({ attributes }) => attributes['db.system.name'] === 'gcp.datastore')
  expect(calls.map(path)).toContainEqual(
    expect.stringMatching(/> tipfy session save > tipfy datastore commit Session$/),
  )
  expect(calls[0]).toMatchObject({ kind: SpanKind.CLIENT, attributes: { 'db.operation.name': expect.any(String) } })
})

test('an error is one of the span, with its type, and what threw it one of the handler', async () => {
  expect((await running.ask('/visits/2026/', { method: 'POST' })).status).toBe(500)
  const span = await serverSpan()
  expect(span).toMatchObject({
    name: 'POST /visits/<int:year>/',
    status: { code: SpanStatusCode.ERROR },
    attributes: { 'error.type': '500', 'http.response.status_code': 500 },
  })
  const handler = exporter.getFinishedSpans().find(({ name }) => name === 'tipfy handler Visits.post')
  expect(handler).toMatchObject({
    status: { code: SpanStatusCode.ERROR, message: 'out of range' },
    attributes: { 'error.type': 'RangeError' },
    events: [{ name: 'exception', attributes: { 'exception.type': 'RangeError' } }],
  })
})

test('the path and route of a mounted application begin with the path that it is mounted under', async () => {
  type Mounted = IncomingMessage & { originalUrl?: string }
  const server = createServer((incoming: Mounted, outgoing) => {
    incoming.originalUrl = incoming.url!
    incoming.url = incoming.url!.slice('/shop'.length)
    running.app.requestListener(incoming, outgoing)
  }).listen(0)
  const { port } = server.address() as AddressInfo
  await (await fetch(`http://127.0.0.1:${port}/shop/visits/2026/?a=1`)).text()
  const { name, attributes } = await serverSpan()
  server.close()
  expect(name).toBe('GET /shop/visits/<int:year>/')
  expect(attributes).toMatchObject({
    'url.path': '/shop/visits/2026/',
    'url.query': 'a=1',
    'http.route': '/shop/visits/<int:year>/',
  })
})

test('the route names the parameters of the path that it is mounted under, as Express tells them, not their values', async () => {
  const server = createServer((incoming, outgoing) => {
    const [baseUrl, params] = JSON.parse(incoming.headers.mount as string)
    Object.assign(incoming, { baseUrl, params })
    running.app.requestListener(incoming, outgoing)
  }).listen(0)
  const { port } = server.address() as AddressInfo
  const routeOf = async (baseUrl: string, params: object) => {
    exporter.reset()
    const mount = JSON.stringify([baseUrl, params])
    await (await fetch(`http://127.0.0.1:${port}/visits/2026/`, { headers: { mount } })).text()
    return (await serverSpan()).attributes['http.route']
  }
  const rule = '/visits/<int:year>/'
  expect(await routeOf('/ac%20me', { tenant: 'ac me' })).toBe(`/:tenant${rule}`)
  expect(await routeOf('/shop/shop/en', { name: 'shop', language: 'en' })).toBe(`/shop/:name/:language${rule}`)
  expect(await routeOf('/en/en', { from: 'en', to: 'en' })).toBe(`/:from/:to${rule}`)
  expect(await routeOf('/files/a/b%2Fc', { path: ['a', 'b/c'] })).toBe(`/files/:path${rule}`)
  expect(await routeOf('/shop', { other: 'x', none: undefined, empty: '' })).toBe(`/shop${rule}`)
  server.close()
})

test('a path without a rule gives no route, and a client that errs no error', async () => {
  await running.ask('/none')
  const { name, attributes, status } = await serverSpan()
  expect([name, status.code, attributes['http.response.status_code']]).toEqual(['GET', SpanStatusCode.UNSET, 404])
  expect(Object.keys(attributes)).not.toEqual(expect.arrayContaining(['http.route', 'error.type']))
})

test('a method that is made up, and a host that is none, get no names of their own', async () => {
  await running.ask('/none', { method: 'PROPFIND', headers: { host: 'no host' } })
  const { name, attributes } = await serverSpan()
  expect([name, attributes['http.request.method'], attributes['http.request.method_original']]).toEqual([
    'HTTP',
    '_OTHER',
    'PROPFIND',
  ])
  expect(attributes).not.toHaveProperty(['server.address'])
})

test('a stream that the client leaves ends with the connection, and is no error', async () => {
  const outgoing = get({ port: running.port, host: '127.0.0.1', path: '/stream' })
  const [incoming] = await once(outgoing, 'response')
  await once(incoming, 'data')
  expect(exporter.getFinishedSpans().some(({ kind }) => kind === SpanKind.SERVER)).toBe(false)
  outgoing.destroy()
  const { name, attributes, status } = await serverSpan()
  expect([name, attributes['error.type'], status.code]).toEqual(['GET /stream', undefined, SpanStatusCode.UNSET])
})

test('a response that breaks off is an error, whatever its status was', async () => {
  await expect(running.ask('/broken')).rejects.toThrow()
  const { attributes, status } = await serverSpan()
  expect([attributes['http.response.status_code'], attributes['error.type'], status.code]).toEqual([
    200,
    'RangeError',
    SpanStatusCode.ERROR,
  ])
})

test('the duration is a histogram in seconds, by what takes few values', async () => {
  measured.reset()
  await running.ask('/visits/2025/?page=3', { headers: { host: 'another.example' } })
  await serverSpan()
  await reader.forceFlush()
  const found = measured
    .getMetrics()
    .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics))
    .find(({ descriptor }) => descriptor.name === 'http.server.request.duration') as HistogramMetricData
  expect(found).toMatchObject({ dataPointType: DataPointType.HISTOGRAM, descriptor: { unit: 's' } })
  const points = found.dataPoints.filter(({ attributes }) => attributes['http.response.status_code'] === 200)
  const visits = points.find(({ attributes }) => attributes['http.route'] === '/visits/<int:year>/')!
  expect(visits.attributes).toEqual({
    'http.request.method': 'GET',
    'http.response.status_code': 200,
    'http.route': '/visits/<int:year>/',
    'network.protocol.version': '1.1',
    'url.scheme': 'http',
  })
  expect(visits.value.buckets.boundaries).toEqual([
    0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
  ])
  expect(visits.value.sum).toBeGreaterThan(0)
  expect(visits.value.sum! / visits.value.count).toBeLessThan(10)
  const failed = found.dataPoints.filter(({ attributes }) => attributes['http.response.status_code'] === 500)
  expect(failed.map(({ attributes }) => attributes['error.type'])).toEqual(['500'])
})

test('where node:http is instrumented, its span is told the route and no second one is made', async () => {
  const key = createContextKey('OpenTelemetry SDK Context Key RPC_METADATA')
  const metadata: { type: string; route?: string } = { type: 'http' }
  const server = createServer((incoming, outgoing) =>
    context.with(context.active().setValue(key, metadata), () => running.app.requestListener(incoming, outgoing)),
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const outgoing = get({ port: (server.address() as AddressInfo).port, path: '/visits/2026/', agent: false })
  const [incoming] = await once(outgoing, 'response')
  await once(incoming.resume(), 'end')
  expect(metadata.route).toBe('/visits/<int:year>/')
  expect(exporter.getFinishedSpans().some(({ kind }) => kind === SpanKind.SERVER)).toBe(false)
  server.close()
})
