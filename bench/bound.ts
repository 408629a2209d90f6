// `npm run bench -- --bound`: a cookie session that is bound to a device is read, beside one that is not, and that one once more as a
// control: its difference from itself is what chance does.
import type { Case } from './cases.ts'
import { requestsFor, type Settings } from './measure.ts'
import { measurePairs } from './pairs.ts'
import { type LoadProcess, ServerProcess } from './processes.ts'

const read = { title: '', method: 'GET', path: '/read', login: '/login?user=alice', peers: [] } as const
const kinds = { unbound: 'cookie', control: 'cookie', bound: 'bound' } as const satisfies Record<
  string,
  Case['sessions']
>

export async function measureBound(load: LoadProcess, settings: Settings): Promise<void> {
  const servers = await Promise.all(
    Object.entries(kinds).map(async ([name, sessions]) => {
      const server = await ServerProcess.start('tipfy', { name, sessions }, settings.launch)
      const requests = await requestsFor({ ...read, name, sessions }, server.port, settings.connections)
      return { name, server, requests, base: 'unbound' }
    }),
  )
  await measurePairs(load, settings, servers)
}
