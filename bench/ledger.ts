// `npm run bench:store -- --ledger <minutes>`: two workers and two servers on one data folder and one cache, clients that change
// sessions through all of them, and what happens to processes, cache and disk meanwhile. A ledger holds what was confirmed: in the end every
// confirmed change must be there, once, and nothing that was never asked for.
import { type ChildProcess, execFileSync, fork } from 'node:child_process'
import { appendFileSync, rmSync } from 'node:fs'
import { Agent, get } from 'node:http'
import { join } from 'node:path'
import { freePort } from '../tests/support/memcached.ts'
import { endWithUs } from './guard.ts'

/** The cache, to be killed, restarted and stopped for a while. */
export interface LedgerCache {
  readonly url: string
  crash(): Promise<void>
  run(): Promise<void>
  hang(): void
  wake(): void
}

export interface LedgerOptions {
  minutes: number
  dataFolder: string
  cache: LedgerCache
  /** Sessions in use at a time; each has two clients. */
  sessions?: number
  /** The file system of the data folder is its own: it is filled from time to time. */
  fillsDisk?: boolean
}

const kinds = ['key', 'nested', 'push', 'count'] as const
type Kind = (typeof kinds)[number]
const troubles = ['kill', 'stop', 'cache restart', 'cache stop', 'disk'] as const
type Trouble = (typeof troubles)[number]

/** Changes that a client asks for until its session is looked through. */
const changesEach = 40
/** Ms after which servers that nothing happens to have to respond again. */
const maxRecovery = 180_000
/** Ms after which another process may no longer show an older value, whatever happened: `cacheTtl`, a lease, and the way. */
const maxStaleness = 67_000

export class LedgerFigures {
  answered = 0
  /** Without a response, or with a 503: may be there. */
  unknown = 0
  sessions = 0
  /** Confirmed, and not there in the end. */
  lost = 0
  twice = 0
  neverAsked = 0
  /** Sessions that were not found though alive. */
  vanished = 0
  /** Reads after a response that did not show it yet, and the longest time that one took to be shown. */
  stale = 0
  longestStale = 0
  /** Ended sessions that were served afterwards, and for how long at most. */
  dead = 0
  longestDead = 0
  readonly troubles: Record<Trouble, number> = {
    kill: 0,
    stop: 0,
    'cache restart': 0,
    'cache stop': 0,
    disk: 0,
  }

  get isSound(): boolean {
    const { lost, twice, neverAsked, vanished, longestStale, longestDead } = this
    return lost + twice + neverAsked + vanished === 0 && Math.max(longestStale, longestDead) <= maxStaleness
  }
}

interface Stored {
  user: string | null
  keys: number[]
  nested: number[]
  list: number[]
  n: number
  log: number[]
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))
const between = (from: number, to: number) => from + Math.random() * (to - from)
const pick = <T>(items: readonly T[]): T => items[Math.floor(Math.random() * items.length)]!

/** A worker may have ended meanwhile. */
function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

class LedgerServer {
  readonly workers: number
  readonly #port: number
  readonly #args: string[]
  readonly #agent = new Agent({ keepAlive: true })
  #child: ChildProcess | undefined
  #release = () => {}

  constructor(port: number, workers: number, cache: string, dataFolder: string) {
    this.workers = workers
    this.#port = port
    this.#args = [String(port), String(workers), cache, dataFolder]
  }

  async start(): Promise<void> {
    this.#child = fork(join(import.meta.dirname, 'ledger/server.ts'), this.#args, {
      env: { ...process.env, NODE_ENV: 'production', NODE_OPTIONS: '' },
      execArgv: ['-C', 'tipfy-source', '--disable-warning=ExperimentalWarning'],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    this.#release = endWithUs(this.#child.pid!)
    const child = this.#child
    while ((await this.ask('/all')).status !== 200) {
      await pause(50)
      // It cannot start while the disk is full.
      if (child.exitCode === null) continue
      this.#release()
      return await this.start()
    }
  }

