// A server process: starts the server that its arguments name, tells its port, and how much CPU it used when asked.
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Sessions } from './cases.ts'

/** A response, as bare node:http is to repeat it. */
export interface Answer {
  readonly status: number
  /** Name, value, name, value, without what node:http adds itself. */
  readonly headers: string[]
  readonly body: string
}

export interface ServerOptions {
  /** The case's name. */
  readonly name: string
  readonly sessions: Sessions
  /** The number of rules beside those of the cases. Default: 1,000. */
  readonly rules?: number
  /** host:port of the memcached server of this run. */
  readonly memcached?: string
  /** host:port of the Datastore of this run. */
  readonly datastore?: string
  readonly answer?: Answer
  /** True: with the hook that sends security headers. */
  readonly hasHeaders?: boolean
  /** Processes that serve together. Default: this one alone. */
  readonly workers?: number
  /** The folder of stored sessions, which workers share. Default: a new one. */
  readonly dataFolder?: string
}

/** The export of a server's module: it listens already, or is made to. */
interface ServerModule {
  start(options: ServerOptions): Promise<Server | { readonly port: number }>
}

export interface Usage {
  /** µs of CPU of the process, all threads, user and system. */
  readonly cpu: number
  readonly user: number
  readonly system: number
  /** Bytes. */
  readonly rss: number
  readonly heap: number
}

if (process.send !== undefined) {
  process.on('disconnect', () => process.exit(0))
  process.on('SIGTERM', () => process.exit(0))
  const [file, options] = process.argv.slice(2) as [string, string]
  const { start } = (await import(file)) as ServerModule
  const started = await start(JSON.parse(options))
  const port = 'port' in started ? started.port : await listen(started)
  process.on('message', (message) => {
    if (message === 'collect') (globalThis as { gc?: () => void }).gc?.()
    const { user, system } = process.cpuUsage()
    const { rss, heapUsed } = process.memoryUsage()
    process.send!({ cpu: user + system, user, system, rss, heap: heapUsed } satisfies Usage)
  })
  process.send({ port })
}

async function listen(server: Server): Promise<number> {
  // As tipfy's, so that no connection ends between two rounds and all announce the same.
  server.keepAliveTimeout = 65_000
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}
