// A real server on a free port, for what only sockets show; and raw bytes to it and back.
import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { HTTPException, InternalServerError } from '../../lib/http/exceptions.ts'
import { Request } from '../../lib/http/request/request.ts'
import { defaultRequestSettings, type RequestSettings } from '../../lib/http/request/settings.ts'
import { makeResponse } from '../../lib/http/response/convert.ts'
import { Response } from '../../lib/http/response/response.ts'
import { sendResponse } from '../../lib/http/response/send.ts'

export interface Live {
  url: string
  port: number
  server: Server
  /** The errors of handling and sending, apart from HTTP errors, in order. */
  failures: unknown[]
  /** The next of them. */
  failure(): Promise<unknown>
  close(): Promise<void>
}

export type Handle = (request: Request, response: Response) => unknown

/** The part of an application that belongs to lib/http: handle, convert, send. */
export function listener(
  handle: Handle,
  settings: Partial<RequestSettings> = {},
  failures: unknown[] = [],
): RequestListener {
  const shared = { ...defaultRequestSettings, ...settings }
  return async (incoming: IncomingMessage, outgoing) => {
    const request = new Request(incoming, shared, outgoing)
    const failed = (error: unknown) => {
      const known = error instanceof HTTPException ? error : new InternalServerError(undefined, { cause: error })
      return known.toResponse(request)
    }
    let response = new Response()
    try {
      response = await makeResponse(await handle(request, response), response, request)
    } catch (error) {
      if (!(error instanceof HTTPException)) failures.push(error)
      response = failed(error)
    }
    try {
      await sendResponse(response, request, outgoing)
    } catch (error) {
      failures.push(error)
      if (outgoing.headersSent) outgoing.destroy()
      else await sendResponse(failed(error), request, outgoing)
    }
  }
}

export async function live(handle: Handle, settings?: Partial<RequestSettings>): Promise<Live> {
  const failures: unknown[] = []
  const server = createServer(listener(handle, settings, failures))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    port,
    server,
    failures,
    failure: async () => {
      while (failures.length === 0) await new Promise((resolve) => setImmediate(resolve))
      return failures.shift()
    },
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** Sends `bytes` on a new connection and gives all that comes back until the server ends it. */
export async function raw(port: number, ...pieces: (string | Buffer)[]): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  for (const piece of pieces) socket.write(piece)
  return (await received(socket)).toString('latin1')
}

export async function received(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  socket.on('error', () => {})
  await new Promise((resolve) => socket.once('close', resolve))
  return Buffer.concat(chunks)
}
