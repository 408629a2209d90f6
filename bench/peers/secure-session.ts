// Fastify with @fastify/secure-session: all data in an encrypted cookie (libsodium).
import type { Server } from 'node:http'
import secureSession from '@fastify/secure-session'
import { sessionRoutes } from './session-routes.ts'

export async function start(): Promise<Server> {
  return sessionRoutes(async (app) => {
    await app.register(secureSession, {
      key: Buffer.alloc(32, 'a-key-for-the-benchmark-alone'),
      cookieName: 'session',
      cookie: { path: '/', httpOnly: true, sameSite: 'lax' },
    })
  })
}
