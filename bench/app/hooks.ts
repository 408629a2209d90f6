// The one hook of every case: it looks at the request and lets it pass.
import { type Request, Response } from 'tipfy'

export function guard(request: Request): Response | undefined {
  if (request.headers.has('x-closed')) return new Response('Closed.', { status: 503 })
  return undefined
}
