// `npm run bench:datastore`: the local Datastore beside Google's emulator (where this machine has one) and the engine in
// process, with the same official client, in turns; then with a million entities.
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
  /** Its own process; undefined in process. */
  pid: number | undefined
  close(): Promise<unknown>
}

type Figures = Record<string, number | string>

/** Resident memory of a process in MB. */
function memory(pid: number): number {
  const [, kib] = readFileSync(`/proc/${pid}/status`, 'utf8').match(/VmRSS:\s+(\d+)/) ?? []
  return round(Number(kib) / 1024)
}

/** Milliseconds of CPU that a process has used. */
function cpu(pid: number): number {
  const [, , user, system] = readFileSync(`/proc/${pid}/stat`, 'utf8').match(/^.*\)( \S+){11} (\d+) (\d+)/s)!
  // In hundredths of a second.
  return (Number(user) + Number(system)) * 10
}

const data = { created: new Date(), text: 'x'.repeat(1000), user: 'somebody', n: 1 }
const excludeFromIndexes = ['created', 'text']

type Call = (i: number) => Promise<unknown>

/** How long calls take, one after another. */
async function latencies(from: number, count: number, call: Call): Promise<number[]> {
  const times: number[] = []
  for (let i = from; i < from + count; i++) {
    const begun = performance.now()
    await call(i)
    times.push(performance.now() - begun)
  }
  return times
}

/** How long it takes to make calls with fifty in flight. */
async function together(from: number, count: number, call: Call): Promise<number> {
  let next = from
  const begun = performance.now()
  const worker = async () => {
    while (next < from + count) await call(next++)
  }
  await Promise.all(Array.from({ length: 50 }, worker))
  return performance.now() - begun
}

function callsOf(datastore: Datastore): Record<'get' | 'save' | 'add' | 'transaction' | 'query', Call> {
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

const one = [
  ['get', 'get', calls],
  ['save', 'save', calls],
  ['transaction', 'transaction', calls],
  ['query of 20', 'query', calls / 3],
] as const

const many = [
  ['gets', 'get', calls * 3],
  ['saves', 'add', calls * 3],
  ['queries', 'query', calls / 3],
] as const

/** Takes turns: whatever else the machine does meanwhile, the tail above all, is then told of all alike. */
const ROUNDS = 20

async function measure(subjects: Subject[]): Promise<Figures[]> {
  const measured = subjects.map(({ datastore, ready }) => ({
    call: callsOf(datastore),
    figures: (ready === undefined ? {} : { 'ready, ms': Math.round(ready) }) as Figures,
  }))
  for (const { call } of measured) {
    for (let i = 0; i < 1000; i++) await call.save(i)
    for (let i = 0; i < 300; i++) await Promise.all([call.get(i), call.query(i), call.transaction(i)])
  }
  for (const [name, which, count] of one) {
    const times: number[][] = subjects.map(() => [])
    const part = Math.ceil(count / ROUNDS)
    for (let turn = 0; turn < ROUNDS; turn++) {
      for (const [i, { call }] of measured.entries())
        times[i]!.push(...(await latencies(turn * part, part, call[which])))
    }
    for (const [i, { figures }] of measured.entries()) {
      const sorted = times[i]!.sort((a, b) => a - b)
      const at = (share: number) => round(sorted[Math.floor(sorted.length * share)]!)
      figures[`${name}, p50 / p99 ms`] = `${at(0.5)} / ${at(0.99)}`
    }
  }
  for (const [name, which, count] of many) {
    const took = subjects.map(() => ({ time: 0, cpu: 0 }))
    const part = Math.ceil(count / ROUNDS)
    for (let turn = 0; turn < ROUNDS; turn++) {
      for (const [i, { pid }] of subjects.entries()) {
        const before = pid === undefined ? 0 : cpu(pid)
        took[i]!.time += await together(turn * part, part, measured[i]!.call[which])
        if (pid !== undefined) took[i]!.cpu += cpu(pid) - before
      }
    }
    for (const [i, { figures }] of measured.entries()) {
      figures[`${name} a second, 50 in flight`] = Math.round((part * ROUNDS * 1000) / took[i]!.time)
      if (took[i]!.cpu > 0) figures[`CPU of a thousand ${name}, ms`] = round((took[i]!.cpu * 1000) / (part * ROUNDS))
    }
  }
  for (const [i, { pid }] of subjects.entries())
    if (pid !== undefined) measured[i]!.figures['memory after all that, MB'] = memory(pid)
  return measured.map(({ figures }) => figures)
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
  return { datastore, ready: undefined, pid: undefined, close: () => closeDatastore(datastore) }
}

async function google(jar: string): Promise<Subject> {
  const { port, started, pid, close } = await startEmulator(jar)
  return { datastore: clientOf(port), ready: started, pid, close }
}

/** A store of many entities, in a process that has done nothing else. */
async function measureLarge(count: number): Promise<Figures> {
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
  const opened: Subject[] = []
  for (const [, start] of subjects) opened.push(await start())
  const figures = await measure(opened)
  const columns = Object.fromEntries(subjects.map(([name], i) => [name, figures[i]!]))
  for (const { datastore, close } of opened) {
    await closeDatastore(datastore)
    await close()
  }
  const large = Number(values.entities) > 0 ? await measureLarge(Number(values.entities)) : undefined
  rmSync(folder, { recursive: true })
  const machine = `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model}`
  if (values.json) console.log(JSON.stringify({ machine, columns, large }, null, 2))
  else {
    console.log(`${machine}\n\n${table(columns)}`)
    if (large) console.log(`\n${table({ [`${values.entities} entities, in process`]: large })}`)
  }
}

await main()
