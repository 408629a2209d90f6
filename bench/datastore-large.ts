// Fills a folder with many entities, or opens it and asks: a process of bench/datastore.ts.
import { PropertyFilter } from '@google-cloud/datastore'
import { Engine } from '../lib/datastore/engine/engine.ts'
import { closeDatastore, openDatastore } from '../lib/datastore/index.ts'

const [, , mode, dataFolder, count] = process.argv as [string, string, string, string, string]
const total = Number(count)
const projectId = 'tipfy'
/** Names in no order. */
const name = (i: number) => `task ${((i * 2_654_435_761) % 4_294_967_296).toString(36)}`
const any = () => Math.floor(Math.random() * total)
const round = (n: number) => Number(n.toPrecision(3))

async function fill(): Promise<void> {
  const engine = new Engine({ dataFolder })
  for (let from = 0; from < total; from += 500) {
    const mutations = Array.from({ length: Math.min(500, total - from) }, (_, offset) => {
      const i = from + offset
      const properties = {
        n: { integerValue: i },
        category: { stringValue: `category ${i % 1000}` },
        done: { booleanValue: i % 3 === 0 },
        text: { stringValue: 'not indexed '.repeat(12), excludeFromIndexes: true },
      }
      return { upsert: { key: { path: [{ kind: 'Task', name: name(i) }] }, properties } }
    })
    await engine.commit({ projectId, mode: 'NON_TRANSACTIONAL', mutations })
  }
  engine.close()
}

async function ask(): Promise<void> {
  const begun = performance.now()
  const datastore = await openDatastore({ mode: 'embedded', dataFolder, projectId })
  await datastore.get(datastore.key(['Task', name(0)]))
  const started = performance.now() - begun
  const engine = new Engine({ dataFolder })
  const query = () => datastore.createQuery('Task').limit(20)
  const times = async (calls: number, call: () => Promise<unknown>): Promise<string> => {
    const list: number[] = []
    for (let i = 0; i < calls; i++) {
      const at = performance.now()
      await call()
      list.push(performance.now() - at)
    }
    list.sort((a, b) => a - b)
    return `${round(list[calls >> 1]!)} / ${round(list[Math.floor(calls * 0.99)]!)}`
  }
  const figures = {
    'start, with the client, to the first response, ms': Math.round(started),
    'get, p50 / p99 ms': await times(5000, () => datastore.get(datastore.key(['Task', name(any())]))),
    'lookup without the client, p50 / p99 ms': await times(5000, async () =>
      engine.lookup({ projectId, keys: [{ path: [{ kind: 'Task', name: name(any()) }] }] }),
    ),
    '20 of one value, p50 / p99 ms': await times(500, () =>
      datastore.runQuery(query().filter(new PropertyFilter('category', '=', `category ${any() % 1000}`))),
    ),
    '20 of a range, p50 / p99 ms': await times(500, () =>
      datastore.runQuery(
        query()
          .filter(new PropertyFilter('n', '>', any()))
          .order('n'),
      ),
    ),
    '20 of the highest, p50 / p99 ms': await times(500, () =>
      datastore.runQuery(query().order('n', { descending: true })),
    ),
    'count of one value, p50 / p99 ms': await times(100, () =>
      datastore.runAggregationQuery(
        datastore
          .createAggregationQuery(
            datastore.createQuery('Task').filter(new PropertyFilter('category', '=', `category ${any() % 1000}`)),
          )
          .count('n'),
      ),
    ),
    'memory after all that, MB': round(process.memoryUsage().rss / 1024 / 1024),
  }
  engine.close()
  await closeDatastore(datastore)
  console.log(JSON.stringify(figures))
}

await (mode === 'fill' ? fill() : ask())
