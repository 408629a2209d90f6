// The engine as a gRPC server, for any Datastore client that honours DATASTORE_EMULATOR_HOST. One port serves both: HTTP/2
// connections go to gRPC, HTTP/1 ones to a plain server whose `GET /` says Ok.
import { type AddressInfo, createServer, type Socket } from 'node:net'
import type { ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js'
import { TipfyError } from '../errors.ts'
import { createServer as createHttpServer } from '../node-http.ts'
import { Engine, type EngineOptions } from './embedded/engine.ts'
import { asStatus } from './embedded/status.ts'
import { messageTypes, read, write } from './messages.ts'

/** Where a local Datastore listens, and where its data is. */
export interface DatastoreServerOptions extends EngineOptions {
  /** 8081 by default; 0 takes any free port. */
  port?: number
  /** 127.0.0.1 by default: whoever reaches the port may read and write everything. */
  host?: string
}

/** A local Datastore that listens. */
export interface DatastoreServer {
  host: string
  port: number
  /** Ends the connections and closes the data. */
  close(): Promise<void>
}

const calls = {
  Lookup: 'lookup',
  RunQuery: 'runQuery',
  RunAggregationQuery: 'runAggregationQuery',
  BeginTransaction: 'beginTransaction',
  Commit: 'commit',
  Rollback: 'rollback',
  AllocateIds: 'allocateIds',
  ReserveIds: 'reserveIds',
} as const satisfies Record<string, keyof Engine>

const HTTP2_PREFACE = 'PRI'
/** A little over Datastore's 10 MiB, so that the engine itself can refuse and say why. */
const MAX_MESSAGE = 12 * 1024 * 1024

/** Serves a Datastore; settles once it listens. */
export async function startDatastoreServer(options: DatastoreServerOptions = {}): Promise<DatastoreServer> {
  const { port = 8081, host = '127.0.0.1', ...engineOptions } = options
  const { Server, ServerCredentials } = await import('@grpc/grpc-js')
  const engine = new Engine(engineOptions)
  const grpc = new Server({ 'grpc.max_receive_message_length': MAX_MESSAGE, 'grpc.max_send_message_length': -1 })
  grpc.addService(definition(), implementation(engine))
  const injector = grpc.createConnectionInjector(ServerCredentials.createInsecure())
  const http = createHttpServer((request, response) => {
    const health = request.method === 'GET' && request.url === '/'
    response.writeHead(health ? 200 : 404, { 'content-type': 'text/plain' }).end(health ? 'Ok\n' : 'Not Found\n')
  })
  const sockets = new Set<Socket>()
  const listener = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    socket.once('error', () => socket.destroy())
    peek(socket, HTTP2_PREFACE.length, (start) => {
      if (start === HTTP2_PREFACE) injector.injectConnection(socket)
      else http.emit('connection', socket)
    })
  })
  try {
    await new Promise<void>((resolve, reject) => {
      listener.once('error', reject)
      listener.listen(port, host, resolve)
    })
  } catch (error) {
    engine.close()
    const { code } = error as { code?: string }
    if (code === 'EADDRINUSE') throw new TipfyError('TIPFY_E_PORT_IN_USE', { port, host, other: port + 1 })
    throw code === 'EACCES' ? new TipfyError('TIPFY_E_PORT_DENIED', { port, host }) : error
  }
  return {
    host,
    port: (listener.address() as AddressInfo).port,
    async close() {
      const closed = new Promise<void>((resolve) => listener.close(() => resolve()))
      grpc.forceShutdown()
      for (const socket of sockets) socket.destroy()
      await closed
      engine.close()
    },
  }
}

/** Tells how a connection begins, and leaves it as if nothing had been read. */
function peek(socket: Socket, length: number, told: (start: string) => void): void {
  let read = Buffer.alloc(0)
  const more = (): void => {
    const chunk: Buffer | null = socket.read()
    if (!chunk) return
    read = Buffer.concat([read, chunk])
    if (read.length < length) return
    socket.off('readable', more)
    socket.unshift(read)
    told(read.toString('latin1', 0, length))
  }
  socket.on('readable', more)
}

function definition(): ServiceDefinition {
  const types = messageTypes()
  const methods = Object.keys(calls).map((name) => [
    name,
    {
      path: `/google.datastore.v1.Datastore/${name}`,
      requestStream: false,
      responseStream: false,
      requestDeserialize: (bytes: Buffer) => read(types[`${name}Request`]!, bytes),
      requestSerialize: (plain: object) => write(types[`${name}Request`]!, plain),
      responseSerialize: (plain: object) => write(types[`${name}Response`]!, plain),
      responseDeserialize: (bytes: Buffer) => read(types[`${name}Response`]!, bytes),
    },
  ])
  return Object.fromEntries(methods)
}

interface Call {
  request: never
  getDeadline(): Date | number
}

type Answer = (error: { code: number; details: string } | null, response?: object) => void

function implementation(engine: Engine): UntypedServiceImplementation {
  const handlers = Object.entries(calls).map(([name, method]) => [
    name,
    async (call: Call, answer: Answer) => {
      try {
        answer(null, await engine[method](call.request, timeLeft(call)))
      } catch (error) {
        answer(asStatus(error))
      }
    },
  ])
  return Object.fromEntries(handlers)
}

function timeLeft(call: Pick<Call, 'getDeadline'>): number | undefined {
  const deadline = Number(call.getDeadline())
  return Number.isFinite(deadline) ? deadline - Date.now() : undefined
}
