// `npm run bench -- --bound`: a session that is bound to a device is read, beside one that is not, and that one once more as a
// control: its difference from itself is what chance does. For both backends: in a cookie, the device's key comes with each request.
import type { Case } from './cases.ts'
import { requestsFor, type Settings } from './measure.ts'
import { measurePairs } from './pairs.ts'
import { type LoadProcess, ServerProcess } from './processes.ts'

const read = { title: '', method: 'GET', path: '/read', login: '/login?user=alice', peers: [] } as const
const kinds: readonly [name: string, sessions: Case['sessions'], base: string][] = [
  ['cookie', 'cookie', 'cookie'],
  ['cookie, control', 'cookie', 'cookie'],
  ['cookie, bound', 'bound', 'cookie'],
  ['record', 'datastore', 'record'],
  ['record, control', 'datastore', 'record'],
  ['record, bound', 'boundDatastore', 'record'],
]

export async function measureBound(load: LoadProcess, settings: Settings): Promise<void> {
  const servers = await Promise.all(
    kinds.map(async ([name, sessions, base]) => {
      const server = await ServerProcess.start('tipfy', { name, sessions }, settings.launch)
      const requests = await requestsFor({ ...read, name, sessions }, server.port, settings.connections)
      return { name, server, requests, base }
    }),
  )
  await measurePairs(load, settings, servers)
}
