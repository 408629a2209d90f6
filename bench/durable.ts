// `npm run bench -- --durable`: how many changes of stored sessions a process makes durable in a second, and what another request of
// that process waits while it makes half as many. With `--workers`: how many several processes on one folder make, beside one.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cases } from './cases.ts'
import { median, quantile, requestsFor, type Settings } from './measure.ts'
import { LoadProcess, requestText, ServerProcess } from './processes.ts'

/** Changes in flight. */
const connections = 50
/** Requests a second of the other kind, which are timed. */
const helloRate = 200
/** Seconds of a round. */
const seconds = 4
const mostRounds = 7

const caseOf = (name: string) => cases.find((one) => one.name === name)!

export async function measureDurable(load: LoadProcess, settings: Settings): Promise<void> {
  const [change, hello] = [caseOf('stored-change'), caseOf('hello')]
  const server = await ServerProcess.start('tipfy', { name: change.name, sessions: change.sessions }, settings.launch)
  const { port } = server
  const changes = { port, requests: await requestsFor(change, port, connections), connections, follow: true }
  const others = {
    port,
    requests: [requestText(hello, '')],
    connections: 8,
    rate: helloRate,
    sleeps: true,
    total: helloRate * seconds,
  }
  const timed = new LoadProcess()
  const p99 = async () => quantile((await timed.run(others)).latencies, 0.99)
  const rows: { rate: number; alone: number; beside: number }[] = []
  for (let round = 0; round <= Math.min(settings.rounds, mostRounds); round++) {
    const total = 5 * settings.requests
    const rate = total / (await load.run({ ...changes, total })).seconds
    const alone = await p99()
    const half = { ...changes, sleeps: true, rate: rate / 2, total: Math.ceil((rate / 2) * seconds) }
    const [beside] = await Promise.all([p99(), load.run(half)])
    if (round > 0) rows.push({ rate, alone, beside }) // the first is for the compiler
  }
  timed.stop()
  await server.stop()
  const medianOf = (figure: 'rate' | 'alone' | 'beside') => median(rows.map((row) => row[figure]))
  console.log(`durable changes a second, ${connections} in flight: ${medianOf('rate').toFixed(0)}`)
  console.log(
    `p99 of hello, ms: ${medianOf('alone').toFixed(2)} alone, ${medianOf('beside').toFixed(2)} beside half as many changes (${median(rows.map(({ alone, beside }) => beside / alone)).toFixed(2)} ×)`,
  )
}

/** Prints the durable changes a second of one process and of `workers` processes on one folder, in turn. */
export async function measureWorkers(load: LoadProcess, settings: Settings, workers: number): Promise<void> {
  const change = caseOf('stored-change')
  const sides = await Promise.all(
    [undefined, workers].map(async (workers) => {
      const dataFolder = mkdtempSync(join(tmpdir(), 'tipfy-bench-'))
      process.on('exit', () => rmSync(dataFolder, { recursive: true, force: true }))
      const options = { name: change.name, sessions: change.sessions, workers, dataFolder }
      const server = await ServerProcess.start('tipfy', options, settings.launch)
      const requests = await requestsFor(change, server.port, connections)
      // Asleep between responses, the load leaves the processors to the workers.
      const job = { port: server.port, requests, connections, follow: true, sleeps: true, total: 5 * settings.requests }
      return { server, job, rates: [] as number[] }
    }),
  )
  for (let round = 0; round <= Math.min(settings.rounds, mostRounds); round++) {
    for (const { job, rates } of round % 2 === 0 ? sides : sides.toReversed()) {
      const rate = job.total / (await load.run(job)).seconds
      if (round > 0) rates.push(rate) // the first is for the compiler
    }
  }
  await Promise.all(sides.map(({ server }) => server.stop()))
  const [one, several] = sides.map(({ rates }) => rates) as [number[], number[]]
  const ratio = median(several.map((rate, round) => rate / one[round]!))
  console.log(`durable changes a second, ${connections} in flight, of sessions in one folder`)
  console.log(`  one process: ${median(one).toFixed(0)}`)
  console.log(`  ${workers} workers: ${median(several).toFixed(0)} (${ratio.toFixed(2)} ×)`)
}
