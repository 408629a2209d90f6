import { expect, jest, test } from '@jest/globals'
import { contextStorage } from '../../../../lib/app/context.ts'
import { CacheCounts } from '../../../../lib/ext/security/rate-limit/cache-counts.ts'
import type { CacheConnection } from '../../../../lib/ext/session/cache/ports.ts'

/** A server that counts whole seconds of its clock and reads seconds over 30 days as a date, as memcached does. */
class Server {
  readonly contexts: unknown[] = []
  readonly #entries = new Map<string, { value: string; end: number }>()

  async connect(): Promise<CacheConnection> {
    this.contexts.push(contextStorage.getStore())
    const entries = this.#entries
    const clock = () => Math.floor(Date.now() / 1000)
    const store = async (key: string, value: string, seconds: number) => {
      if (seconds > 2_592_000) entries.delete(key)
      else entries.set(key, { value, end: clock() + seconds })
      return key
    }
    return {
      alive: true,
      get: async (key) => {
        const entry = entries.get(key)
        return entry !== undefined && clock() < entry.end ? { value: entry.value, cas: key } : null
      },
      add: store,
      replace: store,
      delete: async (key) => entries.delete(key),
      close: () => {},
    }
  }
}

const countsOn = (server: Server) => new CacheCounts([{ name: 'one', connect: () => server.connect() }], 500)

test('windows over 30 days are counted too', async () => {
  const counts = countsOn(new Server())
  const days = 86_400_000
  expect((await counts.add('AAAAAAAA', 1, 60 * days)).count).toBe(1)
  expect((await counts.add('AAAAAAAA', 1, 60 * days)).count).toBe(2)
})

test('a count lives for its whole window, though the server may end entries a second early', async () => {
  const now = jest.spyOn(Date, 'now')
  const counts = countsOn(new Server())
  const seen: number[] = []
  for (const time of [900, 1100, 1850, 1899, 1901]) {
    now.mockReturnValue(time)
    seen.push((await counts.add('AAAAAAAA', 1, 1000)).count)
  }
  now.mockRestore()
  expect(seen).toEqual([1, 2, 3, 4, 1])
})

test('the connection belongs to no request', async () => {
  const server = new Server()
  await contextStorage.run({} as never, () => countsOn(server).add('AAAAAAAA', 1, 1000))
  expect(server.contexts).toEqual([undefined])
})

test('a connection that takes longer than a hit may wait is used by later ones; one that is open is dropped with its failure', async () => {
  const server = new Server()
  const opening = Promise.withResolvers<void>()
  const closed: string[] = []
  let attempts = 0
  const connect = async () => {
    const name = `connection ${++attempts}`
    await opening.promise
    return { ...(await server.connect()), close: () => closed.push(name) }
  }
  const counts = new CacheCounts([{ name: 'one', connect }], 500)
  const first = counts.add('AAAAAAAA', 1, 1000)
  counts.drop() // the first hit has waited long enough
  opening.resolve()
  expect([(await first).count, (await counts.add('AAAAAAAA', 1, 1000)).count, attempts]).toEqual([1, 2, 1])
  counts.drop()
  expect((await counts.add('AAAAAAAA', 1, 1000)).count).toBe(3)
  expect([attempts, closed]).toEqual([2, ['connection 1']])
  const late = counts.add('BBBBBBBB', 1, 1000)
  counts.close()
  await late
  expect(closed).toEqual(['connection 1', 'connection 2'])
})
