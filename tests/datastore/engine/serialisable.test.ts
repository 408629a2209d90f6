// Transactions of several engines on one folder, in random interleavings: whatever commits, it is as if the transactions
// had run one after another, in the order of their commits. No write skew, no phantom, no read of two states.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { fromTimestamp } from '../../../lib/datastore/engine/encoding/convert.ts'
import { Engine } from '../../../lib/datastore/engine/engine.ts'
import type { Mutation } from '../../../lib/datastore/engine/protocol/messages.ts'
import { concurrencyModes } from '../../../lib/datastore/engine/storage/schema.ts'

const projectId = 'p'
const names = ['a', 'b', 'c', 'd']
// In one entity group: with those, queries in transactions need an ancestor.
const root = { kind: 'G', name: 'g' }
const key = (name: string) => ({ path: [root, { kind: 'K', name }] })
/** The stored state: a number under each name, if any. */
type State = ReadonlyMap<string, number>

type Step =
  | { do: 'lookup'; name: string }
  | { do: 'query'; over: number }
  | { do: 'count'; over: number }
  | { do: 'write'; name: string; plus: number }
  | { do: 'delete'; name: string }

interface Script {
  engine: number
  readOnly: boolean
  steps: Step[]
}

const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('lookup' as const), name: fc.constantFrom(...names) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('query' as const), over: fc.integer({ min: 0, max: 20 }) }) },
  fc.record({ do: fc.constant('count' as const), over: fc.integer({ min: 0, max: 20 }) }),
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('write' as const),
      name: fc.constantFrom(...names),
      plus: fc.integer({ min: 0, max: 5 }),
    }),
  },
  fc.record({ do: fc.constant('delete' as const), name: fc.constantFrom(...names) }),
)
const scripts: fc.Arbitrary<Script> = fc.record({
  engine: fc.integer({ min: 0, max: 1 }),
  readOnly: fc.constantFrom(true, false, false),
  steps: fc.array(steps, { minLength: 1, maxLength: 5 }),
})

/** The result of a read on a state. */
function readOn(state: State, step: Step): unknown {
  if (step.do === 'lookup') return state.get(step.name) ?? null
  const over = [...state].filter(([, n]) => n > (step as { over: number }).over)
  if (step.do === 'count') return over.length
  return over.sort(([a, n], [b, m]) => n - m || (a < b ? -1 : 1)).map(([name]) => name)
}

/** A transaction as it went: what it saw, what it wrote, and when it is said to have happened. */
class Run {
  readonly seen: { step: Step; answer: unknown }[] = []
  readonly #writes = new Map<string, number | undefined>()
  readonly #engine: Engine
  readonly #script: Script
  readonly #transaction: Uint8Array
  readonly #patience: number
  #next = 0
  /** Version of the commit, or of the state that a transaction without writes has seen. */
  at: number | undefined
  aborted = false

  /** @param patience Milliseconds that the commit waits for locks. */
  constructor(engine: Engine, script: Script, patience: number) {
    this.#engine = engine
    this.#patience = patience
    this.#script = script
    const transactionOptions = script.readOnly ? { readOnly: {} } : {}
    this.#transaction = engine.beginTransaction({ projectId, transactionOptions }).transaction
  }

  get done(): boolean {
    return this.#next > this.#script.steps.length
  }

  get writes(): ReadonlyMap<string, number | undefined> {
    return this.#writes
  }

