// memcached with check-and-set, over memjs: the package has neither gets nor cas, but sends any request and returns the whole
// response. One memjs client is one connection here, dropped when it is lost: reconnecting would send an id of one server
// process to the next, and read a new response after half of an old one.
import type { Socket } from 'node:net'
import memjs from 'memjs'
import { systemClock, withDeadline } from '../../../internal/clock.ts'
import { hostInUrl } from '../../../internal/own-host.ts'
import { setImmediate } from '../../../internal/timers.ts'
import { steps, traced } from '../../../internal/tracing.ts'
import type { CachePasswordSetting } from '../config/cache-servers.ts'
import { Passwords } from './passwords.ts'
import {
  type CacheConnection,
  type CacheLink,
  CacheRefused,
  CacheUnusable,
  type CasId,
  remediesOfAddress,
} from './ports.ts'

export interface MemcachedOptions {
  host: string
  port: number
  /** For servers that want SASL. */
  username?: string | null
  password?: CachePasswordSetting
}

interface Credentials {
  username: string | null | undefined
  password: string | null
}

/** A link to one server. */
export function memcachedLink({ host, port, username, password }: MemcachedOptions): CacheLink {
  const passwords = new Passwords(password, systemClock)
  const open = async (timeout: number) =>
    Connection.open(host, port, { username, password: await passwords.take() }, timeout)
  return {
    name: `${hostInUrl(host)}:${port}`,
    prepare: () => passwords.prepare(),
    connect: open,
    async describe(timeout) {
      const connection = await open(timeout)
      try {
        return [await withDeadline(systemClock, timeout, connection.describe())]
      } finally {
        connection.close()
      }
    },
  }
}

const remedy = ': Valkey and Redis are valkey://host:port, with TLS valkeys://'

const op = { get: 0x00, add: 0x02, replace: 0x03, delete: 0x04, noop: 0x0a, version: 0x0b }
const names = new Map<number, string>(Object.entries(op).map(([name, code]) => [code, name]))
type Extras = Uint8Array
const none = new Uint8Array()
const ok = 0x00
const missing = 0x01
const exists = 0x02

interface Reply {
  header: { magic: number; status: number; cas: Buffer }
  val: Buffer
}

interface MemjsServer {
  username: string | undefined
  password: string | undefined
  connected: boolean
  _socket: Socket | undefined
  responseBuffer: Buffer
  responseHandler(chunk: Buffer): void
}

/** The mark at the start of each reply. */
const replyMagic = 0x81
const maxReply = 16 * 1024 * 1024

class Connection implements CacheConnection {
  readonly #name: string
  readonly #client: memjs.Client
  readonly #server: MemjsServer
  #socket: Socket | undefined
  /** Rejects the calls under way when the connection is lost: memjs would leave them pending. */
  readonly #pending = new Set<(error: Error) => void>()
  #sequence = 0
  #closed = false

  static async open(host: string, port: number, options: Credentials, timeout: number): Promise<Connection> {
    const connection = new Connection(host, port, options)
    try {
      await withDeadline(systemClock, timeout, connection.#establish())
    } catch (error) {
      // A server that hangs still accepts: each try would leave a socket open for as long as that lasts.
      connection.close()
      const { message, code = '' } = error as NodeJS.ErrnoException
      if (/authentication failed/i.test(message)) throw new CacheUnusable(message, { cause: error })
      const ofAddress = remediesOfAddress[code]
      if (ofAddress !== undefined) throw new Error(`${message}: ${ofAddress}`, { cause: error })
      throw /^no response|connection was lost|ECONNRESET|EPIPE/.test(message)
        ? new Error(`${message}${remedy}`, { cause: error })
        : error
    }
    return connection
  }

  private constructor(host: string, port: number, { username, password }: Credentials) {
    this.#name = `${hostInUrl(host)}:${port}`
    // Longer than any deadline of ours: two time-outs of one call would interfere.
    const server = new memjs.Server(host, port, '', '', { timeout: 3600, conntimeout: 3600, keepAlive: true })
    this.#server = server as unknown as MemjsServer
    this.#server.username = username ?? undefined // not what the environment says
    this.#server.password = password ?? undefined
    const handle = this.#server.responseHandler
    this.#server.responseHandler = (chunk) => {
      handle.call(this.#server, chunk)
      this.#checkRest()
    }
    // One try: a check-and-set sent again would report its own success as a failure.
    const silent = { log: () => {} }
    this.#client = new memjs.Client([server], { retries: 1, retry_delay: 0, failover: false, logger: silent })
  }

  get alive(): boolean {
    const socket = this.#socket
    return (
      !this.#closed &&
      socket !== undefined &&
      socket === this.#server._socket &&
      socket.writable &&
      this.#server.connected
    )
  }

  async get(key: string): Promise<{ value: string; cas: CasId } | null> {
    const { header, val } = await this.#ask(op.get, key)
    if (header.status === missing) return null
    if (header.status !== ok) throw rejected('get', header.status)
    return { value: val.toString(), cas: header.cas }
  }

  add(key: string, value: string, seconds: number): Promise<CasId | null> {
    return this.#store(op.add, key, value, seconds)
  }

  replace(key: string, value: string, seconds: number, cas: CasId): Promise<CasId | null> {
    return this.#store(op.replace, key, value, seconds, cas as Buffer)
  }

  async delete(key: string, cas?: CasId): Promise<boolean> {
    const { header } = await this.#ask(op.delete, key, none, '', cas as Buffer | undefined)
    if (header.status === ok) return true
    if (header.status === missing || header.status === exists) return false
    throw rejected('delete', header.status)
  }

  async describe(): Promise<string> {
    const { val } = await this.#ask(op.version, '')
    return `memcached ${val}`
  }

  close(): void {
    this.#closed = true
    this.#server._socket?.destroy()
    this.#lost()
  }

  async #store(opcode: number, key: string, value: string, seconds: number, cas?: Buffer): Promise<CasId | null> {
    const extras = Buffer.alloc(8) // flags, expiry
    extras.writeUInt32BE(seconds, 4)
    const { header } = await this.#ask(opcode, key, extras, value, cas)
    if (header.status === ok) return Buffer.from(header.cas)
    if (header.status === missing || header.status === exists) return null
    throw rejected(opcode === op.add ? 'add' : 'cas', header.status)
  }

