// The access log: a line for each response. For a person in development; in production JSON, written in batches, with Cloud
// Logging's own field names, and the trace, on Google Cloud.
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { styleText } from 'node:util'
import { logFieldsOf } from '../http/request/log-fields.ts'
import { compileTrust, remoteAddressOf } from '../http/request/origin.ts'
import type { Trust, TrustedProxies } from '../http/request/settings.ts'
import { json, jsonLine, standardWriter } from '../internal/log.ts'
import { escapeControls } from '../internal/redact.ts'
import { googleProject, traceFields } from './google-cloud.ts'

/** A response after its last byte. */
export interface Access {
  incoming: IncomingMessage
  status: number
  /** Bytes sent, headers included. */
  bytes: number
  milliseconds: number
  /** True if the client went away before it had everything. */
  aborted: boolean
}

export type WriteAccess = (access: Access) => void

/** Wraps a listener: `write` is called after each response. */
export function logged(listener: RequestListener, write: WriteAccess): RequestListener {
  return (incoming, outgoing) => {
    const begun = performance.now()
    const { socket } = incoming
    const before = socket.bytesWritten
    outgoing.on('close', function (this: ServerResponse) {
      write({
        incoming,
        status: this.statusCode,
        bytes: socket.bytesWritten - before,
        milliseconds: performance.now() - begun,
        aborted: !this.writableFinished,
      })
    })
    listener(incoming, outgoing)
  }
}

export interface AccessLogOptions {
  dev: boolean
  trustedProxies: TrustedProxies
  trustedHeaders: readonly string[]
  /** The project of Google Cloud; null: to be found out. */
  projectId: string | null
}

/** Opens the log on standard output. */
export async function openAccessLog(options: AccessLogOptions): Promise<{ write: WriteAccess; close: () => void }> {
  const output = standardWriter('output', options.dev)
  const close = output.flush
  if (options.dev) {
    // Requests of the console would only hide the application's own.
    const isConsole = ({ incoming }: Access) => incoming.url?.startsWith('/_tipfy/')
    return { write: (access) => isConsole(access) || output.write(`${humanLine(access)}\n`), close }
  }
  const fields = fieldsFor(
    compileTrust(options.trustedProxies, options.trustedHeaders),
    await googleProject(options.projectId),
  )
  return { write: (access) => output.write(jsonLine(levelOf(access), messageOf(access), fields(access))), close }
}

function levelOf({ status }: Access): 'info' | 'warn' | 'error' {
  return status >= 500 ? 'error' : status >= 400 ? 'warn' : 'info'
}

function messageOf({ incoming, status }: Access): string {
  return `${incoming.method} ${incoming.url} ${status}`
}

/** Makes the fields of a line; without Google Cloud `project` is null. */
export function fieldsFor(trust: Trust | null, project: string | null): (access: Access) => object {
  return ({ incoming, status, bytes, milliseconds, aborted }) => {
    const { method, url, headers, httpVersion } = incoming
    const remoteAddr = remoteAddressOf(incoming, trust)
    if (project === null) {
      const ms = Math.round(milliseconds * 1000) / 1000
      return {
        method,
        url,
        status,
        bytes,
        ms,
        remoteAddr,
        userAgent: headers['user-agent'],
        aborted: aborted || undefined,
        ...logFieldsOf(incoming),
      }
    }
    return {
      httpRequest: {
        requestMethod: method,
        requestUrl: url,
        status,
        responseSize: String(bytes),
        latency: `${(milliseconds / 1000).toFixed(6)}s`,
        remoteIp: remoteAddr,
        userAgent: headers['user-agent'],
        referer: headers.referer,
        protocol: `HTTP/${httpVersion}`,
      },
      ...traceFields(headers, project),
      aborted: aborted || undefined,
      ...logFieldsOf(incoming),
    }
  }
}

const colours = { 2: 'green', 3: 'cyan', 4: 'yellow', 5: 'red' } as const

/** `GET /cart 200 1.2 ms 340 B`, with colours on a terminal. */
export function humanLine(access: Access): string {
  const { status, bytes, milliseconds, aborted } = access
  const line = escapeControls(messageOf(access)).slice(0, -String(status).length)
  const colour = colours[Math.floor(status / 100) as 2] ?? 'white'
  const time = `${milliseconds.toFixed(1)} ms ${bytes} B${aborted ? ' (client went away)' : ''}`
  const own = Object.entries(logFieldsOf(access.incoming) ?? {}).map(([name, value]) => ` ${name}=${json(value)}`)
  return `${line}${styleText(colour, String(status))} ${styleText('dim', time)}${escapeControls(own.join(''))}`
}
