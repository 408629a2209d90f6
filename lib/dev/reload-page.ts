// The page of `tipfy dev` while the application cannot start. It reloads each second, so that it goes away when the code is
// corrected.
import type { RequestListener, Server } from 'node:http'
import { html } from '../http/html.ts'
import { page } from '../http/http-exception.ts'
import { describeError, type ErrorDescription } from '../internal/describe-error.ts'
import { createServer } from '../internal/node-http.ts'
import { sourceStyle } from './source-style.ts'

function failurePage(line: string, stack: string): string {
  const body = html`<p>${line}</p>
<pre>${stack}</pre>
<p>This page looks again each second: correct the code, and the application is back.</p>`
  return page(500, 'The application cannot start', body, sourceStyle)
}

/** Responds to every request with the error that keeps the application from starting. */
export function failureListener(line: string, error: unknown): RequestListener {
  const causes: string[] = []
  for (let one: ErrorDescription | undefined = describeError(error); one !== undefined; one = one.cause) {
    causes.push(one.stack ?? one.message)
  }
  const stack = causes.join('\n\nCaused by: ')
  return (incoming, outgoing) => {
    const wantsPage = (incoming.headers.accept ?? '').includes('text/html')
    const body = wantsPage ? failurePage(line, stack) : `${line}\n`
    const type = wantsPage ? 'text/html; charset=utf-8' : 'text/plain; charset=utf-8'
    const headers = { 'content-type': type, 'cache-control': 'no-store', refresh: '1', connection: 'close' }
    outgoing.writeHead(500, headers)
    outgoing.end(incoming.method === 'HEAD' ? undefined : body)
  }
}

/** Serves the page on a port. */
export function serveFailure(line: string, error: unknown, port: number, host: string): Promise<Server> {
  const server = createServer(failureListener(line, error))
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => resolve(server))
  })
}
