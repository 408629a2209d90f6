// The log while a store is down, when each request fails alike.
import { expect, jest, test } from '@jest/globals'
import { makeApp, RequestHandler, Rule, request, ServiceUnavailable } from 'tipfy'
import { createClient } from 'tipfy/testing'

class Store extends RequestHandler {
  get() {
    const why = request.args.get('why', '')
    if (why === 'fault') throw new Error('a fault')
    throw new ServiceUnavailable(undefined, { cause: new Error(`the store is ${why} after ${request.id} ms`) })
  }
}

const lines: Record<string, unknown>[] = []

test('an error that all requests have is logged once a minute with its stack, and counted; faults always', async () => {
  jest.useFakeTimers({
    now: 1_000_000_000_000,
    doNotFake: ['nextTick', 'setImmediate', 'setTimeout', 'queueMicrotask'],
  })
  const app = makeApp({
    tipfy: { dev: false, urls: () => [new Rule('/', { endpoint: 'store', handler: Store })] },
  })
  app.log.error = (fields) => lines.push(fields as Record<string, unknown>)
  const client = createClient(app)
  const ask = async (why: string, times: number) => {
    for (let i = 0; i < times; i++) await client.get(`/?why=${why}`)
    return lines
      .splice(0)
      .map(({ err, repeated }) => [/store is \w+|a fault/.exec((err as Error).message)![0], repeated])
  }
  expect(await ask('down', 5)).toEqual([['store is down', undefined]])
  expect(await ask('full', 2)).toEqual([['store is full', undefined]])
  expect(await ask('fault', 2)).toEqual([
    ['a fault', undefined],
    ['a fault', undefined],
  ])
  jest.setSystemTime(1_000_000_061_000)
  expect(await ask('down', 3)).toEqual([['store is down', 4]])
  jest.useRealTimers()
  await app.close()
})
