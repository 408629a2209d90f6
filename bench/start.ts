// `npm run bench -- --start`: the time that an application takes from nothing to its first response, and the memory it has then.
// It is run as others run it: compiled, in a folder of its own, in production, with Node's compile cache warm.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { endWithUs } from './guard.ts'
import { median } from './measure.ts'
import { freePort, startDatastore } from './processes.ts'

interface Surroundings {
  readonly node: string
  /** The address of a Datastore in another process. */
  readonly emulator: string
}

interface Started {
  /** ms from the start of the process to the first response. */
  readonly wall: number
  /** ms of CPU until then; NaN where the system does not tell. */
  readonly cpu: number
  /** MB a moment later; NaN where the system does not tell. */
  readonly resident: number
}

const root = join(import.meta.dirname, '..')

interface Kind {
  readonly name: string
  readonly hook: string
  readonly datastore: 'embedded' | 'cloud'
  readonly args: readonly string[]
  readonly target: string
}

const serve = ['node_modules/tipfy/dist/cli/bin.js', 'serve']
const [cookie, stored] = ['setSecureCookieSession', 'setDatastoreSession']
const bareKind: Kind = { name: 'bare node:http', hook: cookie, datastore: 'embedded', args: ['bare.mjs'], target: '' }
const cloudName = 'datastore sessions on an emulator'
const kinds: readonly Kind[] = [
  { name: 'cookie sessions', hook: cookie, datastore: 'embedded', args: serve, target: '≤ 250 ms, ≤ 70 MB' },
  { name: 'datastore sessions', hook: stored, datastore: 'embedded', args: serve, target: '≤ 1.35 × and + 10 MB' },
  { name: cloudName, hook: stored, datastore: 'cloud', args: serve, target: '≤ 0.8 × the build of 26 November' },
]

const config = ({ hook, datastore }: Kind) => `export const config = {
  tipfy: { accessLog: false, hooks: { posInitApp: ['tipfy/ext/session:${hook}'] } },
  'tipfy/ext/session': { secretKey: 'w3HsG0TzqvXKJbM5ncYf9RaLpZ2UxE7dBk4NoQ1t', datastore: '${datastore}' },
}
`
const urls = `import { Rule } from 'tipfy'
export const getRules = () => [new Rule('/session-test', { endpoint: 'session', handler: 'session_test:MyHandler' })]
`
const bare = `import { createServer } from 'node:http'
createServer((_, response) => response.end('The cart is empty.')).listen(process.env.PORT, '127.0.0.1')
`

/** An application of three files, as somebody's own would be. */
function makeFolder(kind: Kind, build: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'tipfy-start-'))
  mkdirSync(join(folder, 'app'))
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(build, join(folder, 'node_modules/tipfy'))
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  writeFileSync(join(folder, 'config.ts'), config(kind))
  writeFileSync(join(folder, 'urls.ts'), urls)
  writeFileSync(join(folder, 'bare.mjs'), bare)
  writeFileSync(join(folder, 'app/session_test.ts'), readFileSync(join(root, 'app/session_test.ts')))
  return folder
}

/** Resolves when a server on `port` has responded. */
async function firstAnswer(port: number): Promise<void> {
  for (;;) {
    const socket = connect(port, '127.0.0.1')
    const responded = await new Promise<boolean>((resolve) => {
      socket.on('error', () => resolve(false))
      socket.on('data', () => resolve(true))
      socket.write('GET /session-test?add-product=foo HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
    })
    socket.destroy()
    if (responded) return
    await delay(2)
  }
}

function look({ pid }: ChildProcess): { cpu: number; resident: number } {
  try {
    // The first figure is the time of a thread on a processor, in nanoseconds.
    const threads = readdirSync(`/proc/${pid}/task`)
    const times = threads.map((id) => Number(readFileSync(`/proc/${pid}/task/${id}/schedstat`, 'utf8').split(' ')[0]))
    const pages = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]
    return { cpu: times.reduce((sum, time) => sum + time) / 1e6, resident: Number(pages) / 1024 }
  } catch {
    return { cpu: Number.NaN, resident: Number.NaN }
  }
}

async function start(folder: string, args: readonly string[], { node, emulator }: Surroundings): Promise<Started> {
  const port = await freePort()
  const cloud = { DATASTORE_EMULATOR_HOST: emulator, GOOGLE_CLOUD_PROJECT: 'tipfy', METADATA_SERVER_DETECTION: 'none' }
  const env = { ...process.env, ...cloud, NODE_ENV: 'production', PORT: String(port) }
  const from = performance.now()
  const child = spawn(node, args, { cwd: folder, env, stdio: ['ignore', 'ignore', 'inherit'] })
  child.once('exit', endWithUs(child.pid!))
  await firstAnswer(port)
  const wall = performance.now() - from
  const { cpu } = look(child)
  await delay(300)
  const { resident } = look(child)
  child.kill()
  await once(child, 'exit')
  return { wall, cpu, resident }
}

interface Measured extends Kind {
  readonly build: string
  readonly folder: string
  readonly runs: Started[]
}

/** Prints a line for bare node:http, and one for each kind of session; with another checkout, which has been built, twice for that one. */
export async function measureStarts(node: string, times: number, beside?: string): Promise<void> {
  const run = (...args: string[]) => execFileSync(process.execPath, args, { cwd: root, stdio: 'inherit' })
  run('tools/clean.js', 'dist')
  run('node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json')
  const builds = beside === undefined ? { '': root } : { beside, control: beside, now: root }
  const measured: Measured[] = [...kinds].flatMap((kind) =>
    Object.entries(builds).map(([build, path]) => ({ ...kind, build, folder: makeFolder(kind, path), runs: [] })),
  )
  if (beside === undefined) measured.unshift({ ...bareKind, build: '', folder: makeFolder(bareKind, root), runs: [] })
  const datastore = await startDatastore()
  const surroundings = { node, emulator: datastore.address }
  // Twice unseen: the first fills the compile cache, which is written a second later or at the end.
  for (const { folder, args } of measured) for (let time = 0; time < 2; time++) await start(folder, args, surroundings)
  for (let time = 0; time < times; time++) {
    for (const at of measured.keys()) {
      const { folder, args, runs } = measured[(at + time) % measured.length]!
      runs.push(await start(folder, args, surroundings))
    }
  }
  datastore.stop()
  print(measured, times)
  for (const { folder } of measured) rmSync(folder, { recursive: true })
}

function print(measured: readonly Measured[], times: number): void {
  console.log(
    `first response of an application of three files, from the start of its process (medians of ${times}, in turns)`,
  )
  console.log(`  ${''.padEnd(44)}${'ms'.padStart(8)}${'ms CPU'.padStart(10)}${'MB'.padStart(8)}`)
  for (const { name, build, runs, target } of measured) {
    const figure = (key: keyof Started, width: number) =>
      median(runs.map((run) => run[key]))
        .toFixed(0)
        .padStart(width)
    const base = measured.find((one) => one.name === name && one.build === 'beside')?.runs
    const ratioOf = (key: keyof Started) => median(runs.map((run, at) => run[key] / base![at]![key])).toFixed(2)
    const ratios = base ? `   ${ratioOf('wall')} × ms, ${ratioOf('cpu')} × CPU of beside` : `   ${target}`
    const line = [figure('wall', 8), figure('cpu', 10), figure('resident', 8)].join('')
    console.log(`  ${`${name} ${build}`.padEnd(44)}${line}${ratios}`)
  }
}
