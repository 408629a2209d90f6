import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, open, rm } from 'node:fs/promises'
import { get, type IncomingMessage, request } from 'node:http'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, jest, test } from '@jest/globals'

// A gigabyte takes a busy machine its time.
jest.setTimeout(180_000)

const gigabyte = 1024 ** 3
// Node 22 does not keep what it made of TypeScript, and its compiler stays in memory; the package is JavaScript.
const limit = Number.parseInt(process.versions.node, 10) < 24 ? 140 : 120
let folder: string
let child: ChildProcess
let port: number

async function start(): Promise<void> {
  child = fork(join(import.meta.dirname, '../fixtures/memory/server.ts'), {
    execArgv: ['-C', 'tipfy-source', '--disable-warning=ExperimentalWarning'],
    env: { ...process.env, NODE_OPTIONS: '', NODE_COMPILE_CACHE: join(folder, 'cache') },
  })
  const [message] = (await once(child, 'message')) as [{ port: number }]
  port = message.port
}

async function stop(): Promise<void> {
  child.kill('SIGKILL')
  await once(child, 'exit')
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tipfy-test-'))
  // Once to fill the cache.
  await start()
  await stop()
})
beforeEach(start)
afterEach(stop)
afterAll(() => rm(folder, { recursive: true }))

/** The memory it holds, and the most it held so far, in megabytes. */
async function resident(): Promise<{ now: number; peak: number }> {
  child.send('resident')
  const [message] = (await once(child, 'message')) as [{ now: number; peak: number }]
  return message
}

async function lengthOf(path: string): Promise<number> {
  const [answer] = (await once(get({ port, host: '127.0.0.1', path }), 'response')) as [IncomingMessage]
  let length = 0
  for await (const chunk of answer) length += (chunk as Buffer).length
  return length
}

test('uploading 1 GB through request.files() stays under 120 MB', async () => {
  const headers = { 'content-type': 'multipart/form-data; boundary=b' }
  const outgoing = request({ port, host: '127.0.0.1', path: '/files', method: 'POST', headers })
  const answered = once(outgoing, 'response') as Promise<[IncomingMessage]>
  outgoing.write('--b\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n')
  const piece = Buffer.alloc(1024 * 1024, 'x')
  for (let sent = 0; sent < gigabyte; sent += piece.length) {
    if (!outgoing.write(piece)) await once(outgoing, 'drain')
  }
  outgoing.end('\r\n--b--\r\n')
  const [answer] = await answered
  let text = ''
  for await (const chunk of answer) text += chunk
  expect(JSON.parse(text)).toEqual([gigabyte])
  expect((await resident()).peak).toBeLessThan(limit)
})

test('streaming 1 GB out stays under 120 MB', async () => {
  expect(await lengthOf('/long?mb=1024')).toBe(gigabyte)
  expect((await resident()).peak).toBeLessThan(limit)
})

test('sending a file of 1 GB stays under 120 MB', async () => {
  const path = join(folder, 'large.bin')
  const file = await open(path, 'w')
  await file.truncate(gigabyte)
  await file.close()
  expect(await lengthOf(`/send?path=${path}`)).toBe(gigabyte)
  expect((await resident()).peak).toBeLessThan(limit)
})

test('10,000 idle connections are held with less than 250 MB', async () => {
  const sockets: Socket[] = []
  while (sockets.length < 10_000) {
    const batch = Array.from({ length: 500 }, () => {
      const socket = connect(port, '127.0.0.1')
      socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
      return socket
    })
    sockets.push(...batch)
    await Promise.all(batch.map((socket) => once(socket, 'data')))
  }
  expect((await resident()).now).toBeLessThan(250)
  for (const socket of sockets) socket.destroy()
})
