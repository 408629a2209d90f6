// Counts stale reads, for `npm run bench:store -- --stale`: two servers on one data folder and one memcached that is well, clients that
// change a session on one server and read it at once on the other, and requests that hold the event loop of both. A read that
// shows less than a response has confirmed is stale; a session that is served after it was ended is dead.
import { type ChildProcess, fork } from 'node:child_process'
import { Agent, get } from 'node:http'
import { join } from 'node:path'

export interface StaleOptions {
  memcached: string
  dataFolder: string
  /** The folder of the build to look at. */
  lib: string
  /** Ms for which a request holds the event loop; 0 for never. */
  burn: number
  clients: number
  /** Reads in all. */
  reads: number
  /** The servers' `cacheTimeout` in ms; default: the default. */
  cacheTimeout?: number
  /** Their `cacheTtl` in seconds; default: the default. */
  cacheTtl?: number
}

export type ServerOptions = Omit<StaleOptions, 'burn' | 'clients' | 'reads'>

export interface StaleFigures {
  burn: number
  reads: number
  stale: number
  ended: number
  dead: number
  /** Responses other than 200. */
  failed: number
  breakersOpened: number
  cacheHits: number
  seconds: number
}

/** A process that serves sessions. */
export class StaleServer {
  readonly child: ChildProcess
  #port = 0
  readonly #agent = new Agent({ keepAlive: true })

  constructor({ memcached, dataFolder, lib, cacheTimeout = 50, cacheTtl = 60 }: ServerOptions) {
    this.child = fork(
      join(import.meta.dirname, 'stale/server.ts'),
      [memcached, dataFolder, lib, String(cacheTimeout), String(cacheTtl)],
      {
        env: { ...process.env, NODE_ENV: 'production', NODE_OPTIONS: '' },
        execArgv: ['-C', 'tipfy-source', '--disable-warning=ExperimentalWarning'],
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      },
    )
  }

  async start(): Promise<void> {
    this.#port = (await this.#message<{ port: number }>()).port
  }

  counters(): Promise<{ breakerOpened: number; cacheHits: number; cacheUnconfirmed: number }> {
    this.child.send('counters')
    return this.#message()
  }

  ask(path: string, cookie?: string): Promise<{ status: number; text: string; cookie: string | undefined }> {
    const { promise, resolve, reject } = Promise.withResolvers<Awaited<ReturnType<StaleServer['ask']>>>()
    const headers = cookie === undefined ? {} : { cookie }
    get({ host: '127.0.0.1', port: this.#port, path, headers, agent: this.#agent }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part
      })
      const set = response.headers['set-cookie']?.[0]?.split(';')[0]
      response.on('end', () => resolve({ status: response.statusCode!, text, cookie: set }))
    }).on('error', reject)
    return promise
  }

  stop(): void {
    this.#agent.destroy()
    this.child.disconnect()
  }

  #message<T>(): Promise<T> {
    return new Promise((resolve, reject) => {
      const ended = () => reject(new Error('a server has ended'))
      this.child.once('exit', ended)
      this.child.once('message', (message) => {
        this.child.off('exit', ended)
        resolve(message as T)
      })
    })
  }
}

/** Changes and reads until a number of reads is reached. */
export async function countStale(options: StaleOptions): Promise<StaleFigures> {
  const { burn, clients, reads } = options
  const servers = [new StaleServer(options), new StaleServer(options)]
  const figures: StaleFigures = {
    burn,
    reads: 0,
    stale: 0,
    ended: 0,
    dead: 0,
    failed: 0,
    breakersOpened: 0,
    cacheHits: 0,
    seconds: 0,
  }
  try {
    await Promise.all(servers.map((server) => server.start()))
    const start = performance.now()
    const isOver = () => figures.reads >= reads
    await Promise.all([
      ...Array.from({ length: clients }, (_, client) => visit(servers, client, figures, isOver)),
      ...(burn === 0 ? [] : servers.map((server) => keepBurning(server, burn, isOver))),
    ])
    figures.seconds = Number(((performance.now() - start) / 1000).toFixed(1))
    for (const server of servers) {
      const { breakerOpened, cacheHits } = await server.counters()
      figures.breakersOpened += breakerOpened
      figures.cacheHits += cacheHits
    }
  } finally {
    for (const server of servers) server.stop()
  }
  return figures
}

async function visit(
  servers: StaleServer[],
  client: number,
  figures: StaleFigures,
  isOver: () => boolean,
): Promise<void> {
  for (let round = 0; !isOver(); round++) {
    const user = `user-${figures.burn}-${client}-${round}`
    const [here, there] = (round + client) % 2 === 0 ? servers : [...servers].reverse()
    const login = await here!.ask(`/login?user=${user}`)
    const { cookie } = login
    if (login.status !== 200 || cookie === undefined) {
      figures.failed++
      continue
    }
    await there!.ask('/read', cookie) // the entry that a change has to replace
    for (let n = 0; n < 10 && !isOver(); n++) {
      const [one, other] = n % 2 === 0 ? [here!, there!] : [there!, here!]
      const change = await one.ask('/change', cookie)
      if (change.status !== 200) {
        figures.failed++
        continue
      }
      const read = await other.ask('/read', cookie)
      if (read.status !== 200) {
        figures.failed++
        continue
      }
      figures.reads++
      if (((JSON.parse(read.text).n as number | null) ?? 0) < Number(change.text)) figures.stale++
    }
    const end = await here!.ask(round % 2 === 0 ? `/end?user=${user}` : '/logout', cookie)
    if (end.status !== 200) {
      figures.failed++
      continue
    }
    figures.ended++
    const stolen = await there!.ask('/read', cookie)
    if (stolen.status !== 200) figures.failed++
    else if (JSON.parse(stolen.text).user !== null) figures.dead++
  }
}

/** Holds the event loop of a server for a quarter of the time. */
async function keepBurning(server: StaleServer, ms: number, isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    await server.ask(`/burn?ms=${ms}`)
    await new Promise((resolve) => setTimeout(resolve, ms * 3))
  }
}
