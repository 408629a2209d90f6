// `npm run bench:datastore`: the local Datastore beside Google's emulator (where this machine has one) and the engine in
// process, all called by the same official client, in turns; then with a million entities.
import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { availableParallelism, cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { emulatorFound, startEmulator } from '../tests/support/emulator.ts'
import type { CallName, Job, Place } from './datastore-client.ts'
import { endWithNpm, endWithUs } from './guard.ts'

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

const calls = Number(values.calls)
const folder = mkdtempSync(join(tmpdir(), 'tipfy-bench-'))
const flags = ['-C', 'tipfy-source', '--disable-warning=ExperimentalWarning']
const IN_FLIGHT = 50

const round = (n: number) => Number(n.toPrecision(3))

interface Subject {
  place: Place
  /** The processes that call it; the one that it is in, if it is in one of them. */
  clients: ChildProcess[]
  /** Its own process. */
  pid: number
  /** Milliseconds from the start of the process to its first Ok; undefined in process. */
  ready: number | undefined
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

function client(): ChildProcess {
  return fork(join(import.meta.dirname, 'datastore-client.ts'), { execArgv: flags })
}

/** Has a client make calls; gives how long each took, in ms. */
async function make(by: ChildProcess, job: Job): Promise<number[]> {
  const ended = new AbortController()
  const replied = once(by, 'message', ended)
  const exited = once(by, 'exit', ended).then(() => Promise.reject(new Error(`a client ended at ${job.call}`)))
  by.send(job)
  try {
    return (await Promise.race([replied, exited]))[0] as number[]
  } finally {
    exited.catch(() => {})
    ended.abort()
  }
}

/** Measures calls, one after another. */
function latencies({ clients, place }: Subject, call: CallName, from: number, count: number): Promise<number[]> {
  return make(clients[0]!, { place, call, from, count, inFlight: 1 })
}

/** Measures calls with fifty in flight, from all clients together. */
async function together({ clients, place }: Subject, call: CallName, from: number, count: number): Promise<number> {
  const [share, inFlight] = [Math.ceil(count / clients.length), Math.ceil(IN_FLIGHT / clients.length)]
  const begun = performance.now()
  await Promise.all(clients.map((by, i) => make(by, { place, call, from: from + i * share, count: share, inFlight })))
  return performance.now() - begun
}

const one = [
  ['get', 'get', calls],
  ['save', 'save', calls],
  ['transaction', 'transaction', calls],
  ['query of 20', 'query', calls / 3],
] as const

const many = [
  ['gets', 'get', calls * 6],
  ['saves', 'add', calls * 3],
  ['queries', 'query', calls / 6],
] as const

/** Takes turns: whatever else the machine does meanwhile, the tail above all, is then told of all alike. */
const ROUNDS = 20

/** Long enough for the code of both sides to be compiled, as it is in a process that runs for long. */
async function warmUp(subject: Subject): Promise<void> {
  await together(subject, 'save', 0, 1000)
  await together(subject, 'get', 0, calls * 3)
  for (const call of ['save', 'add'] as const) await together(subject, call, 0, calls)
  // One at a time: the emulator gives up those that meet.
  await latencies(subject, 'transaction', 0, calls / 3)
  await together(subject, 'query', 0, calls / 20)
}

async function measure(subjects: Subject[]): Promise<Figures[]> {
  const figures = subjects.map(({ ready }): Figures => (ready === undefined ? {} : { 'ready, ms': Math.round(ready) }))
  for (const subject of subjects) await warmUp(subject)
  for (const [name, call, count] of one) {
    const times: number[][] = subjects.map(() => [])
    const part = Math.ceil(count / ROUNDS)
    for (let turn = 0; turn < ROUNDS; turn++) {
      for (const [i, subject] of subjects.entries())
        times[i]!.push(...(await latencies(subject, call, turn * part, part)))
    }
    for (const [i, list] of times.entries()) {
      list.sort((a, b) => a - b)
      const at = (share: number) => round(list[Math.floor(list.length * share)]!)
      figures[i]![`${name}, p50 / p99 ms`] = `${at(0.5)} / ${at(0.99)}`
    }
  }
  for (const [name, call, count] of many) {
    const took = subjects.map(() => ({ time: 0, cpu: 0 }))
    const part = Math.ceil(count / ROUNDS)
    for (let turn = 0; turn < ROUNDS; turn++) {
      for (const [i, subject] of subjects.entries()) {
        const before = cpu(subject.pid)
        took[i]!.time += await together(subject, call, turn * part, part)
        took[i]!.cpu += cpu(subject.pid) - before
      }
    }
    for (const [i, { time, cpu }] of took.entries()) {
      figures[i]![`${name} a second, ${IN_FLIGHT} in flight`] = Math.round((part * ROUNDS * 1000) / time)
      figures[i]![`CPU of a thousand ${name}, ms`] = round((cpu * 1000) / (part * ROUNDS))
    }
  }
  for (const [i, { pid }] of subjects.entries()) figures[i]!['memory after all that, MB'] = memory(pid)
  return figures
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}

async function served(clients: ChildProcess[], ...args: string[]): Promise<Subject> {
  const port = await freePort()
  const bin = join(import.meta.dirname, '../lib/cli/bin.ts')
  const begun = performance.now()
  const child = spawn(process.execPath, [...flags, bin, 'datastore', '--port', String(port), ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  child.once('exit', endWithUs(child.pid!))
  for (;;) {
    const ok = await fetch(`http://127.0.0.1:${port}/`).then(
      (response) => response.ok,
      () => false,
    )
    if (ok) break
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  const close = async () => {
    child.kill()
    await once(child, 'exit')
  }
  return { place: { port }, clients, pid: child.pid!, ready: performance.now() - begun, close }
}

function inProcess(dataFolder: string): Subject {
  const child = client()
  const close = () => {
    child.disconnect()
    return once(child, 'exit')
  }
  return { place: { dataFolder }, clients: [child], pid: child.pid!, ready: undefined, close }
}

/** "On disk" means, with Google's emulator, a file that it writes anew half a minute after a change. */
async function google(clients: ChildProcess[], onDisk: boolean): Promise<Subject> {
  const { port, started, pid, close } = await startEmulator('datastore', onDisk)
  const release = endWithUs(pid)
  return { place: { port }, clients, pid, ready: started, close: () => close().finally(release) }
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

async function measureAll(): Promise<Record<string, Figures>> {
  const clients: ChildProcess[] = []
  const subjects: [string, Subject][] = [
    ['tipfy, on disk', await served(clients, '--data', join(folder, 'served'))],
    ['tipfy, in memory', await served(clients, '--memory')],
  ]
  if (emulatorFound) subjects.push(["Google's emulator, on disk", await google(clients, true)])
  if (emulatorFound) subjects.push(["Google's emulator, in memory", await google(clients, false)])
  subjects.push(['in process with the client, on disk', inProcess(join(folder, 'embedded'))])
  // Only now, so that nothing else starts while a server does.
  for (let i = 0; i < availableParallelism(); i++) clients.push(client())
  let figures: Figures[]
  try {
    figures = await measure(subjects.map(([, subject]) => subject))
  } finally {
    for (const by of clients) if (by.connected) by.disconnect()
    for (const [, { close }] of subjects) await close()
  }
  return Object.fromEntries(subjects.map(([name], i) => [name, figures[i]!]))
}

async function main(): Promise<void> {
  if (values.help) {
    console.log(usage)
    return
  }
  const columns = await measureAll()
  const large = Number(values.entities) > 0 ? await measureLarge(Number(values.entities)) : undefined
  rmSync(folder, { recursive: true })
  const machine = `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model}`
  if (values.json) console.log(JSON.stringify({ machine, columns, large }, null, 2))
  else {
    console.log(`${machine}\n\n${table(columns)}`)
    if (large) console.log(`\n${table({ [`${values.entities} entities, in process`]: large })}`)
  }
}

endWithNpm()
await main()
