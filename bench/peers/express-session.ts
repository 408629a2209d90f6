// Express with express-session and its store in memory.
import { createServer, type Server } from 'node:http'
import express from 'express'
import expressSession from 'express-session'

interface Data {
  user: string
  products: string[]
  visits?: number
}

export async function start(): Promise<Server> {
  const app = express()
  app.disable('etag')
  app.disable('x-powered-by')
  app.use((request, response, next) => {
    if (request.headers['x-closed'] !== undefined) response.status(503).send('Closed.')
    else next()
  })
  const secret = 'a-key-for-the-benchmark-alone-of-forty-characters'
  app.use(expressSession({ secret, resave: false, saveUninitialized: false, cookie: { sameSite: 'lax' } }))
  const sessionOf = (request: express.Request) => request.session as unknown as Data
  app.get('/hello', (request, response) => {
    response.type('html').send(`Hello from ${request.path}!`)
  })
  app.get('/login', (request, response) => {
    Object.assign(sessionOf(request), { user: request.query.user, products: ['foo', 'bar', 'baz'] })
    response.type('html').send('Welcome.')
  })
  app.get('/read', (request, response) => {
    const { user, products } = sessionOf(request)
    response.type('html').send(`Products of ${user}: ${products.slice(0, 3).join(', ')}`)
  })
  app.get('/change', (request, response) => {
    const session = sessionOf(request)
    session.visits = (session.visits ?? 0) + 1
    response.type('html').send('Counted.')
  })
  return createServer(app)
}
