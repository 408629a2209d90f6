// A process that calls a Datastore with the official client, as bench/datastore.ts tells it. There are several of them, so
// that a figure tells what the server can do and not what one client can.
import { Datastore, PropertyFilter } from '@google-cloud/datastore'
import { openDatastore } from '../lib/datastore/index.ts'

/** The Datastore to call: a server, or the engine in this process. */
export type Place = { port: number } | { dataFolder: string }

export type CallName = 'get' | 'save' | 'add' | 'transaction' | 'query'

export interface Job {
  place: Place
  call: CallName
  /** Calls are numbered: which key, or which value, follows from that. */
  from: number
  count: number
  inFlight: number
}

type Call = (i: number) => Promise<unknown>

const data = { created: new Date(), text: 'x'.repeat(1000), user: 'somebody', n: 1 }
const excludeFromIndexes = ['created', 'text']

function callsOf(datastore: Datastore): Record<CallName, Call> {
  const key = (i: number) => datastore.key(['Thing', `thing ${i}`])
  const save: Call = (i) => datastore.save({ key: key(i), data: { ...data, n: i }, excludeFromIndexes })
  return {
    get: (i) => datastore.get(key(i % 1000)),
    save: (i) => save(i % 1000),
    add: (i) => save(2000 + i),
    async transaction(i) {
      const transaction = datastore.transaction()
      await transaction.run()
      await transaction.get(key(i % 500))
      transaction.save({ key: key(i % 500), data: { ...data, n: i }, excludeFromIndexes })
      await transaction.commit()
    },
    query(i) {
      const query = datastore.createQuery('Thing').filter(new PropertyFilter('n', '>=', i % 1000))
      return datastore.runQuery(query.order('n').limit(20))
    },
  }
}

const opened = new Map<string, Promise<Record<CallName, Call>>>()

async function open(place: Place): Promise<Record<CallName, Call>> {
  if ('dataFolder' in place) return callsOf(await openDatastore({ mode: 'embedded', ...place }))
  return callsOf(new Datastore({ projectId: 'bench', apiEndpoint: `http://127.0.0.1:${place.port}` }))
}

/** Makes the calls; gives how long each took, in ms. */
async function run({ place, call, from, count, inFlight }: Job): Promise<number[]> {
  const id = JSON.stringify(place)
  if (!opened.has(id)) opened.set(id, open(place))
  const make = (await opened.get(id)!)[call]
  const times: number[] = []
  let next = from
  const worker = async () => {
    while (next < from + count) {
      const begun = performance.now()
      await make(next++)
      times.push(performance.now() - begun)
    }
  }
  await Promise.all(Array.from({ length: inFlight }, worker))
  return times
}

process.env['METADATA_SERVER_DETECTION'] = 'none'
process.on('message', async (job: Job) => process.send!(await run(job)))
process.on('disconnect', () => process.exit())
