// Callbacks of drivers that share a connection run in the request that opened it: they must not pass for the one that waits.
import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { Worker } from 'node:worker_threads'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { bindContext, hasRequest, makeApp, RequestHandler, Rule, request } from 'tipfy'
import { createClient } from 'tipfy/testing'

let echo: Server
beforeAll(async () => {
  echo = createServer((socket) => socket.pipe(socket)).listen(0, '127.0.0.1')
  await once(echo, 'listening')
})
afterAll(() => void echo.close())

/** A driver with one connection, which is opened by the first query, and callbacks in the order of the queries. */
class Driver {
  #socket: Socket | undefined
  readonly #waiting: ((reply: string) => void)[] = []

  query(text: string, callback: (reply: string) => void): void {
    this.#waiting.push(callback)
    this.#socket ??= connect((echo.address() as { port: number }).port, '127.0.0.1').on('data', (data) => {
      for (const reply of data.toString().trim().split('\n')) this.#waiting.shift()!(reply)
    })
    this.#socket.write(`${text}\n`)
  }

  ask(text: string): Promise<string> {
    return new Promise((resolve) => this.query(text, resolve))
  }

  end(): void {
    this.#socket?.destroy()
  }
}

async function serve(handler: (driver: Driver) => unknown, requests: number, settings = {}): Promise<string[]> {
  const driver = new Driver()
  class Page extends RequestHandler {
    get() {
      return handler(driver)
    }
  }
  const urls = () => [new Rule('/<name>', { endpoint: 'page', handler: Page })]
  const app = makeApp({ tipfy: { dev: false, logLevel: 'silent', urls, ...settings } }, { root: import.meta.dirname })
  const client = createClient(app)
  const texts: string[] = []
  for (let at = 0; at < requests; at++) texts.push((await client.get(`/${'abc'[at]}`)).text)
  driver.end()
  await app.close()
  return texts
}

const inCallback = (driver: Driver, read: () => string) =>
  new Promise<string>((resolve) => {
    driver.query('x', () => {
      try {
        resolve(read())
      } catch (error) {
        resolve(`${(error as { code?: string }).code}: ${(error as Error).message}`)
      }
    })
  })

describe('a callback of a shared connection', () => {
  test('throws, and says why and what to write instead', async () => {
    const texts = await serve((driver) => inCallback(driver, () => request.path), 2)
    for (const text of texts) {
      expect(text).toMatch(
        /^TIPFY_E_OUTSIDE_REQUEST: `request` was used outside a request, in a callback of a network connection or a pipe, which runs as what opened it\. .*promise form.*bindContext\(fn\)/,
      )
    }
  })

  test('runs in its request with bindContext, and what is awaited always does', async () => {
    expect(
      await serve(
        (driver) =>
          inCallback(
            driver,
            bindContext(() => request.path),
          ),
        2,
      ),
    ).toEqual(['/a', '/b'])
    const awaits = async (driver: Driver) => {
      await driver.ask('x')
      return request.path
    }
    expect(await serve(awaits, 2)).toEqual(['/a', '/b'])
  })

  test('of a worker says so too', async () => {
    const worker = new Worker(
      "require('node:worker_threads').parentPort.on('message', (text) => require('node:worker_threads').parentPort.postMessage(text))",
      { eval: true },
    )
    const ask = () =>
      new Promise<string>((resolve) => {
        worker.once('message', () => {
          try {
            resolve(request.path)
          } catch (error) {
            resolve((error as Error).message)
          }
        })
        worker.postMessage('x')
      })
    expect((await serve(ask, 1))[0]).toMatch(
      /used outside a request, in a callback of a worker, which runs as what opened it/,
    )
    await worker.terminate()
  })
})

test('a connection that a handler opens for itself still serves what is awaited', async () => {
  const own = async () => {
    const socket = connect((echo.address() as { port: number }).port, '127.0.0.1')
    await once(socket, 'connect')
    socket.end('x')
    for await (const _ of socket) if (!hasRequest()) return 'outside'
    return request.path
  }
  expect(await serve(own, 2)).toEqual(['/a', '/b'])
})
