// The server that everything is compared with: node:http sending the same status, headers and bytes that tipfy sent, and no more.
// For a case about JSON it reads and writes that too, and for one about memcached it makes one memjs get.
import { createServer, type ServerOptions as HttpOptions, type Server } from 'node:http'
import memjs from 'memjs'
import type { ServerOptions } from './child.ts'

export async function start(
  { answer, name, sessions, memcached }: ServerOptions,
  options: HttpOptions = {},
): Promise<Server> {
  const { status, headers, body } = answer!
  if (name === 'json' || name === 'valid') {
    return createServer(options, (request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk) => chunks.push(chunk))
      request.on('end', () => {
        const { items } = JSON.parse(Buffer.concat(chunks).toString())
        response.writeHead(status, headers).end(JSON.stringify({ count: items.length, items }))
      })
    })
  }
  if (sessions === 'memcached') {
    const client = memjs.Client.create(memcached!, { retries: 1, failover: false, timeout: 1 })
    await client.set('bench', 'x'.repeat(300), { expires: 0 })
    return createServer(options, async (_request, response) => {
      const { value } = await client.get('bench')
      if (value === null) throw new Error('memcached has lost the value')
      response.writeHead(status, headers).end(body)
    })
  }
  return createServer(options, (_request, response) => {
    response.writeHead(status, headers).end(body)
  })
}
