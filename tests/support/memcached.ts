// A real memcached of a test's own, where there is one on the PATH: on a free port, to be stopped, killed and restarted.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createConnection, createServer } from 'node:net'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'

// Administrators' programs are not on everybody's PATH.
const folders = [...(process.env.PATH ?? '').split(':'), '/usr/sbin']
const pathOf = (program: string) => folders.map((folder) => join(folder, program)).find((path) => existsSync(path))

// Unattended runs leave nothing out: a missing program is a failure.
const isUnattended = process.env.CI === 'true'
export const memcachedFound = isUnattended || pathOf('memcached') !== undefined
/** True if a memcached can be made to ask for a name and a password. */
export const saslFound = isUnattended || (memcachedFound && pathOf('saslpasswd2') !== undefined)

export class Memcached {
  readonly port: number
  #child: ChildProcess | null = null
  readonly #options: string[]
  readonly #env: Record<string, string>

  constructor(port: number, options: string[] = [], env: Record<string, string> = {}) {
    this.port = port
    this.#options = options
    this.#env = env
  }

  static async start(...options: string[]): Promise<Memcached> {
    const server = new Memcached(await freePort(), options)
    await server.run()
    return server
  }

  /** One that asks for this name and password. */
  static async startWithPassword(name: string, password: string): Promise<Memcached> {
    const folder = mkdtempSync(join(tmpdir(), 'tipfy-sasl-'))
    const database = join(folder, 'passwords')
    const settings = { mech_list: 'plain', pwcheck_method: 'auxprop', auxprop_plugin: 'sasldb', sasldb_path: database }
    const lines = Object.entries(settings).map(([key, value]) => `${key}: ${value}\n`)
    writeFileSync(join(folder, 'memcached.conf'), lines.join(''))
    const args = ['-p', '-c', '-a', 'memcached', '-f', database, '-u', hostname(), name]
    execFileSync(pathOf('saslpasswd2')!, args, { input: password })
    chmodSync(folder, 0o755) // it runs as nobody
    chmodSync(database, 0o644)
    const server = new Memcached(await freePort(), ['-S'], { SASL_CONF_PATH: folder })
    await server.run()
    return server
  }

  get address(): string {
    return `127.0.0.1:${this.port}`
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  /** Starts it again on the same port, empty. */
  async run(): Promise<void> {
    const args = ['-u', 'nobody', '-l', '127.0.0.1', '-p', String(this.port), '-m', '32', ...this.#options]
    this.#child = spawn('memcached', args, { stdio: 'ignore', env: { ...process.env, ...this.#env } })
    while (!(await answers(this.port))) {
      const { exitCode, signalCode } = this.#child
      if (exitCode !== null || signalCode !== null) throw new Error(`memcached ended with ${exitCode ?? signalCode}`)
    }
  }

  /** Leaves it listening and silent. */
  hang(): void {
    this.#child?.kill('SIGSTOP')
  }

  wake(): void {
    this.#child?.kill('SIGCONT')
  }

  async kill(): Promise<void> {
    const child = this.#child
    if (child === null) return
    this.#child = null
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await ended
    const { SASL_CONF_PATH: folder } = this.#env
    if (folder !== undefined) rmSync(folder, { recursive: true })
  }
}

export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => setTimeout(resolve, 5, false))
  })
}
