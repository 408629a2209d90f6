// Servers beside each other, of which one is the base: what the others cost as multiples of it, round by round.
import { median, quantile, type Settings } from './measure.ts'
import type { LoadProcess, ServerProcess } from './processes.ts'

export interface Paired {
  readonly name: string
  readonly server: ServerProcess
  readonly requests: string[]
  /** The name of the server that this one is compared with. */
  readonly base: string
}

/** Rounds of each server until what it runs is compiled. */
const warmUpRounds = 20

/** Measures, prints a line for each server, and stops them. */
export async function measurePairs(
  load: LoadProcess,
  { rounds, requests: total, connections }: Settings,
  servers: readonly Paired[],
): Promise<void> {
  const round = async ({ server, requests }: Paired) => {
    const before = await server.usage()
    await load.run({ port: server.port, requests, connections, total })
    return ((await server.usage()).cpu - before.cpu) / total
  }
  for (let at = 0; at < warmUpRounds; at++) for (const one of servers) await round(one)
  const measured = new Map(servers.map(({ name }) => [name, { micros: [] as number[], ratios: [] as number[] }]))
  for (let at = 0; at < rounds; at++) {
    const micros = new Map<string, number>()
    // Each time another one begins, so that none has the quieter place.
    for (const index of servers.keys()) {
      const one = servers[(index + at) % servers.length]!
      micros.set(one.name, await round(one))
    }
    for (const { name, base } of servers) {
      measured.get(name)!.micros.push(micros.get(name)!)
      measured.get(name)!.ratios.push(micros.get(name)! / micros.get(base)!)
    }
  }
  await Promise.all(servers.map(({ server }) => server.stop()))
  for (const { name, base } of servers) {
    const { micros, ratios } = measured.get(name)!
    const [low, high] = [0.25, 0.75].map((part) => quantile(ratios, part).toFixed(3))
    const times = `${median(ratios).toFixed(3)} × ${base} (${low} to ${high})`
    console.log(`${name.padEnd(22)} ${median(micros).toFixed(1).padStart(6)} µs  ${times}`)
  }
}
