// `npm run simulate -- --seeds 1000000`: runs seeds one after another and tells how fast, and which broke a promise;
// `--seed N` replays one and tells all that happened in it; `--plant NAME` does so with a fault put into the sources;
// `--valkey crash|swap|restart|linger|all` puts a Valkey with a replica in the place of memcached;
// `--theme NAME` keeps to one theme, `--locks none|wait|detect` to one kind of Datastore. `--devices` runs those of sessions that
// are bound to devices.
import { parseArgs } from 'node:util'
import type { Locks } from './datastore.ts'
import { replaceSignatures } from './device-signatures.ts'
import { plant, plants } from './plants.ts'
import { themes } from './themes.ts'
import type { ValkeyWorldKind } from './valkey.ts'

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '2000' },
    /** None is begun after so many. */
    seconds: { type: 'string', default: 'Infinity' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    plant: { type: 'string' },
    theme: { type: 'string' },
    locks: { type: 'string' },
    valkey: { type: 'string' },
    devices: { type: 'boolean', default: false },
    most: { type: 'string', default: '10' },
  },
})
if (values.plant !== undefined) plant(values.plant)
const isOfDevices = values.devices || plants[values.plant ?? '']?.devices === true
if (isOfDevices) replaceSignatures()
const { runSeed } = isOfDevices
  ? { runSeed: (await import('./device-seed.ts')).runDeviceSeed }
  : await import('./seed.ts')
const theme = values.theme === undefined ? undefined : themes[values.theme]![1]
const options = {
  theme,
  locks: values.locks as Locks | undefined,
  valkey: values.valkey as ValkeyWorldKind | undefined,
}

// The one thing in a history that is not from its seed.
const nonce = /"\$csrf":"[^"]*",?/g

if (values.seed !== undefined) {
  const { log, violations } = await runSeed(Number(values.seed), { ...options, tells: true })
  console.log(log.join('\n').replaceAll(nonce, ''))
  console.log(violations.length === 0 ? 'Every promise was kept.' : violations.join('\n').replaceAll(nonce, ''))
  process.exit(violations.length === 0 ? 0 : 1)
}

// Of the errors, of which there are many, only the replay shows where they come from.
Error.stackTraceLimit = 0
const from = Number(values.from)
const count = Number(values.seeds)
const start = performance.now()
const end = start + 1000 * Number(values.seconds)
let done = 0
let requests = 0
let broken = 0
// While two servers took themselves for the primary, or a process was cut off.
const behind = { reads: 0, longest: 0 }
while (done < count && broken < Number(values.most) && performance.now() < end) {
  const { seed, violations, requests: served, lagging } = await runSeed(from + done, options)
  done++
  requests += served
  behind.reads += lagging.reads
  behind.longest = Math.max(behind.longest, lagging.longest)
  if (violations.length > 0) {
    console.log(`seed ${seed}: ${violations[0]!.replaceAll(nonce, '')}`)
    broken++
  }
  if (done % 10_000 === 0) tell()
}
tell()
process.exitCode = broken === 0 ? 0 : 1

function tell(): void {
  const rate = Math.round((1000 * done) / (performance.now() - start))
  console.log(`${done} seeds, ${requests} requests, ${broken} broken, ${rate} seeds a second`)
  if (values.valkey !== 'linger' && !theme?.cutsOff) return
  const what = theme?.cutsOff ? 'a process that was cut off' : 'another primary'
  console.log(`${behind.reads} reads behind ${what}, by ${(behind.longest / 1000).toFixed(1)} s at most`)
}
