// `npm run bench -- --bound`: a cookie session that is bound to a device is read, beside one that is not, and that one once more as a
// control: its difference from itself is what chance does.
import type { Case } from './cases.ts'
import { median, quantile, requestsFor, type Settings } from './measure.ts'
import { type LoadProcess, ServerProcess } from './processes.ts'

const read = { title: '', method: 'GET', path: '/read', login: '/login?user=alice', peers: [] } as const
const kinds = { unbound: 'cookie', control: 'cookie', bound: 'bound' } as const satisfies Record<
  string,
  Case['sessions']
>

/** Rounds of each server until what it runs is compiled. */
const warmUpRounds = 20

export async function measureBound(
  load: LoadProcess,
  { rounds, requests: total, connections, launch }: Settings,
): Promise<void> {
  const servers = await Promise.all(
    Object.entries(kinds).map(async ([name, sessions]) => {
      const server = await ServerProcess.start('tipfy', { name, sessions }, launch)
      return { name, server, requests: await requestsFor({ ...read, name, sessions }, server.port, connections) }
    }),
  )
  const round = async ({ server, requests }: (typeof servers)[number]) => {
    const before = await server.usage()
    await load.run({ port: server.port, requests, connections, total })
    return ((await server.usage()).cpu - before.cpu) / total
  }
  for (let at = 0; at < warmUpRounds; at++) for (const one of servers) await round(one)
  const ratios = new Map(servers.map(({ name }) => [name, [] as number[]]))
  for (let at = 0; at < rounds; at++) {
    const micros = new Map<string, number>()
    // Each time another one begins, so that none has the quieter place.
    for (const index of servers.keys()) {
      const one = servers[(index + at) % servers.length]!
      micros.set(one.name, await round(one))
    }
    for (const [name, value] of micros) ratios.get(name)!.push(value / micros.get('unbound')!)
  }
  await Promise.all(servers.map(({ server }) => server.stop()))
  for (const [name, values] of ratios) {
    const [low, high] = [quantile(values, 0.25), quantile(values, 0.75)].map((value) => value.toFixed(3))
    console.log(`${name.padEnd(8)} ${median(values).toFixed(3)} × unbound (${low} to ${high})`)
  }
}