  async #establish(): Promise<void> {
    const replied = this.#perform(op.noop, '', none, '')
    this.#server._socket?.once('close', () => this.#lost())
    const { header } = await replied
    if (header.magic !== replyMagic || header.status !== ok) throw noMemcached()
    this.#socket = this.#server._socket
  }

  /** Ends a connection to what is no memcached: memjs would keep all that comes, and copy it with each piece. */
  #checkRest(): void {
    const rest = this.#server.responseBuffer
    const isReply = rest.length === 0 || rest[0] === replyMagic
    if (isReply && (rest.length < 12 || rest.readUInt32BE(8) <= maxReply)) return
    this.#server._socket?.destroy(noMemcached())
  }

  #ask(opcode: number, key: string, extras: Extras = none, value = '', cas?: Buffer): Promise<Reply> {
    if (!this.alive) return Promise.reject(new Error('the connection was lost'))
    return steps.hasSubscribers
      ? this.#askTraced(opcode, key, extras, value, cas)
      : this.#perform(opcode, key, extras, value, cas)
  }

  #askTraced(...args: [opcode: number, key: string, extras: Extras, value: string, cas?: Buffer]) {
    return traced('cache', `${names.get(args[0])} ${this.#name}`, () => this.#perform(...args), 'memcached')
  }

  #perform(opcode: number, key: string, extras: Extras, value: string, cas?: Buffer): Promise<Reply> {
    // memjs reads it back as a signed number.
    this.#sequence = this.#sequence === 0x7fffffff ? 1 : this.#sequence + 1
    const request = requestOf(opcode, this.#sequence, key, extras, value, cas)
    this.#gather()
    return new Promise((resolve, reject) => {
      this.#pending.add(reject)
      const settle = (error: unknown, reply: Reply) => {
        this.#pending.delete(reject)
        if (error)
          reject(typeof error === 'string' ? new Error(error) : error) // a failed login gives a string
        else resolve(reply)
      }
      this.#client.perform(key, request, this.#sequence, settle as (...args: unknown[]) => void, 1)
    })
  }

  /** Sends the calls of one turn of the event loop together: a write to a socket costs more than the rest of a call. */
  #gather(): void {
    const socket = this.#socket
    if (socket === undefined || socket.writableCorked > 0) return
    socket.cork()
    setImmediate(uncork, socket)
  }

  #lost(): void {
    for (const reject of this.#pending) reject(new Error('the connection was lost'))
    this.#pending.clear()
  }
}

/** As memjs.Utils.makeRequestBuffer, in one buffer instead of seven, and with the id of a check-and-set. */
function requestOf(opcode: number, sequence: number, key: string, extras: Extras, value: string, cas?: Buffer): Buffer {
  const [keyBytes, valueBytes] = [Buffer.byteLength(key), Buffer.byteLength(value)]
  const body = extras.length + keyBytes + valueBytes
  const request = Buffer.allocUnsafe(24 + body).fill(0, 0, 24)
  request[0] = 0x80
  request[1] = opcode
  request.writeUInt16BE(keyBytes, 2)
  request[4] = extras.length
  request.writeUInt32BE(body, 8)
  request.writeUInt32BE(sequence, 12)
  cas?.copy(request, 16)
  request.set(extras, 24)
  request.write(key, 24 + extras.length)
  request.write(value, 24 + extras.length + keyBytes)
  return request
}

function uncork(socket: Socket): void {
  socket.uncork()
}

function noMemcached(): CacheUnusable {
  return new CacheUnusable(
    `it does not speak the memcached binary protocol (start memcached without -B ascii)${remedy}`,
  )
}

function rejected(what: string, status: number): CacheRefused {
  return new CacheRefused(`${what} was rejected with status ${status}`)
}
