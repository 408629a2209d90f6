// `npm run bench -- --latency`: the spread of response times at 70 % of what a server can do. Requests are begun by the clock,
// whether responses have come or not, and each counts from when it was due.
import { type Case, cases } from './cases.ts'
import { median, quantile, requestsFor, type Settings, startServers } from './measure.ts'
import type { LoadProcess, ServerProcess } from './processes.ts'

/** Of the most that a server answers in a second. */
const part = 0.7
/** At most: each takes seconds. */
const mostRounds = 5
const names = ['hello', 'read', 'change', 'stored-read']

interface Latency {
  readonly p50: number
  readonly p99: number
}

async function measureAt(server: ServerProcess, kase: Case, load: LoadProcess, settings: Settings): Promise<Latency> {
  const { connections } = settings
  const total = 5 * settings.requests
  const requests = await requestsFor(kase, server.port, connections)
  const job = { port: server.port, requests, connections, follow: kase.follow }
  const peaks: number[] = []
  for (let round = 0; round < 4; round++) peaks.push(total / (await load.run({ ...job, total })).seconds)
  const rate = part * quantile(peaks, 0.75)
  const { latencies } = await load.run({ ...job, total: Math.ceil(rate * 3), rate, connections: 4 * connections })
  return { p50: quantile(latencies, 0.5), p99: quantile(latencies, 0.99) }
}

/** Prints p50, p99 and how far they are apart, for bare node:http and for tipfy in turn. */
export async function measureLatency(load: LoadProcess, settings: Settings): Promise<void> {
  console.log(`\nms from when a request was due to its answer, at ${100 * part} % of each server's peak`)
  console.log(`  ${''.padEnd(26)}${'p50'.padStart(8)}${'p99'.padStart(8)}   p99 / p50`)
  for (const kase of cases.filter(({ name }) => names.includes(name))) {
    const rows = new Map<string, Latency[]>()
    const { servers } = await startServers(kase, [], settings)
    for (let round = 0; round < Math.min(settings.rounds, mostRounds); round++) {
      for (const server of servers) {
        // Bare node:http sets no cookie, and needs none.
        const asked = server.name === 'node-http' ? { ...kase, login: undefined, follow: false } : kase
        rows.set(server.name, [...(rows.get(server.name) ?? []), await measureAt(server, asked, load, settings)])
      }
    }
    await Promise.all(servers.map((server) => server.stop()))
    for (const [name, latencies] of rows) {
      const [p50, p99, ratio] = [
        latencies.map((one) => one.p50),
        latencies.map((one) => one.p99),
        latencies.map((one) => one.p99 / one.p50),
      ].map((list) => median(list).toFixed(2))
      console.log(`  ${`${kase.name}: ${name}`.padEnd(26)}${p50!.padStart(8)}${p99!.padStart(8)}   ${ratio}`)
    }
  }
}
