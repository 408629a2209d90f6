// A real Redis or Valkey server of a test's own: on a free port, to be stopped, killed, promoted and restarted; and a relay
// that stands between a primary and its replica and can be frozen.
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createConnection, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encodeCommand, type Reply, ReplyReader } from '../../lib/ext/session/cache/resp.ts'
import { freePort } from './memcached.ts'

const folders = [...(process.env.PATH ?? '').split(':'), '/usr/sbin']
const isFound = (program: string) => folders.some((folder) => existsSync(join(folder, program)))

// Unattended runs leave nothing out: a missing program is a failure. Debian 12 has no Valkey: that one stays optional.
export const valkeyServers = [
  ...(isFound('redis-server') || process.env.CI === 'true' ? ['redis-server'] : []),
  ...(isFound('valkey-server') ? ['valkey-server'] : []),
]

/** A key and a certificate for `localhost`, in one file. */
export const certificate = join(import.meta.dirname, '../fixtures/localhost.pem')

export class Valkey {
  readonly port: number
  readonly folder = mkdtempSync(join(tmpdir(), 'tipfy-valkey-'))
  readonly #program: string
  readonly #options: string[]
  #child: ChildProcess | null = null

  constructor(program: string, port: number, options: string[]) {
    this.#program = program
    this.port = port
    this.#options = options
  }

  static async start(program = 'redis-server', ...options: string[]): Promise<Valkey> {
    const server = new Valkey(program, await freePort(), options)
    await server.run()
    return server
  }

  /** Starts it on the same port, with what its folder holds. */
  async run(): Promise<void> {
    const own = ['--bind', '127.0.0.1', '--port', String(this.port), '--dir', this.folder, '--save', '']
    const args = [...own, '--repl-diskless-sync-delay', '0', ...this.#options]
    this.#child = spawn(this.#program, args, { stdio: 'ignore' })
    const child = this.#child
    for (;;) {
      if (child.exitCode !== null) throw new Error(`${this.#program} ended with ${child.exitCode}`)
      try {
        await this.command('PING')
        return
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 10))
      }
    }
  }

  /** The reply to one command, on a connection of its own. Errors of the server are returned, not thrown. */
  command(...words: string[]): Promise<Reply> {
    return this.#send([words])
  }

  /** The same, with the password of the default user. */
  commandAs(password: string, ...words: string[]): Promise<Reply> {
    return this.#send([['AUTH', password], words])
  }

  /** The reply to the last of some commands. */
  async #send(commands: readonly string[][]): Promise<Reply> {
    const socket = createConnection(this.port, '127.0.0.1')
    try {
      return await new Promise<Reply>((resolve, reject) => {
        const reader = new ReplyReader()
        let left = commands.length
        socket.once('error', reject)
        socket.once('close', () => reject(new Error('the connection was lost')))
        socket.on('data', (chunk: Buffer) => {
          for (const reply of reader.push(chunk)) if (--left === 0) resolve(reply)
        })
        socket.write(commands.map(encodeCommand).join(''))
      })
    } finally {
      socket.destroy()
    }
  }

  /** The value of a line of `INFO replication`. */
  async replication(name: string): Promise<string | undefined> {
    return new RegExp(`^${name}:(.*)\r?$`, 'm').exec(String(await this.command('INFO', 'replication')))?.[1]?.trim()
  }

  /** Makes it a replica of what listens on `port`, and waits until it has all of it. */
  async follow(port: number): Promise<void> {
    await this.command('REPLICAOF', '127.0.0.1', String(port))
    while ((await this.replication('master_link_status')) !== 'up') await new Promise((r) => setTimeout(r, 10))
  }

  async promote(): Promise<void> {
    await this.command('REPLICAOF', 'NO', 'ONE')
  }

  /** Leaves it listening and silent. */
  hang(): void {
    this.#child?.kill('SIGSTOP')
  }

  wake(): void {
    this.#child?.kill('SIGCONT')
  }

  /** Ends it as a crash does; its folder stays for `run`. */
  async crash(): Promise<void> {
    const child = this.#child
    if (child === null) return
    this.#child = null
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await ended
  }

  async kill(): Promise<void> {
    await this.crash()
    rmSync(this.folder, { recursive: true })
  }
}

/** Stands between two servers: frozen, it passes nothing on and drops nothing. */
export class Relay {
  readonly port: number
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #target: number

  static async to(port: number): Promise<Relay> {
    const relay = new Relay(await freePort(), port)
    await new Promise<void>((resolve) => relay.#server.listen(relay.port, '127.0.0.1', resolve))
    return relay
  }

  private constructor(port: number, target: number) {
    this.port = port
    this.#target = target
    this.#server = createServer((near) => {
      const far = createConnection(this.#target, '127.0.0.1')
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#sockets.add(from)
        from.on('data', (chunk) => to.write(chunk))
        from.on('error', () => to.destroy())
        from.on('close', () => {
          this.#sockets.delete(from)
          to.destroy()
        })
      }
    })
  }

  freeze(): void {
    for (const socket of this.#sockets) socket.pause()
  }

  /** Leads new connections to another port; those that are open stay where they are. */
  retarget(port: number): void {
    this.#target = port
  }

  /** Breaks all connections. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  thaw(): void {
    for (const socket of this.#sockets) socket.resume()
  }

  async close(): Promise<void> {
    this.cut()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}
