// `npm run bench`: what a request costs tipfy and its peers in CPU time, as multiples of bare node:http in the same run.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { measureBound } from './bound.ts'
import { cases } from './cases.ts'
import { measureDurable, measureWorkers } from './durable.ts'
import { endWithNpm } from './guard.ts'
import { measureHeaders } from './headers.ts'
import { measureLatency } from './latency.ts'
import { writeFigures } from './markdown.ts'
import { measure, type Result, type Settings } from './measure.ts'
import { besideName, controlName, LoadProcess, startDatastore, startMemcached } from './processes.ts'
import { type Figures, figuresOf, type Recorded, recordOf, regressions, table } from './report.ts'
import { measureScale } from './scale.ts'
import { soak } from './soak.ts'
import { measureStarts } from './start.ts'

const usage = `npm run bench -- [options]
  --only <case,…>      these cases alone (${cases.map(({ name }) => name).join(' ')})
  --peers <name,…>     these peers alone; '' for none
  --rounds <n>         rounds a server, at least 7 for figures to quote (45)
  --starts <n>         how often the servers are started anew for them (3)
  --requests <n>       requests a round (2000)
  --connections <n>    in parallel (32)
  --node <path>        the Node that runs the servers (this one)
  --json               figures as JSON on stdout, the tables on stderr
  --record             keep the figures in bench/recorded.json, README and docs/performance.md
  --check              fail where a ratio has grown by more than 15 % over the recorded one
  --beside <folder>    another checkout in place of the peers, and this one once more as a control
  --profile            leave a .cpuprofile of tipfy's server for each case
Instead of the cases:
  --start              the time to the first response, and the memory then; with --beside <folder>, another checkout
                       that has been built, in turns with that one
  --latency            the spread of response times at 70 % of the peak
  --durable            changes of stored sessions that are durable a second, and other requests beside them;
                       with --workers <n>, the same number by n processes on one folder, and by one
  --scale              cost by the number of rules, of sessions, and by their size
  --headers            what the security headers and a nonce add to a page
  --bound              what the binding to a device adds to reading a session
  --soak <millions>    memory over a number of requests; --only chooses the cases`

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    peers: { type: 'string' },
    rounds: { type: 'string', default: '45' },
    starts: { type: 'string', default: '3' },
    requests: { type: 'string', default: '2000' },
    connections: { type: 'string', default: '32' },
    node: { type: 'string', default: process.execPath },
    json: { type: 'boolean', default: false },
    record: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
    beside: { type: 'string' },
    profile: { type: 'boolean', default: false },
    start: { type: 'boolean', default: false },
    latency: { type: 'boolean', default: false },
    durable: { type: 'boolean', default: false },
    workers: { type: 'string' },
    scale: { type: 'boolean', default: false },
    bound: { type: 'boolean', default: false },
    headers: { type: 'boolean', default: false },
    soak: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})

const recordedFile = join(import.meta.dirname, 'recorded.json')
const print = (text: string) => (values.json ? console.error(text) : console.log(text))

async function main(): Promise<void> {
  if (values.help) {
    console.log(usage)
    return
  }
  const load = new LoadProcess()
  const settings: Settings = {
    rounds: Number(values.rounds),
    starts: Number(values.starts),
    requests: Number(values.requests),
    connections: Number(values.connections),
    launch: {
      node: values.node,
      flags: values.profile ? ['--cpu-prof', '--cpu-prof-interval=200'] : [],
      beside: values.beside === undefined ? undefined : resolve(values.beside),
    },
    memcached: undefined,
  }
  const node = spawnSync(values.node, ['--version'], { encoding: 'utf8' }).stdout.trim()
  print(`Node ${node}, ${settings.rounds} rounds of ${settings.requests} requests, medians (quartiles of the ratio)`)
  try {
    if (values.start)
      await measureStarts(values.node, settings.launch.beside === undefined ? 9 : 15, settings.launch.beside)
    else if (values.latency) await measureLatency(load, settings)
    else if (values.durable && values.workers !== undefined)
      await measureWorkers(load, settings, Number(values.workers))
    else if (values.durable) await measureDurable(load, settings)
    else if (values.headers) await measureHeaders(load, settings)
    else if (values.bound) await measureBound(load, settings)
    else if (values.scale) await measureScale(load, settings)
    else if (values.soak !== undefined)
      process.exitCode = (await soak(load, settings, Number(values.soak), chosenNames())) ? 0 : 1
    else await measureCases(load, settings, node)
  } finally {
    load.stop()
  }
}

/** The cases that were asked for by name. */
function chosenNames(): string[] | undefined {
  const only = values.only?.split(',')
  const unknown = only?.find((name) => !cases.some((kase) => kase.name === name))
  if (unknown !== undefined) throw new Error(`there is no case ${unknown}\n${usage}`)
  return only
}

async function measureCases(load: LoadProcess, settings: Settings, node: string): Promise<void> {
  const only = chosenNames()
  const chosen = cases.filter(({ name }) => only === undefined || only.includes(name))
  const memcached = chosen.some(({ sessions }) => sessions === 'memcached') ? await startMemcached() : undefined
  const datastore = chosen.some(({ sessions }) => sessions === 'cloud') ? await startDatastore() : undefined
  const servers = { memcached: memcached?.address, datastore: datastore?.address }
  const results: Result[] = []
  for (const kase of chosen) {
    if (kase.sessions === 'memcached' && memcached === undefined) {
      print(`\n${kase.name}: left out, there is no memcached here`)
      continue
    }
    const peers =
      values.beside !== undefined
        ? [besideName, controlName]
        : values.peers === undefined
          ? kase.peers
          : kase.peers.filter((peer) => values.peers!.split(',').includes(peer))
    results.push(await measure(kase, peers, load, { ...settings, ...servers }))
    print(table(results.at(-1)!, figuresOf(results)))
  }
  memcached?.stop()
  datastore?.stop()
  const figures = figuresOf(results)
  if (values.json) console.log(JSON.stringify(recordOf(figures, node), null, 2))
  if (values.record) record(figures, node)
  if (values.check) check(figures)
}

function record(figures: Figures, node: string): void {
  // Cases that were not measured now stay as they were.
  const before = existsSync(recordedFile) ? readRecorded() : undefined
  const record = recordOf({ ...before?.figures, ...figures }, node)
  writeFileSync(recordedFile, `${JSON.stringify(record, null, 2)}\n`)
  writeFigures(join(import.meta.dirname, '../README.md'), record, false)
  writeFigures(join(import.meta.dirname, '../docs/performance.md'), record, true)
}

function readRecorded(): Recorded {
  return JSON.parse(readFileSync(recordedFile, 'utf8'))
}

function check(figures: Figures): void {
  const slower = regressions(figures, readRecorded().figures)
  if (slower.length === 0) print('\nNo ratio has grown by more than 15 % over the recorded one.')
  else print(`\nSlower than recorded:\n  ${slower.join('\n  ')}`)
  process.exitCode = slower.length === 0 ? 0 : 1
}

endWithNpm()
await main()
