// iron-session on bare node:http: all data in a sealed cookie.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { getIronSession } from 'iron-session'

interface Data {
  user?: string
  products?: string[]
  visits?: number
}

const options = {
  password: 'a-key-for-the-benchmark-alone-of-forty-characters',
  cookieName: 'session',
  cookieOptions: { secure: false },
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<string> {
  const url = new URL(request.url!, 'http://localhost')
  if (url.pathname === '/hello') return `Hello from ${url.pathname}!`
  const session = await getIronSession<Data>(request, response, options)
  if (url.pathname === '/read') return `Products of ${session.user}: ${session.products!.slice(0, 3).join(', ')}`
  if (url.pathname === '/login') {
    session.user = url.searchParams.get('user')!
    session.products = ['foo', 'bar', 'baz']
  } else {
    session.visits = (session.visits ?? 0) + 1
  }
  await session.save()
  return url.pathname === '/login' ? 'Welcome.' : 'Counted.'
}

export async function start(): Promise<Server> {
  return createServer(async (request, response) => {
    const body = await answer(request, response)
    response.setHeader('content-type', 'text/html; charset=utf-8')
    response.setHeader('content-length', Buffer.byteLength(body))
    response.end(body)
  })
}
