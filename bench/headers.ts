// `npm run bench -- --headers`: a page with a script, without and with the hook `tipfy/ext/security:headers`; the first once more as a
// control, and bare node:http sending the same headers and bytes as each.
import { requestsFor, type Settings } from './measure.ts'
import { measurePairs, type Paired } from './pairs.ts'
import { fetchOnce, type LoadProcess, ServerProcess } from './processes.ts'

const page = { name: 'page', title: '', method: 'GET', path: '/page', sessions: 'none', peers: [] } as const

export async function measureHeaders(load: LoadProcess, settings: Settings): Promise<void> {
  const start = async (name: string, base: string, hasHeaders: boolean): Promise<Paired> => {
    const server = await ServerProcess.start('tipfy', { name, sessions: 'none', hasHeaders }, settings.launch)
    return { name, server, requests: await requestsFor(page, server.port, settings.connections), base }
  }
  const bare = async (name: string, { server, requests }: Paired): Promise<Paired> => {
    const answer = await fetchOnce(server.port, page, page.path)
    const repeating = await ServerProcess.start('node-http', { name, sessions: 'none', answer }, settings.launch)
    return { name, server: repeating, requests, base: 'node:http' }
  }
  const without = await start('page', 'page', false)
  const control = await start('control', 'page', false)
  const headed = await start('page, headers', 'page', true)
  const bares = [await bare('node:http', without), await bare('node:http, headers', headed)]
  await measurePairs(load, settings, [without, control, headed, ...bares])
}
