// The access log: a line for each answer. For a person in development; in production JSON through pino, written in batches;
// with Cloud Logging's own field names, and the trace, on Google Cloud.
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { styleText } from 'node:util'
import { compileTrust, remoteAddressOf } from '../http/request/origin.ts'
import type { Trust, TrustedProxies } from '../http/request/settings.ts'
import { googleProject, traceFields } from './google-cloud.ts'

/** What is known of an answer when its connection is done with it. */
export interface Access {
  incoming: IncomingMessage
  status: number
  /** Bytes sent, headers included. */
  bytes: number
  milliseconds: number
  /** Whether the client went away before it had all. */
  aborted: boolean
}

export type WriteAccess = (access: Access) => void

/** A listener that does what `listener` does, and tells `write` of each answer. */
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
  /** The project of Google Cloud; null looks for it. */
  projectId: string | null
}

/** The writer for the way the application runs, and what writes the last lines out. */
export async function openAccessLog(options: AccessLogOptions): Promise<{ write: WriteAccess; close: () => void }> {
  if (options.dev) {
    // What is asked by the console is no news.
    const write = (access: Access) => access.incoming.url?.startsWith('/_tipfy/') || console.log(humanLine(access))
    return { write, close: () => {} }
  }
  const { pino } = await import('pino')
  const stream = pino.destination({ dest: 1, sync: false, minLength: 4096, periodicFlush: 1000 })
  const log = pino(
    {
      base: undefined,
      messageKey: 'message',
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ severity: severities[label] }) },
    },
    stream,
  )
  const fields = fieldsFor(compileTrust(options.trustedProxies), await googleProject(options.projectId))
  return {
    write: (access) => log[levelOf(access)](fields(access), messageOf(access)),
    close: () => stream.flushSync(),
  }
}

const severities: Record<string, string> = { info: 'INFO', warn: 'WARNING', error: 'ERROR' }

function levelOf({ status }: Access): 'info' | 'warn' | 'error' {
  return status >= 500 ? 'error' : status >= 400 ? 'warn' : 'info'
}

function messageOf({ incoming, status }: Access): string {
  return `${incoming.method} ${incoming.url} ${status}`
}

/** The fields of a line; `project` null is not Google Cloud. */
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
    }
  }
}

const colours = { 2: 'green', 3: 'cyan', 4: 'yellow', 5: 'red' } as const

/** `GET /cart 200 1.2 ms 340 B`, with colours on a terminal. */
export function humanLine(access: Access): string {
  const { status, bytes, milliseconds, aborted } = access
  const line = messageOf(access).slice(0, -String(status).length)
  const colour = colours[Math.floor(status / 100) as 2] ?? 'white'
  const time = `${milliseconds.toFixed(1)} ms ${bytes} B${aborted ? ' (client went away)' : ''}`
  return `${line}${styleText(colour, String(status))} ${styleText('dim', time)}`
}
