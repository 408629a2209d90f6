// `npm run bench -- --soak <millions>`: whether memory stays flat over millions of requests.
import { cases } from './cases.ts'
import { median, requestsFor, type Settings, startServers } from './measure.ts'
import type { LoadProcess } from './processes.ts'

const rounds = 20
/** MB by which the last quarter of the rounds may have more live memory than the second. */
const tolerance = 1

/** The cases that are soaked by default. */
const usual = ['hello', 'change', 'stored-change']

/** Prints live and resident memory as the requests go by; false if the former has grown. */
export async function soak(
  load: LoadProcess,
  settings: Settings,
  millions: number,
  names: readonly string[] = usual,
): Promise<boolean> {
  const flags = ['--expose-gc', ...settings.launch.flags]
  let isFlat = true
  for (const kase of cases.filter(({ name }) => names.includes(name))) {
    const { servers } = await startServers(kase, [], { ...settings, launch: { ...settings.launch, flags } })
    const [bare, tipfy] = servers
    await bare!.stop()
    const requests = await requestsFor(kase, tipfy!.port, settings.connections)
    const { connections } = settings
    const total = Math.round((millions * 1e6) / rounds)
    const heaps: number[] = []
    console.log(`\n${kase.name}: MB live and resident, after each ${total} of ${millions} million requests`)
    for (let round = 0; round < rounds; round++) {
      await load.run({ port: tipfy!.port, requests, connections, total, follow: kase.follow })
      const { heap, rss } = await tipfy!.collected()
      heaps.push(heap / 2 ** 20)
      process.stdout.write(`  ${heaps.at(-1)!.toFixed(1)} ${(rss / 2 ** 20).toFixed(0)}`)
    }
    const growth = median(heaps.slice(-rounds / 4)) - median(heaps.slice(rounds / 4, rounds / 2))
    isFlat &&= growth <= tolerance
    console.log(
      `\n  ${growth <= tolerance ? 'flat' : 'GROWN'}: ${growth.toFixed(2)} MB from the second quarter to the last`,
    )
    await tipfy!.stop()
  }
  return isFlat
}