  /** The next step; the last one commits. */
  async step(): Promise<void> {
    const step = this.#script.steps[this.#next++]
    if (!step) await this.#commit()
    else if (step.do === 'write') {
      // Depends on all that was read, so that reading something else would write something else.
      const sum = JSON.stringify(this.seen.map(({ answer }) => answer)).length
      this.#writes.set(step.name, (sum + step.plus) % 25)
    } else if (step.do === 'delete') this.#writes.set(step.name, undefined)
    else this.seen.push({ step, answer: this.#read(step) })
  }

  #read(step: Step): unknown {
    const readOptions = { transaction: this.#transaction }
    if (step.do === 'lookup') {
      const { found, readTime } = this.#engine.lookup({ projectId, keys: [key(step.name)], readOptions })
      this.at ??= fromTimestamp(readTime)
      return found[0] ? Number(found[0].entity.properties!['n']!.integerValue) : null
    }
    const { over } = step as { over: number }
    const filter = { propertyFilter: { property: { name: 'n' }, op: 'GREATER_THAN', value: { integerValue: over } } }
    const ancestor = {
      propertyFilter: { property: { name: '__key__' }, op: 'HAS_ANCESTOR', value: { keyValue: { path: [root] } } },
    }
    const query = { kind: [{ name: 'K' }], filter: { compositeFilter: { op: 'AND', filters: [filter, ancestor] } } }
    if (step.do === 'query') {
      const { batch } = this.#engine.runQuery({ projectId, query, readOptions })
      this.at ??= fromTimestamp(batch!.readTime)
      return batch!.entityResults.map(({ entity }) => entity.key!.path!.at(-1)!.name)
    }
    const aggregationQuery = { nestedQuery: query, aggregations: [{ count: {}, alias: 'n' }] }
    const { batch } = this.#engine.runAggregationQuery({ projectId, aggregationQuery, readOptions })
    this.at ??= fromTimestamp(batch!.readTime)
    return Number(batch!.aggregationResults[0]!.aggregateProperties['n']!.integerValue)
  }

  async #commit(): Promise<void> {
    const mutations = this.#script.readOnly
      ? []
      : [...this.#writes].map(
          ([name, n]): Mutation =>
            n === undefined
              ? { delete: key(name) }
              : { upsert: { key: key(name), properties: { n: { integerValue: n } } } },
        )
    if (this.#script.readOnly) this.#writes.clear()
    try {
      const request = { projectId, mode: 'TRANSACTIONAL', transaction: this.#transaction, mutations }
      const { commitTime } = await this.#engine.commit(request, this.#patience)
      // Behind locks, what a transaction has read still holds when it ends, also if it writes nothing.
      if (mutations.length > 0 || (this.#patience < 1000 && !this.#script.readOnly))
        this.at = fromTimestamp(commitTime!)
    } catch (error) {
      if ((error as { code: number }).code !== 10) throw error
      this.aborted = true
    }
  }
}

describe.each(concurrencyModes)('random transactions in random interleavings, %s', (concurrency) => {
  const patience = concurrency === 'pessimistic' ? 20 : 10_000
  let folder: string
  let engines: Engine[]
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'tipfy-datastore-'))
    engines = [new Engine({ dataFolder: folder, concurrency }), new Engine({ dataFolder: folder })]
  })
  afterAll(() => {
    for (const engine of engines) engine.close()
    rmSync(folder, { recursive: true })
  })

  test('are as if they had run one after another', async () => {
    let committed = 0
    let aborted = 0
    await fc.assert(
      fc.asyncProperty(
        fc.array(scripts, { minLength: 2, maxLength: 6 }),
        fc.infiniteStream(fc.nat()),
        async (list, choices) => {
          await engines[0]!.commit({
            projectId,
            mode: 'NON_TRANSACTIONAL',
            mutations: names.map((name, i) =>
              i === 3
                ? { delete: key(name) }
                : { upsert: { key: key(name), properties: { n: { integerValue: 10 + i } } } },
            ),
          })
          const runs = list.map((script) => new Run(engines[script.engine]!, script, patience))
          // One step at a time, of whichever is chosen; commits of one engine may come in one turn.
          const pending: Promise<void>[] = []
          for (let open = runs; open.length > 0; open = runs.filter((run) => !run.done)) {
            const choice = choices.next().value
            pending.push(open[choice % open.length]!.step())
            if (choice % 3 > 0) await Promise.all(pending)
          }
          await Promise.all(pending)
          aborted += runs.filter((run) => run.aborted).length
          const order = runs
            .filter((run) => !run.aborted && run.at !== undefined)
            .sort((a, b) => a.at! - b.at! || b.writes.size - a.writes.size)
          committed += order.length
          let state: State = new Map([
            ['a', 10],
            ['b', 11],
            ['c', 12],
          ])
          for (const run of order) {
            for (const { step, answer } of run.seen) expect([step, answer]).toEqual([step, readOn(state, step)])
            const next = new Map(state)
            for (const [name, n] of run.writes) n === undefined ? next.delete(name) : next.set(name, n)
            state = next
          }
          const { found } = engines[1]!.lookup({ projectId, keys: names.map(key) })
          const stored = found.map(({ entity }) => [
            entity.key!.path!.at(-1)!.name,
            Number(entity.properties!['n']!.integerValue),
          ])
          expect(new Map(stored as [string, number][])).toEqual(state)
        },
      ),
      { numRuns: Number(process.env['RUNS'] ?? 400) },
    )
    // Both happen, and often: the test is about something.
    expect(committed).toBeGreaterThan(300)
    expect(aborted).toBeGreaterThan(30)
  }, 60_000)

  test('with write skew, of which one must fail', async () => {
    const [engine] = engines as [Engine]
    const put = (name: string, n: number): Mutation => ({
      upsert: { key: key(name), properties: { n: { integerValue: n } } },
    })
    await engine.commit({ projectId, mode: 'NON_TRANSACTIONAL', mutations: [put('a', 1), put('b', 1)] })
    const begun = ['a', 'b'].map((name) => ({ name, ...engine.beginTransaction({ projectId }) }))
    for (const { transaction } of begun)
      engine.lookup({ projectId, keys: [key('a'), key('b')], readOptions: { transaction } })
    const outcomes = begun.map(({ name, transaction }) =>
      engine.commit({ projectId, mode: 'TRANSACTIONAL', transaction, mutations: [put(name, 0)] }).then(
        () => 'ok',
        ({ code }) => code,
      ),
    )
    expect((await Promise.all(outcomes)).sort()).toEqual([10, 'ok'])
  })
})

describe('a transaction that waits too long', () => {
  test('is ended after 60 s without a call, and after 270 s altogether', async () => {
    let now = 1_000_000_000_000
    const engine = new Engine({ memory: true, clock: () => now })
    const idle = engine.beginTransaction({ projectId }).transaction
    const used = engine.beginTransaction({ projectId }).transaction
    const look = (transaction: Uint8Array) =>
      engine.lookup({ projectId, keys: [key('a')], readOptions: { transaction } })
    for (let second = 0; second < 240; second += 40) {
      now += 40_000
      look(used)
    }
    expect(() => look(idle)).toThrow('expired')
    now += 40_000
    expect(() => look(used)).toThrow('expired')
    await expect(
      engine.commit({ projectId, mode: 'TRANSACTIONAL', transaction: used, mutations: [] }),
    ).rejects.toMatchObject({ code: 3 })
    engine.close()
  })
})
