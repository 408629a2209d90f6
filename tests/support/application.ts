// Starts an application of a few rules on a real server and asks it things over HTTP.
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { type Config, makeApp, type Rule, type RunningServer, serve } from 'tipfy'

export interface Answer {
  status: number
  headers: IncomingHttpHeaders
  text: string
}

export interface Running extends RunningServer {
  app: ReturnType<typeof makeApp>
  ask(path: string, options?: AskOptions): Promise<Answer>
}

export interface AskOptions {
  method?: string
  headers?: Record<string, string>
  body?: string
}

/** One request on a connection of its own. */
export function ask(
  port: number,
  path: string,
  { method = 'GET', headers = {}, body }: AskOptions = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest({ port, host: '127.0.0.1', path, method, headers, agent: false }, (incoming) => {
      const chunks: Buffer[] = []
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
      incoming.on('error', reject)
      incoming.on('end', () => {
        resolve({ status: incoming.statusCode!, headers: incoming.headers, text: Buffer.concat(chunks).toString() })
      })
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

/** Serves rules whose handlers are classes; `config` as in config.ts. */
export async function start(rules: readonly Rule[], config: Config = {}, root = import.meta.dirname): Promise<Running> {
  const app = makeApp(
    { ...config, tipfy: { dev: false, logLevel: 'silent', accessLog: false, urls: () => rules, ...config.tipfy } },
    { root },
  )
  const running = await serve(app, { port: 0, host: '127.0.0.1' })
  return { ...running, app, ask: (path, options) => ask(running.port, path, options) }
}
