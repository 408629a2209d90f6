// Runs the engine as a server, for any Datastore client that honours DATASTORE_EMULATOR_HOST. One port serves both protocols:
// HTTP/2 connections are gRPC; HTTP/1 ones carry the same calls as protobuf or JSON, and `GET /` responds Ok.
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { TipfyError } from '../../internal/errors.ts'
import { createServer as createHttpServer } from '../../internal/node-http.ts'
import { Engine, type EngineOptions } from '../engine/engine.ts'
import { callsOf } from './calls.ts'
import { grpcServer } from './grpc.ts'
import { restListener } from './rest.ts'

/** Options of a local Datastore: its address, and its data. */
export interface DatastoreServerOptions extends EngineOptions {
  /** Default 8081; 0 takes any free port. */
  port?: number
  /** Default 127.0.0.1: anyone who reaches the port can read and write everything. */
  host?: string
  /** Host names that HTTP requests may carry, such as that of a container; `localhost` and addresses always may. */
  allowHost?: readonly string[]
}

/** A local Datastore that is listening. */
export interface DatastoreServer {
  /** The address it listens on. */
  host: string
  /** The port it listens on, even if 0 was requested. */
  port: number
  /** Ends the connections and closes the data. */
  close(): Promise<void>
}

const http2Preface = 'PRI'

/** Starts a Datastore; settles once it listens. */
export async function startDatastoreServer(options: DatastoreServerOptions = {}): Promise<DatastoreServer> {
  const { port = 8081, host = '127.0.0.1', allowHost, ...engineOptions } = options
  const engine = new Engine(engineOptions)
  const calls = callsOf(engine)
  const [http, grpc] = [
    createHttpServer(restListener(calls, { allowHost, reset: () => engine.reset() })),
    grpcServer(calls),
  ]
  const sockets = new Set<Socket>()
  const listener = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    socket.once('error', () => socket.destroy())
    peek(socket, http2Preface.length, (start) => {
      const protocol = start === http2Preface ? grpc : http
      protocol.emit('connection', socket)
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
      for (const socket of sockets) socket.destroy()
      await closed
      engine.close()
    },
  }
}

/** Passes on the first bytes of a connection without consuming them. */
function peek(socket: Socket, length: number, callback: (start: string) => void): void {
  let read = Buffer.alloc(0)
  const more = (): void => {
    const chunk: Buffer | null = socket.read()
    if (!chunk) return
    read = Buffer.concat([read, chunk])
    if (read.length < length) return
    socket.off('readable', more)
    socket.unshift(read)
    callback(read.toString('latin1', 0, length))
  }
  socket.on('readable', more)
}
