// `npm run bench:datastore`: the local Datastore beside Google's emulator (where this machine has one), with the same
// official client, in one run; then the engine in process, and with a million entities.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Datastore, PropertyFilter } from '@google-cloud/datastore'
import { closeDatastore, openDatastore } from '../lib/datastore/index.ts'
import { emulatorJar, startEmulator } from '../tests/datastore/emulator.ts'

const usage = `npm run bench:datastore -- [options]
  --calls <n>      calls a figure (3000)
  --entities <n>   entities of the large store; 0 for none (1000000)
  --json           figures as JSON on stdout`

const { values } = parseArgs({
  options: {
    calls: { type: 'string', default: '3000' },
    entities: { type: 'string', default: '1000000' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

process.env['METADATA_SERVER_DETECTION'] = 'none'
const calls = Number(values.calls)
const folder = mkdtempSync(join(tmpdir(), 'tipfy-bench-'))
const round = (n: number) => Number(n.toPrecision(3))

interface Subject {
  datastore: Datastore
  /** Milliseconds from the start of the process to its first Ok; undefined in process. */
  ready: number | undefined
  pid: number
  close(): Promise<unknown>
}

type Figures = Record<string, number | string>

/** Resident memory of a process in MB. */
function memory(pid: number): number {
  const [, kib] = readFileSync(`/proc/${pid}/status`, 'utf8').match(/VmRSS:\s+(\d+)/) ?? []
  return round(Number(kib) / 1024)
}

const data = { created: new Date(), text: 'x'.repeat(1000), user: 'somebody', n: 1 }
const excludeFromIndexes = ['created', 'text']

async function latencies(count: number, call: (i: number) => Promise<unknown>): Promise<string> {
  const times: number[] = []
  for (let i = 0; i < count; i++) {
    const begun = performance.now()
    await call(i)
    times.push(performance.now() - begun)
  }
  times.sort((a, b) => a - b)
  return `${round(times[count >> 1]!)} / ${round(times[Math.floor(count * 0.99)]!)}`
}

async function perSecond(count: number, call: (i: number) => Promise<unknown>): Promise<number> {
  let next = 0
  const begun = performance.now()
  const worker = async () => {
    while (next < count) await call(next++)
  }
  await Promise.all(Array.from({ length: 50 }, worker))
  return Math.round((count / (performance.now() - begun)) * 1000)
}

async function measure({ datastore, ready, pid }: Subject): Promise<Figures> {
  const key = (i: number) => datastore.key(['Thing', `thing ${i}`])
  const save = (i: number) => datastore.save({ key: key(i), data: { ...data, n: i }, excludeFromIndexes })
  const change = async (i: number) => {
    const transaction = datastore.transaction()
    await transaction.run()
    await transaction.get(key(i % 500))
    transaction.save({ key: key(i % 500), data: { ...data, n: i }, excludeFromIndexes })
    await transaction.commit()
  }
  const ask = (i: number) => {
    const query = datastore.createQuery('Thing').filter(new PropertyFilter('n', '>=', i % 1000))
    return datastore.runQuery(query.order('n').limit(20))
  }
  for (let i = 0; i < 1000; i++) await save(i)
  for (let i = 0; i < 300; i++) await Promise.all([datastore.get(key(i)), ask(i), change(i)])
  return {
    ...(ready !== undefined && { 'ready, ms': Math.round(ready) }),
    'get, p50 / p99 ms': await latencies(calls, (i) => datastore.get(key(i % 1000))),
    'save, p50 / p99 ms': await latencies(calls, (i) => save(i % 1000)),
    'transaction, p50 / p99 ms': await latencies(calls / 3, change),
    'query of 20, p50 / p99 ms': await latencies(calls / 3, ask),
    'gets a second, 50 in flight': await perSecond(calls * 3, (i) => datastore.get(key(i % 1000))),
    'saves a second, 50 in flight': await perSecond(calls * 3, (i) => save(2000 + i)),
    'queries a second, 50 in flight': await perSecond(calls / 3, ask),
    'memory after all that, MB': memory(pid),
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}

function clientOf(port: number): Datastore {
  return new Datastore({ projectId: 'bench', apiEndpoint: `http://127.0.0.1:${port}` })
}

async function served(...args: string[]): Promise<Subject> {
  const port = await freePort()
  const bin = join(import.meta.dirname, '../lib/cli/bin.ts')
  const begun = performance.now()
  const flags = ['-C', 'tipfy-source', '--disable-warning=ExperimentalWarning']
  const child = spawn(process.execPath, [...flags, bin, 'datastore', '--port', String(port), ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  for (;;) {
    const ok = await fetch(`http://127.0.0.1:${port}/`).then(
      (answer) => answer.ok,
      () => false,
    )
    if (ok) break
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  return {
    datastore: clientOf(port),
    ready: performance.now() - begun,
    pid: child.pid!,
    close: async () => {
      child.kill()
      await once(child, 'exit')
    },
  }
}

async function embedded(options: { dataFolder?: string; memory?: boolean }): Promise<Subject> {
  const datastore = await openDatastore({ mode: 'embedded', ...options })
  return { datastore, ready: undefined, pid: process.pid, close: () => closeDatastore(datastore) }
}

async function google(jar: string): Promise<Subject> {
  const { port, started, pid, close } = await startEmulator(jar)
  return { datastore: clientOf(port), ready: started, pid, close }
}

/** A store of many entities, in a process that has done nothing else. */
async function large(count: number): Promise<Figures> {
  const dataFolder = join(folder, 'large')
  const script = join(import.meta.dirname, 'datastore-large.ts')
  const child = (mode: string) =>
    spawn(process.execPath, ['-C', 'tipfy-source', script, mode, dataFolder, String(count)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
  await once(child('fill').stdout.resume(), 'close')
  let told = ''
  const asking = child('ask')
  asking.stdout.on('data', (chunk) => {
    told += chunk
  })
  await once(asking, 'close')
  return JSON.parse(told) as Figures
}

function table(columns: Record<string, Figures>): string {
  const names = Object.keys(columns)
  const rows = Object.keys(Object.assign({}, ...Object.values(columns)))
  const lines = rows.map((row) => [row, ...names.map((name) => String(columns[name]![row] ?? ''))])
  return [['', ...names], ['---', ...names.map(() => '---')], ...lines]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n')
}

async function main(): Promise<void> {
  if (values.help) {
    console.log(usage)
    return
  }
  const jar = emulatorJar()
  const subjects: [string, () => Promise<Subject>][] = [
    ['tipfy, on disk', () => served('--data', join(folder, 'served'))],
    ['tipfy, in memory', () => served('--memory')],
    ...(jar ? [["Google's emulator, in memory", () => google(jar)] as [string, () => Promise<Subject>]] : []),
    ['in process, on disk', () => embedded({ dataFolder: join(folder, 'embedded') })],
  ]
  const columns: Record<string, Figures> = {}
  for (const [name, start] of subjects) {
    const subject = await start()
    columns[name] = await measure(subject)
    await closeDatastore(subject.datastore)
    await subject.close()
  }
  const many = Number(values.entities) > 0 ? await large(Number(values.entities)) : undefined
  rmSync(folder, { recursive: true })
  const machine = `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model}`
  if (values.json) console.log(JSON.stringify({ machine, columns, large: many }, null, 2))
  else {
    console.log(`${machine}\n\n${table(columns)}`)
    if (many) console.log(`\n${table({ [`${values.entities} entities, in process`]: many })}`)
  }
}

await main()
