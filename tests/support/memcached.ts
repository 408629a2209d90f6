// A real memcached of a test's own, where there is one on the PATH: on a free port, to be stopped, killed and restarted.
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createConnection, createServer } from 'node:net'
import { join } from 'node:path'

export const memcachedFound = (process.env.PATH ?? '')
  .split(':')
  .some((folder) => existsSync(join(folder, 'memcached')))

export class Memcached {
  readonly port: number
  #child: ChildProcess | null = null
  readonly #options: string[]

  constructor(port: number, options: string[] = []) {
    this.port = port
    this.#options = options
  }

  static async start(...options: string[]): Promise<Memcached> {
    const server = new Memcached(await freePort(), options)
    await server.run()
    return server
  }

  get address(): string {
    return `127.0.0.1:${this.port}`
  }

  /** Starts it again on the same port, empty. */
  async run(): Promise<void> {
    const args = ['-u', 'nobody', '-l', '127.0.0.1', '-p', String(this.port), '-m', '32', ...this.#options]
    this.#child = spawn('memcached', args, { stdio: 'ignore' })
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
