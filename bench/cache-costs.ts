// `npm run bench:cache`: the processor time of one read of a cached session over memcached, over Valkey (or Redis), and over it
// with TLS, taking turns in one process; then how long loads and saves take while the server hangs.

import { readFileSync } from 'node:fs'
import { cacheOn } from '../lib/ext/session/cache/cache.ts'
import { memcachedLink } from '../lib/ext/session/cache/memcached.ts'
import type { CacheConnection, CacheLink } from '../lib/ext/session/cache/ports.ts'
import { valkeyLink } from '../lib/ext/session/cache/valkey.ts'
import { systemRandomness } from '../lib/ext/session/repository/randomness.ts'
import { SessionRepository } from '../lib/ext/session/repository/repository.ts'
import { systemClock } from '../lib/internal/clock.ts'
import { freePort, Memcached } from '../tests/support/memcached.ts'
import { MemoryDatastore } from '../tests/support/memory-datastore.ts'
import { certificate, Valkey } from '../tests/support/valkey.ts'

const rounds = 15
const reads = 4000
const middle = (list: number[]) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)]!

/** Microseconds of processor time for each of many reads, as the repository makes them, `inFlight` at a time. */
async function costOf(connection: CacheConnection, inFlight: number): Promise<number> {
  const before = process.cpuUsage()
  let left = reads
  const read = async () => {
    while (left-- > 0) {
      if (connection.look === undefined) await connection.get('tipfy:bench')
      else await connection.look('tipfy:bench', 'lease of a reader', 5)
    }
  }
  await Promise.all(Array.from({ length: inFlight }, read))
  const { user, system } = process.cpuUsage(before)
  return (user + system) / reads
}

async function printReads(links: Readonly<Record<string, CacheLink>>): Promise<void> {
  const connections: [string, CacheConnection][] = []
  for (const [name, link] of Object.entries(links)) {
    const connection = await link.connect(5000)
    await connection.delete('tipfy:bench')
    await connection.add('tipfy:bench', `value ${'x'.repeat(1000)}`, 3600)
    connections.push([name, connection])
  }
  for (const inFlight of [1, 50]) {
    const costs = connections.map(() => [] as number[])
    // The first round warms up; contenders take turns.
    for (let round = 0; round <= rounds; round++) {
      for (const [at, [, connection]] of connections.entries()) {
        const cost = await costOf(connection, inFlight)
        if (round > 0) costs[at]!.push(cost)
      }
    }
    const text = connections.map(([name], at) => {
      const ratio = middle(costs[at]!.map((cost, round) => cost / costs[0]![round]!))
      return `${name} ${middle(costs[at]!).toFixed(1)} µs (${ratio.toFixed(2)})`
    })
    console.log(`one read of 1 kB, ${inFlight} in flight: ${text.join(', ')}`)
  }
  for (const [, connection] of connections) connection.close()
}

/** Loads and saves, one after another, while the server hangs: the first waits, the others do not. */
async function printHang(name: string, link: CacheLink, hang: () => void): Promise<void> {
  const repository = new SessionRepository({
    datastore: new MemoryDatastore(),
    cache: cacheOn([link]),
    clock: systemClock,
    randomness: systemRandomness,
    settings: { storeTimeout: 5000 },
  })
  let record = await repository.create('sid', { data: '{}' })
  for (let n = 0; n < 20; n++) await repository.load('sid')
  hang()
  const took: number[] = []
  for (let n = 0; n < 200; n++) {
    const start = performance.now()
    await repository.load('sid')
    took.push(performance.now() - start)
    const saved = await repository.save('sid', record, { data: `{"n":${n}}` })
    if (saved.state === 'saved') record = saved.record
    took.push(performance.now() - start - took.at(-1)!)
  }
  const waited = took.filter((ms) => ms > 10)
  console.log(
    `${name} hangs: of ${took.length} loads and saves ${waited.length} took over 10 ms (${waited.map((ms) => ms.toFixed(0)).join(', ')} ms), the others ${middle(took).toFixed(2)} ms`,
  )
  repository.close()
}

export async function printCosts(program: string): Promise<void> {
  const memcached = await Memcached.start()
  const tlsPort = await freePort()
  const files = ['--tls-cert-file', certificate, '--tls-key-file', certificate, '--tls-ca-cert-file', certificate]
  const server = await Valkey.start(program, '--tls-port', String(tlsPort), '--tls-auth-clients', 'no', ...files)
  try {
    const link = memcachedLink({ host: '127.0.0.1', port: memcached.port })
    const plain = valkeyLink({ host: '127.0.0.1', port: server.port })
    const tls = valkeyLink({ host: 'localhost', port: tlsPort, tls: true, ca: readFileSync(certificate, 'utf8') })
    await printReads({ memcached: link, [program]: plain, [`${program} over TLS`]: tls })
    await printHang('memcached', link, () => memcached.hang())
    await printHang(program, plain, () => server.hang())
  } finally {
    await Promise.all([memcached.kill(), server.kill()])
  }
}
