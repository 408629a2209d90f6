// The same calls over HTTP/1, `POST /v1/projects/shop:lookup`, with protobuf or JSON bodies: some languages' clients use only
// that. `GET /` shows scripts that the server is up.
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Target } from '../engine/protocol/messages.ts'
import { asStatus, type Code, invalid, type StatusError } from '../engine/protocol/status.ts'
import { type Call, decoded, received, unzipped } from './calls.ts'
import { type JsonForm, jsonForm } from './proto-json.ts'
import { allowOrigin, allowPreflight, rejectionOf } from './web-guard.ts'

const pathPattern = /^\/v1\/projects\/([^/:?]+):(\w+)(?:\?|$)/
const protobufType = 'application/x-protobuf'
const jsonType = 'application/json; charset=UTF-8'

/** The HTTP statuses of gRPC's codes; 500 for others. */
const statuses: Partial<Record<Code, number>> = {
  1: 499,
  3: 400,
  4: 504,
  5: 404,
  6: 409,
  7: 403,
  8: 429,
  9: 400,
  10: 409,
  11: 400,
  12: 501,
  14: 503,
}

/** Options of the HTTP front. */
export interface RestOptions {
  /** Host names that requests may carry, beside the names and addresses of this machine. */
  allowHost?: readonly string[]
  /** Deletes all data: `POST /reset`. */
  reset(): Promise<void>
}

/** Returns a listener that serves an engine's calls. */
export function restListener(
  calls: ReadonlyMap<string, Call>,
  { allowHost = [], reset }: RestOptions,
): RequestListener {
  // Loaded at the first request that needs it.
  let form: JsonForm | undefined
  return (request, response) => {
    const { method, headers, url = '' } = request
    // HEAD is how some scripts wait for a server.
    if ((method === 'GET' || method === 'HEAD') && /^\/(?:\?|$)/.test(url)) {
      sendText(response, 'Ok\n')
      return
    }
    const rejection = rejectionOf(request, allowHost)
    if (rejection) {
      sendError(response, rejection.status, rejection.message)
      return
    }
    allowOrigin(request, response)
    const [, project = '', called = ''] = pathPattern.exec(url) ?? []
    const name = called.charAt(0).toUpperCase() + called.slice(1)
    const call = calls.get(name)
    if (method === 'OPTIONS') allowPreflight(request, response)
    else if (method === 'POST' && url === '/reset') {
      reset().then(
        () => sendText(response, 'Reset\n'),
        (error) => sendStatus(response, asStatus(error)),
      )
    } else if (method !== 'POST' || !call) sendError(response, 404, `There is no ${method} ${url}.`)
    else if (headers['content-type']?.startsWith(protobufType)) {
      handle(request, response, project, call, protobufBodies(call))
    } else {
      form ??= jsonForm()
      handle(request, response, project, call, jsonBodies(name, form))
    }
  }
}

function sendText(response: ServerResponse, text: string): void {
  response.writeHead(200, { 'content-type': 'text/plain' }).end(text)
}

function sendError(response: ServerResponse, status: 403 | 404 | 415, message: string): void {
  const codeName = { 403: 'PERMISSION_DENIED', 404: 'NOT_FOUND', 415: 'INVALID_ARGUMENT' }[status]
  response.writeHead(status, { 'content-type': jsonType }).end(errorText(status, message, codeName))
}

function sendStatus(response: ServerResponse, { code, codeName, details }: StatusError): void {
  const status = statuses[code] ?? 500
  response.writeHead(status, { 'content-type': jsonType }).end(errorText(status, details, codeName))
}

function errorText(code: number, message: string, status: string): string {
  return JSON.stringify({ error: { code, message, status } })
}

/** One way to write bodies. */
interface Bodies {
  type: string
  request(body: Buffer): object
  response(message: object): Uint8Array | string
  error(error: StatusError, status: number): Uint8Array | string
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  project: string,
  call: Call,
  bodies: Bodies,
): Promise<void> {
  const send = (status: number, body: Uint8Array | string): void => {
    response.writeHead(status, { 'content-type': bodies.type }).end(body)
  }
  try {
    const projectId = decoded(() => decodeURIComponent(project))
    const body = await received(request)
    const message: Target = bodies.request(request.headers['content-encoding'] === 'gzip' ? unzipped(body) : body)
    if (message.projectId && message.projectId !== projectId)
      throw invalid(`The project of the path is "${projectId}", and that of the body is "${message.projectId}".`)
    send(200, bodies.response(await call.run({ ...message, projectId })))
  } catch (thrown) {
    const error = asStatus(thrown)
    const status = statuses[error.code] ?? 500
    send(status, bodies.error(error, status))
  }
}

const protobufBodies = (call: Call): Bodies => ({
  type: protobufType,
  request: call.decode,
  response: call.encode,
  // A google.rpc.Status, which is not among the client's messages: field 1 is its code, 2 its text.
  error({ code, details }) {
    const text = Buffer.from(details)
    const length = text.length < 128 ? [text.length] : [(text.length & 127) | 128, text.length >> 7]
    return Buffer.concat([Buffer.from([0x08, code, 0x12, ...length]), text])
  },
})

function jsonBodies(name: string, form: JsonForm): Bodies {
  return {
    type: jsonType,
    request: (body) => decoded(() => form.read(`${name}Request`, body.toString() || '{}')),
    response: (message) => form.write(`${name}Response`, message),
    error: ({ codeName, details }, status) => errorText(status, details, codeName),
  }
}
