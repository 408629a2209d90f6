// Hono on its Node server: one middleware, one handler a route.
import type { Server } from 'node:http'
import { createAdaptorServer } from '@hono/node-server'
import { sValidator } from '@hono/standard-validator'
import { Hono } from 'hono'
import { contextStorage, getContext } from 'hono/context-storage'
import type { ServerOptions } from '../child.ts'
import { order } from '../schema.ts'

export function start(options: ServerOptions): Promise<Server> {
  return serve(options, false)
}

/** With `storage` the handler finds its request through Hono's context storage, as tipfy's globals do. */
export async function serve({ name }: ServerOptions, storage: boolean): Promise<Server> {
  const app = new Hono()
  if (storage) app.use(contextStorage())
  app.use(async (c, next) => {
    if (c.req.header('x-closed') !== undefined) return c.text('Closed.', 503)
    await next()
  })
  app.get('/hello', (given) => {
    const c = storage ? getContext() : given
    return c.html(`Hello from ${c.req.path}!`)
  })
  for (let at = 0; name === 'rules' && at < 1000; at++) {
    app.get(`/part-${at}/:year/:name`, (c) =>
      c.html(`Hello, ${c.req.param('name')} of ${Number(c.req.param('year'))}!`),
    )
  }
  app.post('/json', async (c) => {
    const { items } = await c.req.json()
    return c.json({ count: items.length, items })
  })
  app.post('/valid', sValidator('json', order), (c) => {
    const { items } = c.req.valid('json')
    return c.json({ count: items.length, items })
  })
  return createAdaptorServer({ fetch: app.fetch }) as Server
}
