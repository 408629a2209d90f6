// One case: all its servers up at once, rounds of load on each in turn, and what a request cost each of them.
import type { Case } from './cases.ts'
import type { Answer } from './child.ts'
import { fetchOnce, type Launch, type LoadProcess, requestText, ServerProcess } from './processes.ts'

/** The requests, or the time, that each server handles before anything is counted. */
const warmUp = { requests: 40_000, seconds: 4 }

export interface Settings {
  /** Rounds in all, spread over the starts. */
  readonly rounds: number
  /** The number of times that the servers are started anew. */
  readonly starts: number
  /** Requests a round. */
  readonly requests: number
  readonly connections: number
  readonly launch: Launch
  readonly memcached: string | undefined
  readonly datastore?: string
}

export interface Row {
  readonly server: string
  /** µs of CPU a request, by round. */
  readonly micros: readonly number[]
  /** To the round of bare node:http beside it. */
  readonly ratios: readonly number[]
}

export interface Result {
  readonly name: string
  readonly title: string
  readonly rows: readonly Row[]
}

/** The requests to send to a server: with cookies of its own where the case has sessions. */
export async function requestsFor(kase: Case, port: number, connections: number): Promise<string[]> {
  if (kase.login === undefined) return [requestText(kase, '')]
  const requests: string[] = []
  for (let at = 0; at < (kase.cookies ?? connections); at++) {
    const { cookie } = await fetchOnce(port, { method: 'GET' }, `${kase.login}&n=${at}`)
    if (cookie === '') throw new Error(`${kase.name}: the login set no cookie`)
    requests.push(requestText(kase, cookie))
  }
  return requests
}

async function sampleResponse(kase: Case, port: number): Promise<Answer> {
  const { cookie } = kase.login === undefined ? { cookie: '' } : await fetchOnce(port, { method: 'GET' }, kase.login)
  const { status, headers, body } = await fetchOnce(port, kase, kase.path, cookie)
  if (status !== 200) throw new Error(`${kase.name}: tipfy responded with ${status}`)
  return { status, headers, body }
}

/** Starts the servers of a case: tipfy, bare node:http that repeats its response, the peers. */
export async function startServers(kase: Case, peers: readonly string[], { launch, memcached, datastore }: Settings) {
  const options = { name: kase.name, sessions: kase.sessions, rules: kase.rules, memcached, datastore }
  const tipfy = await ServerProcess.start('tipfy', options, launch)
  const answer = await sampleResponse(kase, tipfy.port)
  const bare = await ServerProcess.start('node-http', { ...options, answer }, { ...launch, flags: [] })
  const servers = [bare, tipfy]
  for (const peer of peers) {
    const server = await ServerProcess.start(peer, { ...options, answer }, { ...launch, flags: [] })
    servers.push(server)
  }
  return { servers, answer }
}

/** Each start has processes of its own: what the compiler makes of a program differs from one to the next by some percent. */
export async function measure(
  kase: Case,
  peers: readonly string[],
  load: LoadProcess,
  settings: Settings,
): Promise<Result> {
  const { rounds, starts } = settings
  const rows = new Map<string, Measured>()
  for (let start = 0; start < starts; start++) {
    const measured = await measureOnce(kase, peers, load, settings, Math.ceil(rounds / starts))
    for (const [server, { micros, ratios }] of measured) {
      const row = rows.get(server) ?? { micros: [], ratios: [] }
      row.micros.push(...micros)
      row.ratios.push(...ratios)
      rows.set(server, row)
    }
  }
  return { name: kase.name, title: kase.title, rows: [...rows].map(([server, row]) => ({ server, ...row })) }
}

interface Measured {
  readonly micros: number[]
  readonly ratios: number[]
}

/** By server. */
async function measureOnce(
  kase: Case,
  peers: readonly string[],
  load: LoadProcess,
  settings: Settings,
  rounds: number,
): Promise<Map<string, Measured>> {
  const { requests: total, connections } = settings
  const { servers, answer } = await startServers(kase, peers, settings)
  const [bare, ...others] = servers
  const requests = new Map<ServerProcess, string[]>()
  for (const server of others) {
    requests.set(server, await requestsFor(kase, server.port, connections))
    const { body } = await fetchOnce(server.port, kase, kase.path, cookieOf(requests.get(server)![0]!))
    if (body !== answer.body) throw new Error(`${kase.name}: ${server.name} responded with ${JSON.stringify(body)}`)
  }
  requests.set(bare!, requests.get(others[0]!)!)

  const round = async (server: ServerProcess) => {
    const job = { port: server.port, requests: requests.get(server)!, connections, total, follow: kase.follow }
    const before = await server.usage()
    await load.run(job)
    return ((await server.usage()).cpu - before.cpu) / total
  }
  // Until all is compiled: first for what it did at the beginning, and again for what it did since.
  for (const server of servers) {
    const end = performance.now() + warmUp.seconds * 1000
    for (let sent = 0; sent < 2 * total || (sent < warmUp.requests && performance.now() < end); sent += total) {
      await round(server)
    }
  }
  const measured = new Map(servers.map(({ name }) => [name, { micros: [], ratios: [] } as Measured]))
  for (let at = 0; at < rounds; at++) {
    // Each time another one begins, so that none has the quieter place.
    for (const index of others.keys()) {
      const server = others[(index + at) % others.length]!
      // Each beside bare node:http, before it or behind: what a machine's neighbours do lasts for some rounds.
      const micros = new Map<ServerProcess, number>()
      for (const one of at % 2 === 0 ? [bare!, server] : [server, bare!]) micros.set(one, await round(one))
      for (const [one, value] of micros) {
        measured.get(one.name)!.micros.push(value)
        measured.get(one.name)!.ratios.push(value / micros.get(bare!)!)
      }
    }
  }
  await Promise.all(servers.map((server) => server.stop()))
  return measured
}

function cookieOf(request: string): string {
  return /\r\nCookie: ([^\r]*)/.exec(request)?.[1] ?? ''
}

/** The value below which a part of `values` lies. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  const place = (sorted.length - 1) * part
  const low = sorted[Math.floor(place)]!
  return low + (sorted[Math.ceil(place)]! - low) * (place - Math.floor(place))
}

export const median = (values: readonly number[]): number => quantile(values, 0.5)
