// `npm run bench:cache -- --failover MINUTES`: two servers on one data folder and a Valkey (or Redis) with a replica that fails
// over every 3 s: the primary dies, the roles swap, it restarts from a snapshot. Clients change a session on one server and read
// it at once on the other. Then the same with an old primary that goes on beside the new one: those reads are counted apart,
// with the longest time that one was behind its response.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { type FailoverKind, FailoverPair } from '../tests/support/failover.ts'
import { StaleServer } from './stale.ts'

interface Figures {
  reads: number
  stale: number
  ended: number
  dead: number
  /** Responses other than 200. */
  failed: number
  /** Changes whose response left before the cache confirmed them: what others may read late. */
  unconfirmed: number
  failovers: number
  /** Ms that a read was behind, at most. */
  longest: number
}

interface Run {
  kinds: readonly FailoverKind[]
  minutes: number
  clients: number
  /** Seconds that an entry lives. */
  cacheTtl: number
  program: string
  /** Ms; the default of 50 opens breakers on a machine that is short of processors. */
  cacheTimeout: number
}

const between = (from: number, to: number) => from + Math.random() * (to - from)
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

async function run({ kinds, minutes, clients, cacheTtl, program, cacheTimeout }: Run): Promise<Figures> {
  const figures: Figures = {
    reads: 0,
    stale: 0,
    ended: 0,
    dead: 0,
    failed: 0,
    unconfirmed: 0,
    failovers: 0,
    longest: 0,
  }
  const place = mkdtempSync(join(tmpdir(), 'tipfy-bench-failover-'))
  const pair = await FailoverPair.start(program)
  const options = { memcached: pair.address, dataFolder: place, lib: resolve('lib'), cacheTtl, cacheTimeout }
  const servers = [new StaleServer(options), new StaleServer(options)]
  try {
    await Promise.all(servers.map((server) => server.start()))
    const end = performance.now() + minutes * 60_000
    const isOver = () => performance.now() > end
    const visits = Array.from({ length: clients }, (_, client) => visit(servers, client, figures, isOver))
    while (!isOver()) {
      await pause(between(2000, 4000))
      const kind = kinds[figures.failovers % kinds.length]!
      await pair.failOver(kind, { lag: between(0, 400), linger: between(500, 6000) })
      figures.failovers++
    }
    await Promise.all(visits)
    for (const server of servers) figures.unconfirmed += (await server.counters()).cacheUnconfirmed
  } finally {
    for (const server of servers) server.stop()
    await pair.close()
    rmSync(place, { recursive: true, force: true })
  }
  return figures
}

/** One session after another: changed here, read there, and at the end read where it was not ended. */
async function visit(
  servers: readonly StaleServer[],
  client: number,
  figures: Figures,
  isOver: () => boolean,
): Promise<void> {
  for (let round = 0; !isOver(); round++) {
    const [here, there] = (round % 2 === 0 ? servers : [...servers].reverse()) as [StaleServer, StaleServer]
    const { cookie } = await here.ask(`/login?user=user-${client}-${round}`)
    if (cookie === undefined) continue
    await there.ask('/read', cookie)
    for (let n = 0; n < 20 && !isOver(); n++) {
      const [one, other] = (n % 2 === 0 ? [here, there] : [there, here]) as [StaleServer, StaleServer]
      const change = await one.ask('/change', cookie)
      if (change.status !== 200) figures.failed++
      else await readUntilFresh(other, cookie, Number(change.text), figures)
    }
    const end = await here.ask('/logout', cookie)
    if (end.status !== 200) figures.failed++
    else {
      figures.ended++
      const stolen = await there.ask('/read', cookie)
      if (stolen.status === 200 && JSON.parse(stolen.text).user !== null) figures.dead++
    }
  }
}

async function readUntilFresh(server: StaleServer, cookie: string, wanted: number, figures: Figures): Promise<void> {
  const since = performance.now()
  for (;;) {
    const asked = performance.now()
    const { status, text } = await server.ask('/read', cookie)
    if (status !== 200) {
      figures.failed++
      return
    }
    figures.reads++
    if (((JSON.parse(text).n as number | null) ?? 0) >= wanted) return
    figures.stale++
    figures.longest = Math.max(figures.longest, asked - since)
    await pause(100)
  }
}

export async function printFailovers(minutes: number, program: string, cacheTimeout: number): Promise<void> {
  const runs: [what: string, run: Pick<Run, 'kinds' | 'minutes' | 'cacheTtl'>][] = [
    ['one primary at a time', { kinds: ['crash', 'swap', 'restart'], minutes: minutes * 0.8, cacheTtl: 60 }],
    ['two primaries at once', { kinds: ['linger'], minutes: minutes * 0.2, cacheTtl: 5 }],
  ]
  for (const [what, settings] of runs) {
    const { reads, stale, ended, dead, failed, unconfirmed, failovers, longest } = await run({
      ...settings,
      clients: 8,
      program,
      cacheTimeout,
    })
    console.log(
      `${what}, ${failovers} failovers: ${stale} of ${reads} reads stale, ${dead} of ${ended} ended sessions served, ${failed} failed, ${unconfirmed} changes answered before the cache confirmed them${
        longest === 0 ? '' : `; at most ${(longest / 1000).toFixed(1)} s behind, bound ${settings.cacheTtl + 5} s`
      }`,
    )
  }
}
