// The page of `tipfy dev` while the application cannot start. It reloads each second, so that it goes away when the code is
// corrected.
import type { RequestListener, Server } from 'node:http'
import { html } from '../http/html.ts'
import { describeError, type ErrorDescription } from '../internal/describe-error.ts'
import { createServer } from '../internal/node-http.ts'

function page(line: string, stack: string): string {
  return String(html`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="refresh" content="1">
<title>The application cannot start</title>
<style>
  :root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif }
  body { max-width: 60rem; margin: 3rem auto; padding: 0 1rem }
  h1 { font-size: 1.3rem; border-left: .4rem solid light-dark(#c00, #f77); padding-left: .8rem }
  pre { overflow: auto; padding: 1rem; border: 1px solid #8886; border-radius: .5rem; font-size: .85rem }
</style>
<main>
<h1>The application cannot start</h1>
<p>${line}</p>
<pre tabindex="0" aria-label="Stack">${stack}</pre>
<p>This page looks again each second: correct the code, and the application is back.</p>
</main>
</html>
`)
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
    const body = wantsPage ? page(line, stack) : `${line}\n`
    const type = wantsPage ? 'text/html; charset=utf-8' : 'text/plain; charset=utf-8'
    outgoing.writeHead(500, { 'content-type': type, 'cache-control': 'no-store', connection: 'close' })
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
