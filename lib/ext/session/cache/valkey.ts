// Valkey, Redis and servers like them, over a bare socket: one connection, thrown away at the first failure. Nothing is
// queued, sent again or reconnected here, for a script that runs twice, or on another server, could bring back an old entry.
import { randomBytes } from 'node:crypto'
import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { type Clock, systemClock, withDeadline } from '../../../internal/clock.ts'
import { hostInUrl } from '../../../internal/own-host.ts'
import { setImmediate } from '../../../internal/timers.ts'
import { steps, traced } from '../../../internal/tracing.ts'
import type { CachePasswordSetting } from '../config/cache-servers.ts'
import { Passwords } from './passwords.ts'
import { type CacheConnection, type CacheLink, CacheRefused, type CasId, type Entry, type Looked } from './ports.ts'
import { encodeCommand, type Reply, ReplyError, ReplyReader } from './resp.ts'
import { explain } from './valkey-errors.ts'
import { type Script, scripts } from './valkey-scripts.ts'

export interface ValkeyOptions {
  host: string
  /** Default: 6379. */
  port?: number
  tls?: boolean
  /** The authority that signed the server's certificate, as PEM. Default: those that Node knows. */
  ca?: string | null
  username?: string | null
  /** A text, or a function that gives one for each connection: a token that expires. */
  password?: CachePasswordSetting
  /** Default: 0. */
  database?: number
}

/** The world around a link, so that a test can own it. */
export interface ValkeyWorld {
  clock: Clock
  openSocket(options: ValkeyOptions): Socket
}

const defaultPort = 6379
/** The server works, but does not take this: no memory, no disk for its snapshot, a script that runs for too long. */
const refusals = new Set(['OOM', 'MISCONF', 'BUSY'])
/** Ms without a call after which the connection is kept open: firewalls and address translation forget idle ones, in silence. */
const keepAliveDelay = 30_000
const probe = 'tipfy:probe'
/** Keys of the first and last slots of a cluster, and of some between: where it has shards, one of them is elsewhere. */
const probes = ['13959', '9', '6', '3', '24959'].map((n) => probe + n)

const systemWorld: ValkeyWorld = {
  clock: systemClock,
  openSocket: ({ host, port = defaultPort, tls = false, ca }) => {
    const socket = tls
      ? connectTls({ host, port, ...(isIP(host) === 0 && { servername: host }), ...(ca && { ca }) })
      : connectTcp({ host, port })
    return socket.setKeepAlive(true, keepAliveDelay)
  },
}

/** A link to one server. */
export function valkeyLink(options: ValkeyOptions, world = systemWorld): CacheLink {
  const { host, port = defaultPort, database = 0 } = options
  const passwords = new Passwords(options.password, world.clock)
  const open = (timeout: number) => ValkeyConnection.open(options, passwords, world, timeout)
  return {
    name: `${hostInUrl(host)}:${port}${database === 0 ? '' : `/${database}`}`,
    prepare: () => passwords.prepare(),
    connect: open,
    async describe(timeout) {
      const connection = await open(timeout)
      try {
        return await withDeadline(world.clock, timeout, connection.describe())
      } finally {
        connection.close()
      }
    },
  }
}

interface Waiting {
  resolve: (reply: string | number | null) => void
  reject: (error: Error) => void
}

class ValkeyConnection implements CacheConnection {
  readonly #name: string
  readonly #isTls: boolean
  readonly #socket: Socket
  readonly #reader = new ReplyReader()
  /** The commands under way: the server replies in their order. */
  readonly #waiting: Waiting[] = []
  #next = 0
  #lost: Error | null = null
  #ready = false
  readonly #prefix = randomBytes(12).toString('base64url')
  #stores = 0
  #endRenewal = () => {}

