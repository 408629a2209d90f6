// Fastify: one hook, one handler a route.
import type { Server } from 'node:http'
import fastify from 'fastify'
import type { ServerOptions } from '../child.ts'
import { type Order, orderJsonSchema } from '../schema.ts'

const type = 'text/html; charset=utf-8'

export async function start({ name }: ServerOptions): Promise<Server> {
  const app = fastify({ logger: false })
  app.addHook('onRequest', (request, reply, done) => {
    if (request.headers['x-closed'] !== undefined) reply.code(503).send('Closed.')
    else done()
  })
  app.get('/hello', (request, reply) => {
    reply.type(type).send(`Hello from ${request.url}!`)
  })
  for (let at = 0; name === 'rules' && at < 1000; at++) {
    app.get<{ Params: { year: string; name: string } }>(`/part-${at}/:year/:name`, ({ params }, reply) => {
      reply.type(type).send(`Hello, ${params.name} of ${Number(params.year)}!`)
    })
  }
  app.post<{ Body: { items: unknown[] } }>('/json', (request, reply) => {
    const { items } = request.body
    reply.send({ count: items.length, items })
  })
  app.post<{ Body: Order }>('/valid', { schema: { body: orderJsonSchema } }, (request, reply) => {
    const { items } = request.body
    reply.send({ count: items.length, items })
  })
  await app.ready()
  return app.server
}
