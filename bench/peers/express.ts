// Express without what it adds unasked (ETag, X-Powered-By): one middleware, one handler a route.
import { createServer, type Server } from 'node:http'
import express from 'express'
import type { ServerOptions } from '../child.ts'

export async function start({ name }: ServerOptions): Promise<Server> {
  const app = express()
  app.disable('etag')
  app.disable('x-powered-by')
  app.use((request, response, next) => {
    if (request.headers['x-closed'] !== undefined) response.status(503).send('Closed.')
    else next()
  })
  app.get('/hello', (request, response) => {
    response.type('html').send(`Hello from ${request.path}!`)
  })
  for (let at = 0; name === 'rules' && at < 1000; at++) {
    app.get(`/part-${at}/:year/:name`, ({ params }, response) => {
      response.type('html').send(`Hello, ${params.name} of ${Number(params.year)}!`)
    })
  }
  app.post('/json', express.json(), (request, response) => {
    const { items } = request.body
    response.json({ count: items.length, items })
  })
  return createServer(app)
}