  /** The process that serves: one of the workers, where there are some. */
  get #pid(): number {
    const pid = this.#child!.pid!
    if (this.workers === 1) return pid
    try {
      return Number(
        pick(
          execFileSync('pgrep', ['-P', String(pid), 'node'], { encoding: 'utf8' })
            .trim()
            .split('\n'),
        ),
      )
    } catch {
      return pid // both are being replaced
    }
  }

  async kill(): Promise<void> {
    const pid = this.#pid
    if (pid !== this.#child!.pid) return void signal(pid, 'SIGKILL') // the primary replaces it
    const ended = new Promise((resolve) => this.#child!.once('exit', resolve))
    process.kill(pid, 'SIGKILL')
    await ended
    this.#release()
    await this.start()
  }

  async stopFor(ms: number): Promise<void> {
    const pid = this.#pid
    signal(pid, 'SIGSTOP')
    await pause(ms)
    signal(pid, 'SIGCONT')
  }

  /** Status 0: no response. */
  ask(path: string, cookie?: string): Promise<{ status: number; text: string; cookie: string | undefined }> {
    return new Promise((resolve) => {
      const none = () => resolve({ status: 0, text: '', cookie: undefined })
      const headers = cookie === undefined ? {} : { cookie }
      const asked = get({ host: '127.0.0.1', port: this.#port, path, headers, agent: this.#agent }, (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (part: string) => {
          text += part
        })
        const set = response.headers['set-cookie']?.[0]?.split(';')[0]
        response.on('end', () => resolve({ status: response.statusCode!, text, cookie: set }))
        response.on('error', none)
      })
      asked.on('error', none)
      asked.setTimeout(15_000, () => asked.destroy())
    })
  }

  async close(): Promise<void> {
    this.#agent.destroy()
    const child = this.#child!
    if (child.exitCode === null && child.signalCode === null) {
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGTERM')
      await ended
    }
    this.#release()
  }
}

/** Runs for a number of minutes, then waits until all is well, and looks through what is left. */
export async function keepLedger(options: LedgerOptions): Promise<LedgerFigures> {
  const { minutes, dataFolder, cache, sessions = 6 } = options
  const figures = new LedgerFigures()
  const servers: LedgerServer[] = []
  for (const workers of [2, 1, 1]) servers.push(new LedgerServer(await freePort(), workers, cache.url, dataFolder))
  const end = performance.now() + minutes * 60_000
  const isOver = () => performance.now() >= end
  try {
    for (const server of servers) await server.start()
    await Promise.all([
      ...makeTrouble(servers, options, figures, isOver),
      ...Array.from({ length: sessions }, (_, n) => useSessions(servers, `user-${n}`, figures, isOver)),
    ])
  } finally {
    for (const server of servers) await server.close()
  }
  return figures
}

/** Trouble with processes, and beside it with the cache and the disk. */
function makeTrouble(
  servers: LedgerServer[],
  { cache, dataFolder, fillsDisk = false }: LedgerOptions,
  figures: LedgerFigures,
  isOver: () => boolean,
): Promise<void>[] {
  const make: Record<Trouble, () => Promise<void>> = {
    kill: () => pick(servers).kill(),
    stop: () => pick(servers).stopFor(between(200, 4000)),
    'cache restart': async () => {
      await cache.crash()
      await pause(between(0, 1500))
      await cache.run()
    },
    'cache stop': async () => {
      cache.hang()
      await pause(between(30, 3000))
      cache.wake()
    },
    disk: async () => {
      const ballast = join(dataFolder, '..', 'ballast')
      try {
        fill(ballast)
        await pause(between(500, 3000))
      } finally {
        rmSync(ballast, { force: true })
      }
    },
  }
  const [ofProcesses, ofServers] = [troubles.slice(0, 2), troubles.slice(2, fillsDisk ? 5 : 4)]
  return [ofProcesses, ofServers].map(async (names) => {
    while (!isOver()) {
      await pause(between(300, 2500))
      const trouble = pick(names)
      figures.troubles[trouble]++
      await make[trouble]()
    }
  })
}

/** Writes until nothing more fits. */
function fill(path: string): void {
  for (let size = 1 << 20; size >= 512; ) {
    try {
      appendFileSync(path, Buffer.alloc(size, 1))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
      size >>= 1
    }
  }
}

let numbers = 0

/** One session after another: changes by two clients at once, then a look at all that is there, then its end. */
async function useSessions(
  servers: LedgerServer[],
  user: string,
  figures: LedgerFigures,
  isOver: () => boolean,
): Promise<void> {
  while (!isOver()) {
    const login = await pick(servers).ask(`/login?user=${user}`)
    if (login.status !== 200 || login.cookie === undefined) {
      await pause(100)
      continue
    }
    figures.sessions++
    const session = new LedgerSession(servers, login.cookie, user, figures)
    await Promise.all([session.change(isOver), session.change(isOver)])
    await session.lookThrough()
    await session.end()
  }
}

