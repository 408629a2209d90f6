// When a request is over, and that nothing of it is held from then on.
import { AsyncLocalStorage } from 'node:async_hooks'
import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { hasRequest, RequestHandler, Rule } from 'tipfy'
import { type Context, contextStorage } from '../../lib/app/context.ts'
import { type Running, start } from '../support/application.ts'

interface Visit {
  context: Context
  /** True if the globals may be used in it. */
  isOpen: () => boolean
}

const visits: Visit[] = []
let soon: boolean[] = []

class Page extends RequestHandler {
  get({ size }: { size: number }) {
    const inside = AsyncLocalStorage.snapshot()
    visits.push({ context: contextStorage.getStore()!, isOpen: () => inside(hasRequest) })
    process.nextTick(() => soon.push(hasRequest()))
    setImmediate(() => soon.push(hasRequest()))
    return 'x'.repeat(size)
  }
}

let running: Running
beforeAll(async () => {
  running = await start([new Rule('/<int:size>', { endpoint: 'page', handler: Page })])
})
afterAll(() => running.close())
beforeEach(() => {
  visits.length = 0
  soon = []
})

const isHeld = ({ context: { request, response, session } }: Visit) =>
  request !== undefined || response !== undefined || session != null

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 10))
}

test('it is over as soon as its answer has closed, in the same turn of the event loop', async () => {
  await running.ask('/5')
  await until(() => soon.length === 2)
  expect(soon).toEqual([true, false])
})

test('what it held is let go when the next one is answered, and of the last one soon after', async () => {
  await running.ask('/5')
  await running.ask('/5')
  expect(visits.map(isHeld)).toEqual([false, true])
  await until(() => !isHeld(visits[1]!))
  expect(visits[0]!.context.ended).toMatchObject({ method: 'GET', target: '/5' })
  expect(Date.now() - visits[1]!.context.ended!.at).toBeLessThan(60_000)
})

test('one that is still being sent is not over; it is when the client goes away', async () => {
  const client = connect(running.port, '127.0.0.1').on('error', () => {})
  client.pause()
  client.write('GET /50000000 HTTP/1.1\r\nHost: localhost\r\n\r\n')
  await until(() => visits.length === 1)
  await running.ask('/5')
  await running.ask('/5')
  expect(visits.map(({ isOpen }) => isOpen())).toEqual([true, false, false])
  expect(isHeld(visits[0]!)).toBe(true)
  client.destroy()
  await until(() => !visits[0]!.isOpen() && !isHeld(visits[0]!))
})

test('of two that come at once each is let go', async () => {
  const client = connect(running.port, '127.0.0.1')
  client.write('GET /5 HTTP/1.1\r\nHost: a\r\n\r\nGET /6 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  let text = ''
  client.on('data', (chunk) => {
    text += chunk
  })
  await once(client, 'close')
  expect(text).toMatch(/xxxxx\r?\n?HTTP[\s\S]*xxxxxx$/)
  await until(() => !visits.some(isHeld))
  expect(visits.map(({ isOpen }) => isOpen())).toEqual([false, false])
})
