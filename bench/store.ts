// `npm run bench:store`: datastore sessions of tipfy beside express-session with the Datastore and memcached stores of its
// world, in one run: CPU and latency of a read and of a write, calls to Datastore, and what each loses when two hundred
// requests change one session at once. Stands on Google's emulator where that is found. With `--stale` it counts stale reads and
// dead sessions instead, on two servers whose event loops are held: see stale.ts. With `--ledger <minutes>` it kills, stops and fills
// what there is, and accounts for every change: see ledger.ts.
import { type ChildProcess, fork, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { Agent, get } from 'node:http'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { emulatorFound, startEmulator } from '../tests/support/emulator.ts'
import { Memcached } from '../tests/support/memcached.ts'
import { endWithNpm, endWithUs } from './guard.ts'
import { printLedger, printStale } from './promises.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    requests: { type: 'string', default: '2000' },
    connections: { type: 'string', default: '8' },
    json: { type: 'boolean', default: false },
    stale: { type: 'boolean', default: false },
    /** With --stale: the reads for each length of holding, and the build to look at. */
    reads: { type: 'string', default: '2500' },
    lib: { type: 'string', default: join(import.meta.dirname, '../lib') },
    ledger: { type: 'string' },
    /** With --ledger: a folder on a small file system of its own, which is filled from time to time. */
    folder: { type: 'string' },
    /** With --stale and --ledger: memcached, redis-server or valkey-server. */
    cache: { type: 'string', default: 'memcached' },
  },
})
if (values.stale) {
  await printStale({ cache: values.cache, reads: Number(values.reads), lib: resolve(values.lib) })
  process.exit(0)
}
if (values.ledger !== undefined) {
  const isSound = await printLedger({ cache: values.cache, minutes: Number(values.ledger), folder: values.folder })
  process.exit(isSound ? 0 : 1)
}
const rounds = Number(values.rounds)
const requests = Number(values.requests)
const connections = Number(values.connections)

const folder = join(import.meta.dirname, 'stores')
if (!existsSync(join(folder, 'node_modules'))) {
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: folder,
    stdio: 'inherit',
  })
  if (status !== 0) process.exit(1)
}

interface Contender {
  title: string
  name: string
  emulator: boolean
  memcached: boolean
}

const contenders: Contender[] = [
  { title: 'tipfy, embedded', name: 'tipfy', emulator: false, memcached: false },
  { title: 'tipfy, embedded, memcached', name: 'tipfy', emulator: false, memcached: true },
  { title: 'tipfy, emulator', name: 'tipfy', emulator: true, memcached: false },
  { title: 'tipfy, emulator, memcached', name: 'tipfy', emulator: true, memcached: true },
  {
    title: 'express-session, connect-datastore, emulator',
    name: 'connect-datastore',
    emulator: true,
    memcached: false,
  },
  { title: 'express-session, connect-memcached', name: 'connect-memcached', emulator: false, memcached: true },
].filter(({ emulator }) => !emulator || emulatorFound)

class Running {
  readonly title: string
  readonly #child: ChildProcess
  readonly #agent = new Agent({ keepAlive: true, maxSockets: connections })
  #port = 0
  /** A cookie for each connection. */
  cookies: string[] = []

  constructor(contender: Contender, emulator: string | undefined, memcached: string, dataFolder: string) {
    this.title = contender.title
    const env: NodeJS.ProcessEnv = { ...process.env, NODE_ENV: 'production', METADATA_SERVER_DETECTION: 'none' }
    if (contender.emulator) env.DATASTORE_EMULATOR_HOST = emulator
    const args = [contender.name, contender.memcached ? memcached : '', dataFolder]
    const execArgv = ['-C', 'tipfy-source', '--disable-warning=ExperimentalWarning']
    this.#child = fork(join(folder, 'server.ts'), args, {
      env,
      execArgv,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
  }

  async start(): Promise<void> {
    const { port } = await this.#message<{ port: number }>()
    this.#port = port
    for (let n = 0; n < connections; n++) this.cookies.push(await this.login())
  }

  async login(): Promise<string> {
    // An emulator that has just started may take longer for its first commit than a save may take.
    for (let tries = 0; tries < 5; tries++) {
      const { status, cookie } = await this.ask('/login')
      if (cookie !== undefined) return cookie
      if (status !== 503) throw new Error(`${this.title} responded with ${status} and set no cookie`)
    }
    throw new Error(`${this.title} cannot save`)
  }

  ask(path: string, cookie?: string, agent = this.#agent): Promise<{ status: number; text: string; cookie?: string }> {
    return new Promise((resolve, reject) => {
      const headers = cookie === undefined ? {} : { cookie }
      get({ host: '127.0.0.1', port: this.#port, path, headers, agent }, (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (part: string) => {
          text += part
        })
        const set = response.headers['set-cookie']?.[0]
        response.on('end', () =>
          resolve({ status: response.statusCode!, text, cookie: set?.slice(0, set.indexOf(';')) }),
        )
      }).on('error', reject)
    })
  }

  usage(): Promise<{ cpu: number; calls: Record<string, number> }> {
    this.#child.send('usage')
    return this.#message()
  }

  stop(): void {
    this.#agent.destroy()
    this.#child.disconnect()
  }

  #message<T>(): Promise<T> {
    return new Promise((resolve, reject) => {
      const ended = () => reject(new Error(`${this.title} has ended`))
      this.#child.once('exit', ended)
      this.#child.once('message', (message) => {
        this.#child.off('exit', ended)
        resolve(message as T)
      })
    })
  }
}