/** Asks until the response is not an error. */
async function untilDone(ask: () => Promise<{ status: number; text: string }>): Promise<string> {
  const end = performance.now() + maxRecovery
  for (;;) {
    const { status, text } = await ask()
    if (status === 200) return text
    if (performance.now() > end) throw new Error(`the servers do not recover: ${status} ${text}`)
    await pause(100)
  }
}

class LedgerSession {
  readonly #servers: LedgerServer[]
  readonly #cookie: string
  readonly #user: string
  readonly #figures: LedgerFigures
  readonly #asked: Record<Kind, Set<number>> = { key: new Set(), nested: new Set(), push: new Set(), count: new Set() }
  readonly #answered: Record<Kind, Set<number>> = {
    key: new Set(),
    nested: new Set(),
    push: new Set(),
    count: new Set(),
  }

  constructor(servers: LedgerServer[], cookie: string, user: string, figures: LedgerFigures) {
    this.#servers = servers
    this.#cookie = cookie
    this.#user = user
    this.#figures = figures
  }

  async change(isOver: () => boolean): Promise<void> {
    const figures = this.#figures
    for (let changes = 0; changes < changesEach && !isOver(); changes++) {
      const [kind, n] = [pick(kinds), ++numbers]
      this.#asked[kind].add(n)
      const { status, text } = await pick(this.#servers).ask(`/${kind}?n=${n}`, this.#cookie)
      if (status === 200 && text === 'none') figures.vanished++
      if (status === 200 && text === 'done') {
        figures.answered++
        this.#answered[kind].add(n)
        // Beside the next changes.
        if (changes % 4 === 0) await this.#isShown(pick(this.#servers), kind, n)
      } else if (status !== 200) {
        figures.unknown++
        await pause(50)
      }
    }
  }

  async #read(server: LedgerServer): Promise<Stored> {
    return JSON.parse(await untilDone(() => server.ask('/all', this.#cookie))) as Stored
  }

  /** Waits until a server shows a confirmed change. */
  async #isShown(server: LedgerServer, kind: Kind, n: number): Promise<void> {
    const since = performance.now()
    for (let tries = 0; !marksOf(await this.#read(server))[kind].includes(n); tries++) {
      if (tries === 0) this.#figures.stale++
      this.#figures.longestStale = Math.max(this.#figures.longestStale, performance.now() - since)
      if (performance.now() - since > maxStaleness) return
      await pause(100)
    }
  }

  /** Compares what all servers show, once it is current, with the ledger. */
  async lookThrough(): Promise<void> {
    const figures = this.#figures
    for (const server of this.#servers) {
      for (const kind of kinds) for (const n of this.#answered[kind]) await this.#isShownAtLast(server, kind, n)
      const stored = await this.#read(server)
      if (stored.user !== this.#user) figures.vanished++
      if (stored.n !== stored.log.length) figures.lost++
      const marks = marksOf(stored)
      for (const kind of kinds) {
        if (new Set(marks[kind]).size !== marks[kind].length) figures.twice++
        figures.neverAsked += marks[kind].filter((n) => !this.#asked[kind].has(n)).length
      }
    }
  }

  #last: { server: LedgerServer; marks: Record<Kind, number[]> } | undefined

  /** As `#isShown`, with one read for all that it shows. */
  async #isShownAtLast(server: LedgerServer, kind: Kind, n: number): Promise<void> {
    if (this.#last?.server !== server) this.#last = { server, marks: marksOf(await this.#read(server)) }
    if (this.#last.marks[kind].includes(n)) return
    await this.#isShown(server, kind, n)
    this.#last = { server, marks: marksOf(await this.#read(server)) }
    if (!this.#last.marks[kind].includes(n)) this.#figures.lost++
  }

  async end(): Promise<void> {
    const path = Math.random() < 0.5 ? '/logout' : `/end?user=${this.#user}`
    await untilDone(() => pick(this.#servers).ask(path, this.#cookie))
    const since = performance.now()
    for (const server of this.#servers) {
      for (let tries = 0; (await this.#read(server)).user !== null; tries++) {
        if (tries === 0) this.#figures.dead++
        this.#figures.longestDead = Math.max(this.#figures.longestDead, performance.now() - since)
        if (performance.now() - since > maxStaleness) break
        await pause(100)
      }
    }
  }
}

const marksOf = ({ keys, nested, list, log }: Stored): Record<Kind, number[]> => ({
  key: keys,
  nested,
  push: list,
  count: log,
})
