// The processes of a run: servers and the load, started, asked and ended from here.
import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { Agent, request as httpRequest } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Case } from './cases.ts'
import type { Answer, ServerOptions, Usage } from './child.ts'
import { endWithUs } from './guard.ts'
import type { Job, Outcome } from './load.ts'

/** Settings of the start of server processes. */
export interface Launch {
  /** The Node that runs them. */
  readonly node: string
  /** More arguments for it: `--cpu-prof`. */
  readonly flags: readonly string[]
  /** Another checkout of this repository, whose build is measured as `tipfy-beside`. */
  readonly beside?: string
}

const here = import.meta.dirname
export const [besideName, controlName] = ['tipfy-beside', 'tipfy-control'] as const
const ours = new Set(['tipfy', 'node-http', 'node-http-tuned', 'node-http-sqlite', 'node-http-history'])

/** Resolves with the reply of a process to `message`, or with what it says by itself. Rejects where it ends instead. */
function reply<T>(child: ChildProcess, message?: object | string): Promise<T> {
  return new Promise((resolve, reject) => {
    const onMessage = (value: unknown) => {
      child.off('exit', onExit)
      const { error } = value as { error?: string }
      if (error === undefined) resolve(value as T)
      else reject(new Error(error))
    }
    const onExit = (code: number | null) => {
      child.off('message', onMessage)
      reject(
        new Error(`a process of the benchmark ended (${code}): ${child.spawnargs.slice(2).join(' ').slice(0, 200)}`),
      )
    }
    child.once('message', onMessage)
    child.once('exit', onExit)
    if (message !== undefined) child.send(message)
  })
}

export class ServerProcess {
  readonly name: string
  readonly port: number
  private readonly child: ChildProcess

  private constructor(name: string, port: number, child: ChildProcess) {
    this.name = name
    this.port = port
    this.child = child
  }

  static async start(name: string, options: ServerOptions, { node, flags, beside }: Launch): Promise<ServerProcess> {
    // Another build of tipfy, and this one once more: its difference from itself is what chance does.
    const isTipfy = name === besideName || name === controlName
    const file = isTipfy ? './tipfy.ts' : ours.has(name) ? `./${name}.ts` : `./peers/${name}.ts`
    const folder = name === besideName ? join(beside!, 'bench') : here
    const child = fork(join(folder, 'child.ts'), [file, JSON.stringify(options)], {
      execPath: node,
      execArgv: ['-C', 'tipfy-source', '--disable-warning=ExperimentalWarning', ...flags],
      env: { ...process.env, NODE_ENV: 'production' },
    })
    const { port } = await reply<{ port: number }>(child)
    return new ServerProcess(name, port, child)
  }

  usage(): Promise<Usage> {
    return reply<Usage>(this.child, 'usage')
  }

  /** Usage after a collection of garbage, for processes started with --expose-gc. */
  collected(): Promise<Usage> {
    return reply<Usage>(this.child, 'collect')
  }

  async stop(): Promise<void> {
    const ended = once(this.child, 'exit')
    this.child.disconnect()
    await ended
  }
}

export class LoadProcess {
  private readonly child = fork(join(here, 'load.ts'), { execArgv: [] })

  async run(job: Job): Promise<Outcome> {
    const outcome = await reply<Outcome>(this.child, job)
    if (outcome.failed > 0) throw new Error(`${outcome.failed} of ${job.total} responses were not 200`)
    return outcome
  }

  stop(): void {
    this.child.disconnect()
  }
}

/** A port that nothing listens on. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  return port
}

/** A memcached of our own, and where it is; undefined where there is none to start. */
export async function startMemcached(): Promise<{ address: string; stop(): void } | undefined> {
  const port = await freePort()
  const user = process.getuid?.() === 0 ? ['-u', 'root'] : []
  const child = spawn('memcached', ['-l', '127.0.0.1', '-p', String(port), '-U', '0', ...user], { stdio: 'ignore' })
  const missing = await Promise.race([once(child, 'error').then(() => true), delay(300).then(() => false)])
  if (missing) return undefined
  child.once('exit', endWithUs(child.pid!))
  return { address: `127.0.0.1:${port}`, stop: () => void child.kill() }
}

/** A Datastore of our own in memory, in another process. */
export async function startDatastore(): Promise<{ address: string; stop(): void }> {
  const address = `127.0.0.1:${await freePort()}`
  const bin = join(here, '../lib/cli/bin.ts')
  const flags = ['-C', 'tipfy-source', '--disable-warning=ExperimentalWarning']
  const child = spawn(process.execPath, [...flags, bin, 'datastore', '--port', address.split(':')[1]!, '--memory'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  child.once('exit', endWithUs(child.pid!))
  while (!(await fetch(`http://${address}/`).catch(() => undefined))?.ok) await delay(20)
  return { address, stop: () => void child.kill() }
}

interface Fetched extends Answer {
  /** As a client sends it back. */
  readonly cookie: string
}

const agent = new Agent({ keepAlive: true, maxSockets: 1 })

// Headers that node:http adds by itself, to every server's responses.
const automatic = new Set(['date', 'connection', 'keep-alive'])

/** One request, outside what is measured. */
export function fetchOnce(
  port: number,
  kase: Pick<Case, 'method' | 'body'>,
  path: string,
  cookie = '',
): Promise<Fetched> {
  return new Promise((resolve, reject) => {
    const headers: Record<string, string> = { host: 'localhost' }
    if (cookie !== '') headers.cookie = cookie
    if (kase.body !== undefined) headers['content-type'] = 'application/json'
    const options = { port, host: '127.0.0.1', path, method: kase.method, headers, agent }
    const outgoing = httpRequest(options, (incoming) => {
      const chunks: Buffer[] = []
      incoming.on('data', (chunk) => chunks.push(chunk))
      incoming.on('end', () => {
        const raw = incoming.rawHeaders
        const kept = raw.flatMap((name, at) =>
          at % 2 === 0 && !automatic.has(name.toLowerCase()) ? [name, raw[at + 1]!] : [],
        )
        const set = (incoming.headers['set-cookie'] ?? []).map((line) => line.split(';', 1)[0])
        const body = Buffer.concat(chunks).toString()
        resolve({ status: incoming.statusCode!, headers: kept, body, cookie: set.join('; ') })
      })
    })
    outgoing.on('error', reject)
    outgoing.end(kase.body)
  })
}

/** The bytes of a case's request. */
export function requestText({ method, path, body }: Case, cookie: string): string {
  const lines = [`${method} ${path} HTTP/1.1`, 'Host: localhost', 'User-Agent: tipfy-bench', 'Accept: */*']
  if (cookie !== '') lines.push(`Cookie: ${cookie}`)
  if (body !== undefined) lines.push('Content-Type: application/json', `Content-Length: ${Buffer.byteLength(body)}`)
  return `${lines.join('\r\n')}\r\n\r\n${body ?? ''}`
}