interface Round {
  cpu: number
  p50: number
  p99: number
}

async function round(server: Running, path: string): Promise<Round> {
  const before = await server.usage()
  const times: number[] = []
  let left = requests
  await Promise.all(
    server.cookies.map(async (cookie) => {
      while (left-- > 0) {
        const start = performance.now()
        const { status, text } = await server.ask(path, cookie)
        if (status !== 200) throw new Error(`${server.title} responded with ${status}: ${text.slice(0, 200)}`)
        times.push(performance.now() - start)
      }
    }),
  )
  const { cpu } = await server.usage()
  times.sort((a, b) => a - b)
  return {
    cpu: (cpu - before.cpu) / requests,
    p50: times[times.length >> 1]!,
    p99: times[Math.floor(times.length * 0.99)]!,
  }
}

/** Counts the changes, of 200 at once, that are missing afterwards. */
async function lost(server: Running, path: string, count: (data: Record<string, unknown>) => number): Promise<number> {
  const cookie = await server.login()
  const agent = new Agent({ keepAlive: false })
  const responses = await Promise.all(
    Array.from({ length: 200 }, (_, n) => server.ask(`${path}?n=${n}`, cookie, agent)),
  )
  const kept = responses.filter(({ status }) => status === 200).length
  return kept - count(JSON.parse((await server.ask('/show', cookie)).text))
}

const median = (list: number[]) => [...list].sort((a, b) => a - b)[list.length >> 1]!
const middle = (all: Round[]): Round => ({
  cpu: Math.round(median(all.map(({ cpu }) => cpu))),
  p50: Number(median(all.map(({ p50 }) => p50)).toFixed(2)),
  p99: Number(median(all.map(({ p99 }) => p99)).toFixed(2)),
})

const emulator = emulatorFound ? await startEmulator() : undefined
const memcached = await Memcached.start()
endWithNpm()
const guards = [emulator?.pid, memcached.pid].flatMap((pid) => (pid === undefined ? [] : endWithUs(pid)))
const dataFolder = mkdtempSync(join(tmpdir(), 'tipfy-bench-store-'))
const figures: Record<string, unknown>[] = []
try {
  const servers: Running[] = []
  for (const [n, contender] of contenders.entries()) {
    const server = new Running(contender, emulator?.host, memcached.address, join(dataFolder, String(n)))
    await server.start()
    servers.push(server)
  }
  const reads = servers.map(() => [] as Round[])
  const writes = servers.map(() => [] as Round[])
  // The first round warms up. Contenders take turns, so that a busy machine is busy for all.
  for (let n = 0; n <= rounds; n++) {
    for (const [at, server] of servers.entries()) {
      const [read, write] = [await round(server, '/read'), await round(server, '/change')]
      if (n === 0) continue
      reads[at]!.push(read)
      writes[at]!.push(write)
    }
  }
  for (const [at, server] of servers.entries()) {
    const calls: Record<string, string> = {}
    for (const path of ['/read', '/change']) {
      const before = await server.usage()
      for (let n = 0; n < 20; n++) await server.ask(path, server.cookies[0])
      const after = await server.usage()
      const made = Object.keys(after.calls).map(
        (kind) => [kind, (after.calls[kind]! - before.calls[kind]!) / 20] as const,
      )
      calls[path] = made
        .filter(([, count]) => count > 0)
        .map(([kind, count]) => `${count} ${kind}`)
        .join(', ')
    }
    figures.push({
      store: server.title,
      read: middle(reads[at]!),
      write: middle(writes[at]!),
      calls,
      lost: {
        keys: await lost(server, '/key', (data) => Object.keys(data).filter((key) => /^k\d/.test(key)).length),
        pushes: await lost(server, '/push', ({ list }) => (list as unknown[]).length),
        counts: await lost(server, '/count', ({ n }) => n as number),
      },
    })
    server.stop()
  }
} finally {
  await memcached.kill()
  await emulator?.close()
  for (const release of guards) release()
  rmSync(dataFolder, { recursive: true, force: true })
}

if (values.json) console.log(JSON.stringify(figures, null, 2))
else print(figures as never)

interface Figures {
  store: string
  read: Round
  write: Round
  calls: Record<string, string>
  lost: Record<string, number>
}

function print(all: Figures[]): void {
  const columns = [
    'store',
    'read µs CPU',
    'p50 ms',
    'p99',
    'write µs CPU',
    'p50 ms',
    'p99',
    'lost of 200: keys',
    'pushes',
    'counts',
  ]
  const rows = all.map(({ store, read, write, lost }) =>
    [store, read.cpu, read.p50, read.p99, write.cpu, write.p50, write.p99, lost.keys, lost.pushes, lost.counts].map(
      String,
    ),
  )
  const widths = columns.map((column, at) => Math.max(column.length, ...rows.map((row) => row[at]!.length)))
  for (const row of [columns, ...rows]) {
    console.log(row.map((cell, at) => (at === 0 ? cell.padEnd(widths[at]!) : cell.padStart(widths[at]!))).join('  '))
  }
  for (const { store, calls } of all) {
    if (calls['/read'] || calls['/change'])
      console.log(`${store}: a read is ${calls['/read'] || 'nothing'}; a write ${calls['/change']}`)
  }
}
