// Valkey, Redis and servers like them, over a bare socket: one connection, thrown away at the first failure. Nothing is
// queued, sent again or reconnected here, for a script that runs twice, or on another server, could bring back an old entry.
import { randomBytes } from 'node:crypto'
import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { systemClock, withDeadline } from '../../../internal/clock.ts'
import { steps, traced } from '../../../internal/tracing.ts'
import { type CacheConnection, type CacheLink, CacheRefused, type CasId } from './ports.ts'
import { encodeCommand, type Reply, ReplyError, ReplyReader } from './resp.ts'
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
  password?: string | (() => string | Promise<string>) | null
  /** Default: 0. */
  database?: number
}

const defaultPort = 6379
/** The server works, but does not take this: no memory, no disk for its snapshot, a script that runs for too long. */
const refusals = new Set(['OOM', 'MISCONF', 'BUSY'])
const probe = 'tipfy:probe'

/** A link to one server. */
export function valkeyLink(options: ValkeyOptions): CacheLink {
  const { host, port = defaultPort } = options
  const name = `${host.includes(':') ? `[${host}]` : host}:${port}`
  return {
    name,
    connect: (timeout) => ValkeyConnection.open(options, timeout),
    async describe(timeout) {
      const connection = await ValkeyConnection.open(options, timeout)
      try {
        return await connection.describe()
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
  readonly #socket: Socket
  readonly #reader = new ReplyReader()
  /** The commands under way: the server replies in their order. */
  readonly #waiting: Waiting[] = []
  #next = 0
  #lost: Error | null = null
  #ready = false

  static async open(options: ValkeyOptions, timeout: number): Promise<ValkeyConnection> {
    const password = typeof options.password === 'function' ? await options.password() : options.password
    const connection = new ValkeyConnection(options)
    try {
      await withDeadline(systemClock, timeout, connection.#greet(options, password))
      if (connection.#lost !== null) throw connection.#lost
    } catch (error) {
      connection.close()
      throw explain(error)
    }
    connection.#ready = true
    return connection
  }

  async #greet({ username, database = 0 }: ValkeyOptions, password: string | null | undefined): Promise<void> {
    if (password) await this.#send(username ? ['AUTH', username, password] : ['AUTH', password])
    if (database !== 0) await this.#send(['SELECT', String(database)])
    // Fails for a replica, missing rights, a server too old for such scripts, or another kind of server.
    await this.get(probe)
  }

  private constructor({ host, port = defaultPort, tls = false, ca }: ValkeyOptions) {
    this.#socket = tls
      ? connectTls({ host, port, ...(isIP(host) === 0 && { servername: host }), ...(ca && { ca }) })
      : connectTcp({ host, port })
    this.#socket.setNoDelay(true)
    this.#socket.on('data', (chunk: Buffer) => this.#take(chunk))
    this.#socket.on('error', (error) => this.#fail(error))
    this.#socket.on('close', () => this.#fail(new Error('the connection was lost')))
  }

  get alive(): boolean {
    return this.#lost === null
  }

  async get(key: string): Promise<{ value: string; cas: CasId } | null> {
    return entryOf(await this.#run(scripts.get, key))
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

  /** Returns kind, version, role and replicas of the server. */
  async describe(): Promise<string> {
    const info = String(await this.#send(['INFO']))
    const field = (name: string) => new RegExp(`^${name}:(.*?)\r?$`, 'm').exec(info)?.[1]
    const valkey = field('valkey_version')
    const kind = valkey === undefined ? `Redis ${field('redis_version')}` : `Valkey ${valkey}`
    const replicas = Number(field('connected_slaves') ?? 0)
    return `${kind}, primary, ${replicas === 0 ? 'no replicas' : replicas === 1 ? '1 replica' : `${replicas} replicas`}`
  }

  close(): void {
    this.#fail(new Error('the connection was lost'))
  }

  async #store(script: Script, key: string, value: string, seconds: number, ...more: string[]): Promise<CasId | null> {
    const token = randomBytes(12).toString('base64url')
    const stored = await this.#run(script, key, token, value, String(seconds * 1000), ...more)
    return stored === 1 ? token : null
  }

  #run(script: Script, key: string, ...args: string[]): Promise<string | number | null> {
    if (!steps.hasSubscribers || !this.#ready) return this.#evaluate(script, key, args)
    return traced('valkey', script.name, () => this.#evaluate(script, key, args))
  }

  async #evaluate(script: Script, key: string, args: string[]): Promise<string | number | null> {
    try {
      return await this.#send(['EVALSHA', script.digest, '1', key, ...args])
    } catch (error) {
      // After a restart, a promotion or SCRIPT FLUSH; nothing has run then.
      if (!(error instanceof ReplyError) || error.code !== 'NOSCRIPT') throw this.#judge(error)
    }
    try {
      return await this.#send(['EVAL', script.text, '1', key, ...args])
    } catch (error) {
      throw this.#judge(error)
    }
  }

  /** Turns an error of a call into ours: after most of them the server is of no use, and the next connection may find another. */
  #judge(error: unknown): unknown {
    if (!(error instanceof ReplyError)) return error
    if (refusals.has(error.code)) return new CacheRefused(error.message, { cause: error })
    this.#fail(error)
    return error
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
    this.#socket.destroy()
    for (const { reject } of this.#waiting.splice(this.#next)) reject(error)
    this.#next = 0
  }
}

/** Adds a remedy to the error of a failed connection, if the server gives none. */
function explain(error: unknown): unknown {
  if (!(error instanceof ReplyError)) return error
  const remedy = /can't (run this command|access)|NOPERM/.test(error.message)
    ? 'its user needs the rights ~tipfy:* +get +set +del +eval +evalsha +info'
    : remedies[error.code]
  return remedy === undefined ? error : new Error(`${error.message}: ${remedy}`, { cause: error })
}

const remedies: Readonly<Record<string, string>> = {
  READONLY: 'it is a replica; name the primary',
  NOTPRIMARY: 'it is a replica; name the primary',
  MOVED: 'it is part of a cluster; make an instance with cluster mode disabled',
  CROSSSLOT: 'it is part of a cluster; make an instance with cluster mode disabled',
  CLUSTERDOWN: 'it is part of a cluster; make an instance with cluster mode disabled',
  NOAUTH: 'set cachePassword',
  WRONGPASS: 'correct cacheUser and cachePassword',
}

/** Splits `<token> <value>`. */
function entryOf(reply: string | number | null): { value: string; cas: CasId } | null {
  if (typeof reply !== 'string') return null
  const space = reply.indexOf(' ')
  return { value: reply.slice(space + 1), cas: reply.slice(0, space) }
}

function uncork(socket: Socket): void {
  socket.uncork()
}
