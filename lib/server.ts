// Puts an application on the network: listens, and stops without losing a request.
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { App } from './app.ts'
import { TipfyError } from './errors.ts'

/** Where to listen. */
export interface ServeOptions {
  /** Default: the environment's PORT, else 8080. 0 takes a free one. */
  port?: number
  /** Default: loopback in development, else every address. */
  host?: string
}

/** A server that listens. */
export interface RunningServer {
  /** As a browser takes it. */
  readonly url: string
  readonly port: number
  readonly server: Server
  /** Takes no more connections, waits for the requests in flight (`tipfy.shutdownTimeout` seconds), closes the application. */
  close(): Promise<void>
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') reject(new TipfyError('TIPFY_E_PORT_IN_USE', { port, host, other: port + 1 }))
      else if (error.code === 'EACCES') reject(new TipfyError('TIPFY_E_PORT_DENIED', { port, host }))
      else reject(error)
    })
    server.listen(port, host, resolve)
  })
}

/**
 * Makes the application ready and serves it.
 *
 * @throws {TipfyError} TIPFY_E_PORT_IN_USE, TIPFY_E_PORT_DENIED, and what `app.ready()` throws
 */
export async function serve(app: App, options: ServeOptions = {}): Promise<RunningServer> {
  const port = options.port ?? Number(process.env.PORT ?? 8080)
  const host = options.host ?? (app.dev ? '127.0.0.1' : '0.0.0.0')
  const { shutdownTimeout, keepAliveTimeout, requestTimeout } = app.settings
  await app.ready()
  const server = createServer(app.requestListener)
  server.keepAliveTimeout = keepAliveTimeout * 1000
  server.requestTimeout = requestTimeout * 1000
  await listen(server, port, host)
  const address = server.address() as AddressInfo
  let closing: Promise<void> | null = null
  async function close(): Promise<void> {
    const deadline = setTimeout(() => server.closeAllConnections(), shutdownTimeout * 1000)
    await new Promise((resolve) => {
      server.close(resolve)
      server.closeIdleConnections()
    })
    clearTimeout(deadline)
    await app.close()
  }
  return {
    url: `http://${host === '0.0.0.0' || host === '127.0.0.1' ? 'localhost' : host}:${address.port}`,
    port: address.port,
    server,
    close: () => {
      closing ??= close()
      return closing
    },
  }
}

/** Serves the application until SIGTERM or SIGINT, then stops it; a second signal ends it at once. */
export async function runApp(app: App, options?: ServeOptions): Promise<RunningServer> {
  const running = await serve(app, options)
  let stopping = false
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (stopping) process.exit(1)
      stopping = true
      running.close().then(
        () => process.exit(0),
        (error: unknown) => {
          app.log.error({ err: error }, 'The application did not stop cleanly')
          process.exit(1)
        },
      )
    })
  }
  return running
}