  static async open(
    options: ValkeyOptions,
    passwords: Passwords,
    world: ValkeyWorld,
    timeout: number,
  ): Promise<ValkeyConnection> {
    const password = await passwords.take()
    const connection = new ValkeyConnection(options, world)
    try {
      await withDeadline(world.clock, timeout, connection.#greet(options, password))
      if (connection.#lost !== null) throw connection.#lost
    } catch (error) {
      connection.close()
      throw explain(error, connection.#isTls)
    }
    connection.#ready = true
    connection.#endRenewal = passwords.renew((next) => connection.#authenticate(options, next).catch(() => {}))
    return connection
  }

  private constructor(options: ValkeyOptions, world: ValkeyWorld) {
    const { host, port = defaultPort, tls = false } = options
    this.#name = `${host}:${port}`
    this.#isTls = tls
    this.#socket = world.openSocket(options)
    this.#socket.setNoDelay(true)
    this.#socket.on('data', (chunk: Buffer) => this.#take(chunk))
    this.#socket.on('error', (error) => this.#fail(error))
    this.#socket.on('close', () => this.#fail(new Error('the connection was lost')))
  }

  async #authenticate({ username }: ValkeyOptions, password: string): Promise<void> {
    await this.#send(username ? ['AUTH', username, password] : ['AUTH', password])
  }

  /** All in one round trip: the server replies in order, and the first error is the one that counts. */
  async #greet(options: ValkeyOptions, password: string | null): Promise<void> {
    const { database = 0 } = options
    await Promise.all([
      ...(password ? [this.#authenticate(options, password)] : []),
      ...(database === 0 ? [] : [this.#send(['SELECT', String(database)])]),
      // Fails for a replica, missing rights, a server too old for such scripts, or another kind of server.
      ...Object.values(scripts).map((script) => this.#load(script)),
      // Fails for a shard of several.
      ...probes.map((key) => this.get(key)),
    ])
  }

  /** Runs a script by its text, on a key that is no session's; from then on the server knows it. */
  async #load({ name, text }: Script): Promise<void> {
    try {
      const reply = await this.#send(['EVAL', text, '1', probe, 'probe', '', '1000', 'probe'])
      if (name === scripts.get.name) entryOf(reply)
    } catch (error) {
      const judged = this.#judge(error)
      if (!(judged instanceof CacheRefused)) throw judged // it is full, perhaps for a moment
    }
  }

  get alive(): boolean {
    return this.#lost === null
  }

  async get(key: string): Promise<Entry | null> {
    return entryOf(await this.#run(scripts.get, key))
  }

  async look(key: string, value: string, seconds: number): Promise<Looked> {
    const token = this.#newToken()
    try {
      const reply = await this.#run(scripts.look, key, token, value, String(seconds * 1000))
      return reply === 1 ? { added: token } : { entry: entryOf(reply)! }
    } catch (error) {
      if (!(error instanceof CacheRefused)) throw error
      const entry = await this.get(key) // a full server still gives what it has
      return entry === null ? { added: null } : { entry }
    }
  }

  add(key: string, value: string, seconds: number): Promise<CasId | null> {
    return this.#store(scripts.add, key, value, seconds)
  }

  replace(key: string, value: string, seconds: number, cas: CasId): Promise<CasId | null> {
    return this.#store(scripts.replace, key, value, seconds, cas as string)
  }

  async delete(key: string, cas?: CasId): Promise<boolean> {
    return (await this.#run(scripts.delete, key, ...(cas === undefined ? [] : [cas as string]))) === 1
  }

  /** Returns kind, version, role and replicas of the server, and the rights that the connection has shown. */
  async describe(): Promise<string[]> {
    const info = String(await this.#send(['INFO']))
    const field = (name: string) => new RegExp(`^${name}:(.*?)\r?$`, 'm').exec(info)?.[1]
    const valkey = field('valkey_version')
    const kind = valkey === undefined ? `Redis ${field('redis_version')}` : `Valkey ${valkey}`
    const replicas = Number(field('connected_slaves') ?? 0)
    const others = replicas === 0 ? 'no replicas' : replicas === 1 ? '1 replica' : `${replicas} replicas`
    return [`${kind}, primary, ${others}`, 'its user has the rights that sessions need']
  }

  close(): void {
    this.#fail(new Error('the connection was lost'))
  }

  async #store(script: Script, key: string, value: string, seconds: number, ...more: string[]): Promise<CasId | null> {
    const token = this.#newToken()
    const stored = await this.#run(script, key, token, value, String(seconds * 1000), ...more)
    return stored === 1 ? token : null
  }

  #run(script: Script, key: string, ...args: string[]): Promise<string | number | null> {
    if (!steps.hasSubscribers || !this.#ready) return this.#evaluate(script, key, args)
    return traced('cache', `${script.name} ${this.#name}`, () => this.#evaluate(script, key, args), 'redis')
  }

  async #evaluate(script: Script, key: string, args: string[]): Promise<string | number | null> {
    let why: string
    try {
      return await this.#send(['EVALSHA', script.digest, '1', key, ...args])
    } catch (error) {
      why = error instanceof ReplyError ? error.code : ''
      // After a restart, a promotion or SCRIPT FLUSH; or another program has put a list there. Nothing has been stored then.
      if (why !== 'NOSCRIPT' && why !== 'WRONGTYPE') throw this.#judge(error)
    }
    try {
      if (why === 'WRONGTYPE') await this.#send(['DEL', key])
      return await this.#send(['EVAL', script.text, '1', key, ...args])
    } catch (error) {
      throw this.#judge(error)
    }
  }

  /** Turns an error of a call into ours: after most of them the server is of no use, and the next connection may find another. */
  #judge(error: unknown): unknown {
    if (!(error instanceof ReplyError)) return error
    if (refusals.has(error.code)) return new CacheRefused(error.message, { cause: error })
    const explained = explain(error, this.#isTls)
    this.#fail(explained)
    return explained
  }

  /** A name that no other entry has. A read makes one as well, for it may become a lease: it must cost little. */
  #newToken(): string {
    this.#stores++
    return this.#prefix + this.#stores.toString(36)
  }

  #send(words: readonly string[]): Promise<string | number | null> {
    if (this.#lost !== null) return Promise.reject(this.#lost)
    // The calls of one turn of the event loop are sent together: a write to a socket costs more than the rest of a call.
    if (this.#socket.writableCorked === 0) {
      this.#socket.cork()
      setImmediate(uncork, this.#socket)
    }
    this.#socket.write(encodeCommand(words))
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }))
  }

  #take(chunk: Buffer): void {
    try {
      for (const reply of this.#reader.push(chunk)) this.#settle(reply)
    } catch (error) {
      this.#fail(error as Error)
    }
  }

  #settle(reply: Reply): void {
    const waiting = this.#waiting[this.#next]
    if (waiting === undefined) throw new Error('it replied to what was not asked')
    this.#next++
    // Removed in blocks: to shift a long list at each reply would cost more than the reply.
    if (this.#next >= 1024 || this.#next === this.#waiting.length) {
      this.#waiting.splice(0, this.#next)
      this.#next = 0
    }
    if (reply instanceof ReplyError) waiting.reject(reply)
    else waiting.resolve(reply)
  }

  #fail(error: Error): void {
    if (this.#lost !== null) return
    this.#lost = error
    this.#endRenewal()
    this.#socket.destroy()
    for (const { reject } of this.#waiting.splice(this.#next)) reject(error)
    this.#next = 0
  }
}

/** Splits `<token> <value>`. */
function entryOf(reply: string | number | null): Entry | null {
  if (reply === null) return null
  const space = typeof reply === 'string' ? reply.indexOf(' ') : -1
  if (space === -1) throw new Error('it does not speak RESP2 as Valkey does')
  const text = reply as string
  return { value: text.slice(space + 1), cas: text.slice(0, space) }
}

function uncork(socket: Socket): void {
  socket.uncork()
}
