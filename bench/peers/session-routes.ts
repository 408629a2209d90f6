// The routes that the session packages of Fastify share; both have the same face.
import type { Server } from 'node:http'
import fastify, { type FastifyInstance } from 'fastify'

const type = 'text/html; charset=utf-8'

interface Sessions {
  get(key: string): unknown
  set(key: string, value: unknown): void
}

export async function sessionRoutes(register: (app: FastifyInstance) => Promise<void>): Promise<Server> {
  const app = fastify({ logger: false })
  await register(app)
  app.addHook('onRequest', (request, reply, done) => {
    if (request.headers['x-closed'] !== undefined) reply.code(503).send('Closed.')
    else done()
  })
  const sessionOf = (request: object) => (request as { session: Sessions }).session
  app.get('/hello', (request, reply) => {
    reply.type(type).send(`Hello from ${request.url}!`)
  })
  app.get<{ Querystring: { user: string } }>('/login', (request, reply) => {
    sessionOf(request).set('user', request.query.user)
    sessionOf(request).set('products', ['foo', 'bar', 'baz'])
    reply.type(type).send('Welcome.')
  })
  app.get('/read', (request, reply) => {
    const session = sessionOf(request)
    const products = session.get('products') as string[]
    reply.type(type).send(`Products of ${session.get('user')}: ${products.slice(0, 3).join(', ')}`)
  })
  app.get('/change', (request, reply) => {
    const session = sessionOf(request)
    session.set('visits', ((session.get('visits') as number | undefined) ?? 0) + 1)
    reply.type(type).send('Counted.')
  })
  await app.ready()
  return app.server
}
