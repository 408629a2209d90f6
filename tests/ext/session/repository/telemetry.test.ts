import { describe, expect, jest, test } from '@jest/globals'
import { type Attributes, metrics, type TracerProvider, trace } from '@opentelemetry/api'
import { makeApp, RequestHandler, Rule } from 'tipfy'
import { session, sessionCounters } from 'tipfy/ext/session'
import { createClient, memoryDatastore } from 'tipfy/testing'
import { totals } from '../../../../lib/ext/session/repository/counters.ts'
import { SessionRepository } from '../../../../lib/ext/session/repository/repository.ts'
import { startTelemetry } from '../../../../lib/internal/telemetry.ts'
import { traced } from '../../../../lib/internal/tracing.ts'
import { FakeClock, fakeRandomness } from '../../../support/fake-world.ts'
import { MemoryDatastore } from '../../../support/memory-datastore.ts'

describe("the store's counters", () => {
  test('are had of the application; there are none where sessions are cookies', async () => {
    class Visit extends RequestHandler {
      get() {
        session.set('seen', true)
      }
    }
    const datastore = await memoryDatastore()
    for (const hook of ['setDatastoreSession', 'setSecureCookieSession']) {
      const app = makeApp({
        tipfy: {
          urls: () => [new Rule('/', { endpoint: 'visit', handler: Visit })],
          hooks: { posInitApp: `tipfy/ext/session:${hook}` },
          logLevel: 'silent',
        },
        'tipfy/ext/session': { secretKey: 'Q7xkZ2mVb9Jr4TnLw8HcYp3Fd6Gs1Ae5', datastore, memcache: '127.0.0.1:1' },
      })
      await createClient(app).get('/')
      const counters =
        hook === 'setDatastoreSession' ? { saves: 1, commits: 1, servers: [{ name: '127.0.0.1:1' }] } : null
      if (counters === null) expect(sessionCounters(app)).toBeNull()
      else expect(sessionCounters(app)).toMatchObject(counters)
      await app.close()
    }
  })

  test('tell calls, their durations and what came of them', async () => {
    const store = new SessionRepository({
      datastore: new MemoryDatastore(),
      clock: new FakeClock(),
      randomness: fakeRandomness(),
    })
    const base = await store.create('sid', { data: '{"a":1}' })
    await store.load('sid')
    await store.save('sid', base, { data: '{"a":2}' })
    await store.save('sid', base, { data: '{"a":3}' })
    await store.destroy('sid')
    await store.save('sid', base, { data: '{"a":4}' })
    expect(JSON.parse(JSON.stringify(store.stats))).toMatchObject({
      loads: 1,
      saves: 4,
      merges: 1,
      conflicts: 1,
      dropped: 1,
      lookup: { count: 1, failed: 0, mean: 0, p50: 0.01, p99: 0.01 },
      outdated: 2,
      read: { count: 3 },
      commit: { count: 6 },
    })
  })
})

describe('OpenTelemetry', () => {
  // Subscribers of the channels tell nothing: the channels are one for all test files of a process.
  test('without an SDK is not asked for', async () => {
    const getMeter = jest.spyOn(metrics, 'getMeter')
    const end = await startTelemetry(() => ({}))
    end()
    expect(getMeter).not.toHaveBeenCalled()
    getMeter.mockRestore()
  })

  test('with an SDK gets a span for each step, and the counters as metrics', async () => {
    const spans: { name: string; status?: string; ended?: boolean }[] = []
    const provider = {
      getTracer: () => ({
        startSpan(name: string) {
          const span: (typeof spans)[number] = { name }
          spans.push(span)
          return {
            setAttribute: () => {},
            recordException: () => {},
            setStatus: ({ message }: { message: string }) => {
              span.status = message
            },
            end: () => {
              span.ended = true
            },
          }
        },
      }),
    }
    type Callback = (result: { observe(value: number, attributes: Attributes): void }) => void
    const callbacks = new Set<Callback>()
    const meter = {
      createObservableCounter: () => ({
        addCallback: (callback: Callback) => callbacks.add(callback),
        removeCallback: (callback: Callback) => callbacks.delete(callback),
      }),
    }
    trace.setGlobalTracerProvider(provider as unknown as TracerProvider)
    metrics.setGlobalMeterProvider({ getMeter: () => meter } as never)
    const store = new SessionRepository({
      datastore: new MemoryDatastore(),
      clock: new FakeClock(),
      randomness: fakeRandomness(),
    })
    const end = await startTelemetry(() => totals(store.stats))

    await traced('datastore', 'lookup Session', async () => {})
    await expect(traced('cache', 'get 10.0.0.3:6379', () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(spans).toEqual([
      { name: 'tipfy datastore lookup Session', ended: true },
      { name: 'tipfy cache get 10.0.0.3:6379', status: 'no', ended: true },
    ])

    await store.create('sid', { data: '{}' })
    const seen: Record<string, number> = {}
    for (const callback of callbacks) callback({ observe: (value, { counter }) => (seen[String(counter)] = value) })
    expect(seen).toMatchObject({ saves: 1, commit: 1, cacheHits: 0 })
    end()
    expect(callbacks.size).toBe(0)
    trace.disable()
    metrics.disable()
  })
})
