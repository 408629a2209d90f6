// In whose request do the callbacks of libraries run? Requests A and B are open at once and share a library; the table shows whose
// values the callback that B waits for gets: `npm run contexts`. docs/globals.md says what to write instead.
import { once } from 'node:events'
import { createServer as createHttpServer, request as httpRequest } from 'node:http'
import { connect, createServer } from 'node:net'
import { Writable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { styleText } from 'node:util'
import { Worker } from 'node:worker_threads'
import async from 'async'
import Bottleneck from 'bottleneck'
import { Cron } from 'croner'
import DataLoader from 'dataloader'
import debounce from 'debounce'
import fastq from 'fastq'
import { LRUCache } from 'lru-cache'
import schedule from 'node-schedule'
import pLimit from 'p-limit'
import PQueue from 'p-queue'
import PQueue9 from 'p-queue-9'
import { Agent, DecoratorHandler, request as undiciRequest } from 'undici'
import { bindContext, makeApp, request } from '../../lib/index.ts'
import { withRequest } from '../../lib/testing/index.ts'

const isolateConnections = process.argv[2] !== '--shared'
const app = makeApp({ tipfy: { dev: false, logLevel: 'silent', urls: () => [], isolateConnections } })

/** The request whose values the globals have here. */
function who() {
  try {
    return request.path.slice(1)
  } catch (error) {
    return error.code === 'TIPFY_E_OUTSIDE_REQUEST' ? 'none' : 'ended'
  }
}

/** Runs `fn` in a request that stays open until all of a case is over. */
function inRequest(name, fn, over) {
  return new Promise((resolve, reject) => {
    withRequest(app, { path: `/${name}` }, async () => {
      resolve(await fn())
      await over
    }).catch(reject)
  })
}

/** A task that waits for its turn behind one of A; `add` puts it into a queue. */
const queued = (add) => (as) => {
  as('A', () => void add(() => pause(20)))
  return as('B', () => new Promise((resolve) => void add(async () => resolve(who()))))
}
const bound = (add) => queued((task) => add(bindContext(task)))

const queues = {
  'bottleneck 2': () => {
    const limiter = new Bottleneck({ maxConcurrent: 1 })
    return (task) => limiter.schedule(task)
  },
  'fastq 1': () => {
    const queue = fastq.promise((task) => task(), 1)
    return (task) => queue.push(task)
  },
  'async 3 queue': () => {
    const queue = async.queue(async (task) => task(), 1)
    return (task) => queue.push(task)
  },
  'p-queue 9': () => {
    const queue = new PQueue9({ concurrency: 1 })
    return (task) => queue.add(task)
  },
  'p-queue 10': () => {
    const queue = new PQueue({ concurrency: 1 })
    return (task) => queue.add(task)
  },
  'p-limit 7': () => pLimit(1),
}

const echo = createServer((socket) => socket.pipe(socket)).listen(0, '127.0.0.1')
const pages = createHttpServer((_, outgoing) => {
  outgoing.write('one')
  setTimeout(() => outgoing.end('two'), 10)
}).listen(0, '127.0.0.1')
await Promise.all([once(echo, 'listening'), once(pages, 'listening')])
const pageUrl = `http://127.0.0.1:${pages.address().port}/`

/** A connection that A opens, and its next data, which B waits for. */
async function socketOf(as) {
  const socket = await as('A', () => connect(echo.address().port, '127.0.0.1'))
  if (socket.connecting) await once(socket, 'connect')
  return socket
}

const worker = new Worker(
  "const { parentPort } = require('node:worker_threads'); parentPort.on('message', (x) => parentPort.postMessage(x))",
  { eval: true },
)
const soon = () => new Date(Date.now() + 500)

const cases = [
  ...Object.entries(queues).flatMap(([name, make]) => [
    [name, 'a task that waited', (as) => queued(make())(as)],
    [name, 'the same with bindContext(task)', (as) => bound(make())(as)],
  ]),
  [
    'node-schedule 2',
    'a job, while one of A is pending',
    (as) => {
      as('A', () => void schedule.scheduleJob(new Date(Date.now() + 400), () => {}))
      return as('B', () => new Promise((resolve) => void schedule.scheduleJob(soon(), () => resolve(who()))))
    },
  ],
  [
    'croner 11',
    'a job, while one of A is pending',
    (as) => {
      as('A', () => void new Cron(new Date(Date.now() + 400), () => {}))
      return as('B', () => new Promise((resolve) => void new Cron(new Date(Date.now() + 1100), () => resolve(who()))))
    },
  ],
  [
    'node:net',
    'a callback on a connection that A opened',
    async (as) => {
      const socket = await socketOf(as)
      return as('B', () => new Promise((resolve) => void socket.once('data', () => resolve(who())).write('x')))
    },
  ],
  [
    'node:net',
    'the same with bindContext(callback)',
    async (as) => {
      const socket = await socketOf(as)
      return as(
        'B',
        () =>
          new Promise(
            (resolve) =>
              void socket
                .once(
                  'data',
                  bindContext(() => resolve(who())),
                )
                .write('x'),
          ),
      )
    },
  ],
  [
    'node:net',
    'after await once(…)',
    async (as) => {
      const socket = await socketOf(as)
      return as('B', async () => {
        socket.write('x')
        await once(socket, 'data')
        return who()
      })
    },
  ],
  [
    'node:worker_threads',
    'a message listener',
    (as) => as('B', () => new Promise((resolve) => void worker.once('message', () => resolve(who())).postMessage('x'))),
  ],
  [
    'undici 8',
    "body.on('data'), a later piece, connection of A",
    async (as) => {
      await as('A', async () => (await undiciRequest(pageUrl)).body.text())
      return as('B', async () => {
        const { body } = await undiciRequest(pageUrl)
        let last
        await new Promise((resolve) => void body.on('data', () => (last = who())).on('end', resolve))
        return last
      })
    },
  ],
  [
    'undici 8',
    'for await (… of body)',
    async (as) => {
      await as('A', async () => (await undiciRequest(pageUrl)).body.text())
      return as('B', async () => {
        const { body } = await undiciRequest(pageUrl)
        for await (const _ of body);
        return who()
      })
    },
  ],
  [
    'undici 8',
    'an interceptor: onResponseStart, connection of A',
    async (as) => {
      let seen
      class Watch extends DecoratorHandler {
        onResponseStart(...args) {
          seen = who()
          return super.onResponseStart(...args)
        }
      }
      const dispatcher = new Agent().compose((dispatch) => (options, handler) => dispatch(options, new Watch(handler)))
      const load = async () => (await undiciRequest(pageUrl, { dispatcher })).body.text()
      await as('A', load)
      await as('B', load)
      return seen
    },
  ],
  [
    'node:http',
    "the 'end' of a body, in a server without tipfy",
    (as) =>
      new Promise((resolve) => {
        const server = createHttpServer(async (incoming, outgoing) => {
          await as('B', () => void incoming.on('end', () => resolve(who())).resume())
          outgoing.end()
        }).listen(0, '127.0.0.1', () => {
          const sent = httpRequest({ port: server.address().port, method: 'POST' }).on('error', () => {})
          sent.write('one')
          setTimeout(() => sent.end('two'), 20)
        })
      }),
  ],
  [
    'node:stream',
    'write(chunk, callback), while A writes',
    (as) => {
      const shared = new Writable({ write: (_chunk, _encoding, done) => void setTimeout(done, 20) })
      as('A', () => void shared.write('a'))
      return as('B', () => new Promise((resolve) => void shared.write('b', () => resolve(who()))))
    },
  ],
  [
    'debounce 3',
    'a function that A called, then B',
    async (as) => {
      const { promise, resolve } = Promise.withResolvers()
      const debounced = debounce(() => resolve(who()), 30)
      as('A', () => void debounced())
      await pause(10)
      as('B', () => void debounced())
      return promise
    },
  ],
  [
    'dataloader 2',
    'the batch function, for A and B',
    async (as) => {
      const loader = new DataLoader(async (keys) => keys.map(() => who()))
      as('A', () => void loader.load(1))
      return as('B', () => loader.load(2))
    },
  ],
  [
    'lru-cache 11',
    'fetchMethod, begun by A',
    async (as) => {
      const cache = new LRUCache({
        max: 1,
        fetchMethod: async () => {
          await pause(20)
          return who()
        },
      })
      as('A', () => void cache.fetch('key'))
      return as('B', () => cache.fetch('key'))
    },
  ],
]

console.log(`Node ${process.version}, isolateConnections: ${isolateConnections}\n`)
for (const [library, what, run] of cases) {
  const { promise, resolve } = Promise.withResolvers()
  const found = await run((name, fn) => inRequest(name, fn, promise))
  resolve()
  const colour = found === 'B' ? 'green' : found === 'none' ? 'yellow' : 'red'
  console.log(`${library.padEnd(20)} ${what.padEnd(50)} ${styleText(colour, found)}`)
}
process.exit(0)
