// Puts an application on the network: listens, sets timeouts and limits, and stops without losing a request.
import cluster from 'node:cluster'
import type { RequestListener, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { App } from '../app/types.ts'
import { continueWith } from '../http/request/body-stream.ts'
import { checkText } from '../internal/arguments.ts'
import { TipfyError } from '../internal/errors.ts'
import { describeGiven } from '../internal/has-text.ts'
import { allowHalfOpen, createServer } from '../internal/node-http.ts'
import { checkApp, checkOptionNames } from '../internal/options.ts'
import { hostInUrl } from '../internal/own-host.ts'
import { logged, openAccessLog } from './access-log.ts'
import { gracefully } from './graceful.ts'
import { rejectUnreadable } from './unreadable.ts'
import { untilSignal } from './until-signal.ts'
import { type WorkerReady, Workers } from './workers.ts'

/** The address to listen on. */
export interface ServeOptions {
  /** Default: the environment's PORT, else 8080. 0 takes a free one. */
  port?: number
  /** Default: loopback in development, else all addresses. */
  host?: string
}

/** The address to listen on, and the number of processes. */
export interface RunOptions extends ServeOptions {
  /** Processes that share the work. Default: only this one. */
  workers?: number
}

/** A server that listens. */
export interface RunningServer {
  /** The address for a browser. */
  readonly url: string
  /** The port it listens on, also if 0 was given. */
  readonly port: number
  /** Describes where sessions are kept. */
  readonly sessions: string
  /** Accepts no more connections, waits for the requests in flight (`tipfy.shutdownTimeout` seconds), closes the application. */
  close(): Promise<void>
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') reject(new TipfyError('TIPFY_E_PORT_IN_USE', { port, host, other: port + 1 }))
      else if (error.code === 'EACCES') reject(new TipfyError('TIPFY_E_PORT_DENIED', { port, host }))
      else if (error.code === 'EADDRNOTAVAIL' || error.syscall === 'getaddrinfo')
        reject(new TipfyError('TIPFY_E_HOST', { host }))
      else reject(error)
    })
    server.listen(port, host, resolve)
  })
}

/**
 * Returns the environment's PORT, else 8080.
 *
 * @throws {TipfyError} TIPFY_E_PORT
 */
export function defaultPort(): number {
  const { PORT = '8080' } = process.env
  if (!/^\d+$/.test(PORT) || Number(PORT) > 65_535)
    throw new TipfyError('TIPFY_E_PORT', { given: JSON.stringify(PORT) })
  return Number(PORT)
}

function makeServer(app: App, listener: RequestListener): Server {
  const { keepAliveTimeout, requestTimeout, headersTimeout, maxHeaderSize, maxConnections } = app.settings
  const server = createServer(
    {
      keepAliveTimeout: keepAliveTimeout * 1000,
      requestTimeout: requestTimeout * 1000,
      headersTimeout: Math.min(headersTimeout, requestTimeout) * 1000,
      // The interval at which the two are checked.
      connectionsCheckingInterval: Math.min(1000, headersTimeout * 500, requestTimeout * 500),
      maxHeaderSize,
      optimizeEmptyRequests: true,
    },
    listener,
  )
  // Node would silently drop what comes after the 2,000th header; their size is limited already.
  server.maxHeadersCount = 0
  if (maxConnections > 0) server.maxConnections = maxConnections
  allowHalfOpen(server)
  rejectUnreadable(server, app.log)
  server.on('checkContinue', (incoming, outgoing) => {
    continueWith(incoming, () => outgoing.writeContinue())
    listener(incoming, outgoing)
  })
  return server
}

/** Wraps a listener: responds to `path` itself, for load balancers: 200 while serving, 503 when stopping. */
function withHealth(listener: RequestListener, path: string, isStopping: () => boolean): RequestListener {
  return (incoming, outgoing) => {
    if (incoming.url !== path) return listener(incoming, outgoing)
    const body = JSON.stringify({ status: isStopping() ? 'stopping' : 'ok' })
    const headers = [
      'content-type',
      'application/json',
      'cache-control',
      'no-store',
      'content-length',
      `${body.length}`,
    ]
    outgoing.writeHead(isStopping() ? 503 : 200, headers).end(incoming.method === 'HEAD' ? undefined : body)
  }
}

