// Fastify with @fastify/session and its store in memory.
import type { Server } from 'node:http'
import cookie from '@fastify/cookie'
import session from '@fastify/session'
import { sessionRoutes } from './session-routes.ts'

export async function start(): Promise<Server> {
  return sessionRoutes(async (app) => {
    await app.register(cookie)
    await app.register(session, {
      secret: 'a-key-for-the-benchmark-alone-of-forty-characters',
      saveUninitialized: false,
      cookie: { secure: false, httpOnly: true, sameSite: 'lax' },
    })
  })
}
