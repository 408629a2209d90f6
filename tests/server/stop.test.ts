import { once } from 'node:events'
import { Agent, get as httpGet, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { afterEach, expect, test } from '@jest/globals'
import type { RunningServer } from 'tipfy'
import { received } from '../http/live.ts'
import { ask } from '../support/application.ts'
import { gate, site } from './site.ts'

let server: RunningServer
afterEach(() => server.close())

test('a request in flight is answered, and no new connection taken', async () => {
  server = await site()
  const slow = ask(server.port, '/slow')
  await gate.waiting(1)
  const closed = server.close()
  await expect(ask(server.port, '/')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  gate.open()
  expect(await slow).toMatchObject({ status: 200, text: 'slow', headers: { connection: 'close' } })
  await closed
})

test('a long answer is sent to its end', async () => {
  server = await site()
  const outgoing = httpGet({ port: server.port, host: '127.0.0.1', path: '/long?mb=20' })
  const [answer] = (await once(outgoing, 'response')) as [IncomingMessage]
  const closed = server.close()
  let length = 0
  for await (const chunk of answer) length += (chunk as Buffer).length
  expect(length).toBe(20 * 1024 * 1024)
  await closed
})

test('an idle connection may still ask once, and is told to close', async () => {
  server = await site()
  const agent = new Agent({ keepAlive: true })
  const one = () =>
    new Promise<string | undefined>((resolve, reject) => {
      httpGet({ port: server.port, host: '127.0.0.1', path: '/', agent }, (answer) => {
        answer.resume().on('end', () => resolve(answer.headers.connection))
      }).on('error', reject)
    })
  expect(await one()).toBe('keep-alive')
  const closed = server.close()
  expect(await one()).toBe('close')
  await closed
  agent.destroy()
})

test('so may one whose answer was long, and ended when the others had been let go', async () => {
  server = await site()
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const ask = async (path: string) => {
    const outgoing = httpGet({ port: server.port, host: '127.0.0.1', path, agent })
    const [answer] = (await once(outgoing, 'response')) as [IncomingMessage]
    return answer
  }
  const long = await ask('/long?mb=20')
  expect(long.headers.connection).toBe('keep-alive')
  const closed = server.close()
  // Longer than an idle connection would be kept, and then longer than one look at them takes.
  for (let looks = 0; looks < 15; looks++) await setTimeout(50)
  await once(long.resume(), 'end')
  for (let looks = 0; looks < 3; looks++) await setTimeout(50)
  const next = await ask('/')
  expect(next.headers.connection).toBe('close')
  next.resume()
  await closed
  agent.destroy()
})

test('connections on which nothing was asked do not hold the server up', async () => {
  server = await site({ shutdownTimeout: 1000, headersTimeout: 1000, requestTimeout: 1000 })
  const sockets = [1, 2, 3].map(() => connect(server.port, '127.0.0.1'))
  await Promise.all(sockets.map((socket) => once(socket, 'connect')))
  const ends = sockets.map(received)
  await server.close()
  await Promise.all(ends)
})

test('a handler that never ends is cut off at the deadline', async () => {
  server = await site({ shutdownTimeout: 0.1 })
  const slow = ask(server.port, '/slow')
  slow.catch(() => {})
  await gate.waiting(1)
  await server.close()
  await expect(slow).rejects.toMatchObject({ code: 'ECONNRESET' })
})

test('under load no request is lost: those sent are answered, the next connections refused', async () => {
  server = await site()
  const outcomes: Record<string, number> = {}
  let running = true
  async function client() {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    while (running) {
      const outcome = await new Promise<string>((resolve) => {
        httpGet({ port: server.port, host: '127.0.0.1', path: '/', agent }, (answer) => {
          let text = ''
          answer.on('data', (chunk) => {
            text += chunk
          })
          answer.on('end', () => resolve(text))
          answer.on('error', () => resolve('broken off'))
        }).on('error', (error: NodeJS.ErrnoException) => resolve(error.code!))
      })
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
      if (outcome === 'ECONNREFUSED') running = false
    }
    agent.destroy()
  }
  const clients = Array.from({ length: 50 }, client)
  while ((outcomes.hello ?? 0) < 1000) await new Promise((resolve) => setImmediate(resolve))
  await server.close()
  await Promise.all(clients)
  expect(Object.keys(outcomes).sort()).toEqual(['ECONNREFUSED', 'hello'])
})

test('the health endpoint says whether to send requests', async () => {
  server = await site()
  expect(await ask(server.port, '/_health')).toMatchObject({
    status: 200,
    text: '{"status":"ok"}',
    headers: { 'cache-control': 'no-store' },
  })
  expect((await ask(server.port, '/_health', { method: 'HEAD' })).text).toBe('')
  const socket = connect(server.port, '127.0.0.1')
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  await once(socket, 'data')
  const closed = server.close()
  socket.write('GET /_health HTTP/1.1\r\nHost: a\r\n\r\n')
  const answer = (await received(socket)).toString()
  expect([answer.slice(0, 12), answer.slice(-21)]).toEqual(['HTTP/1.1 503', '{"status":"stopping"}'])
  await closed
})

test('the health endpoint can be left out', async () => {
  server = await site({ healthPath: null })
  expect((await ask(server.port, '/_health')).status).toBe(404)
})