/** The name to open on this machine: `localhost`, or the one below it that requests must ask for. */
const localName = (serverName: string | null): string =>
  /^[\w.-]+\.localhost(?=:|$)/.exec(serverName ?? '')?.[0] ?? 'localhost'

/**
 * Serves an application when it is ready.
 *
 * @throws {TipfyError} TIPFY_E_PORT_IN_USE, TIPFY_E_PORT_DENIED, and what `app.ready()` throws
 */
export async function serve(app: App, options: ServeOptions = {}): Promise<RunningServer> {
  checkApp('serve', app)
  checkOptionNames('serve()', options, ['port', 'host'])
  const port = options.port ?? defaultPort()
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new TipfyError('TIPFY_E_PORT_NUMBER', { given: describeGiven(port) })
  if (options.host !== undefined) checkText('`host` of serve()', options.host)
  const host = options.host ?? (app.dev ? '127.0.0.1' : '0.0.0.0')
  const { shutdownTimeout, healthPath, accessLog, trustedProxies, trustedHeaders, appId, serverName } = app.settings
  await app.ready()

  let closing: Promise<void> | null = null
  let listener: RequestListener = app.requestListener
  if (accessLog) {
    const log = await openAccessLog({ dev: app.dev, trustedProxies, trustedHeaders, projectId: appId })
    listener = logged(listener, log.write)
    app.onClose(log.close)
  }
  if (healthPath !== null) listener = withHealth(listener, healthPath, () => closing !== null)
  const server = makeServer(app, listener)
  const endConnections = gracefully(server)
  await listen(server, port, host)

  async function close(): Promise<void> {
    app.drain()
    await endConnections(shutdownTimeout * 1000)
    await app.close()
  }
  const address = server.address() as AddressInfo
  const isHere = host === '0.0.0.0' || host === '127.0.0.1'
  const name = isHere ? localName(serverName) : hostInUrl(host)
  return {
    url: `http://${name}:${address.port}`,
    port: address.port,
    sessions: app.sessionInterface?.description ?? 'none',
    close: () => {
      closing ??= close()
      return closing
    },
  }
}

/** Serves an application until SIGTERM or SIGINT, then stops it; a second signal ends it at once. */
export function runApp(app: App, options: RunOptions = {}): Promise<RunningServer> {
  return runPrepared(app, options, async () => {})
}

/** Does the same, with more to do at the start. */
export async function runPrepared(app: App, options: RunOptions, prepare: () => Promise<void>): Promise<RunningServer> {
  checkApp('runApp', app)
  checkOptionNames('runApp()', options, ['port', 'host', 'workers'])
  const { workers: count = 1, port, host } = options
  const { shutdownTimeout } = app.settings
  const workers = count > 1 && cluster.isPrimary ? new Workers(app.log, (shutdownTimeout + 5) * 1000) : null
  const start = async () => {
    if (workers !== null) return supervise(app, workers, count)
    await prepare()
    return serve(app, { port, host })
  }
  const running = await untilSignal(start, {
    unstarted: workers ?? app,
    patience: shutdownTimeout * 1000,
    onError: (error) => app.log.error({ err: error }, 'The application did not stop cleanly'),
  })
  if (cluster.isWorker) {
    const { url, port, sessions } = running
    process.send?.({ tipfy: 'ready', url, port, sessions } satisfies WorkerReady)
  }
  return running
}

/** Serves through worker processes, each of which runs this program again. SIGHUP reloads them with their code. */
async function supervise(app: App, workers: Workers, count: number): Promise<RunningServer> {
  await app.onSupervise?.()
  const { url, port, sessions } = await workers.start(count)
  process.on('SIGHUP', () => {
    workers.reload().catch((error: unknown) => app.log.error({ err: error }, 'The workers were not reloaded'))
  })
  return { url, port, sessions, close: () => workers.close() }
}
