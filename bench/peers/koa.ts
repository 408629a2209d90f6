// Koa: one middleware in front, one that responds; it has no router of its own.
import { createServer, type Server } from 'node:http'
import Koa from 'koa'

export async function start(): Promise<Server> {
  const app = new Koa()
  app.use(async (ctx, next) => {
    if (ctx.get('x-closed') !== '') ctx.throw(503)
    await next()
  })
  app.use(async (ctx) => {
    if (ctx.path === '/json') {
      const chunks: Buffer[] = []
      for await (const chunk of ctx.req) chunks.push(chunk)
      const { items } = JSON.parse(Buffer.concat(chunks).toString())
      ctx.body = { count: items.length, items }
      return
    }
    ctx.type = 'text/html; charset=utf-8'
    ctx.body = `Hello from ${ctx.path}!`
  })
  return createServer(app.callback())
}
