import { expect, test } from '@jest/globals'
import { request } from 'tipfy'
import { sessionStore } from 'tipfy/ext/session'
import { free, serveSite } from './site.ts'

const who = () => request.args.get('who')

/** Asks several times at once, with the answers of one browser. */
async function crowd(site: Awaited<ReturnType<typeof serveSite>>, path: string, size: number) {
  const visitor = site.visitor()
  await visitor.ask('/start')
  await Promise.all(Array.from({ length: size }, (_, at) => visitor.ask(`${path}?who=${at}`)))
  return visitor
}
const all = (size: number) => Array.from({ length: size }, (_, at) => String(at))
const start = () => {
  free.list = []
  return ''
}

test('update() runs its function in its own request, also when several are committed together', async () => {
  const site = await serveSite('datastore', {
    '/start': start,
    '/push': async () => String(await sessionStore.update((s) => (s as typeof free).list.push(who()))),
    '/list': () => [...free.list].sort().join(),
  })
  const visitor = await crowd(site, '/push', 8)
  expect((await visitor.ask('/list')).text).toBe(all(8).join())
})

test('merge and onConflict run in the request whose save they belong to', async () => {
  const merged: unknown[] = []
  const told: unknown[] = []
  let arrived = 0
  let release = () => {}
  const gate = new Promise<void>((resolve) => {
    release = resolve
  })
  const handlers = {
    '/start': start,
    '/set': async () => {
      free.owner = who()
      if (++arrived === 5) release()
      await gate
      return ''
    },
  }
  const session = {
    merge: (_base: object, mine: { owner?: unknown }, theirs: object) => {
      merged.push([who(), mine.owner])
      return { ...theirs, ...mine }
    },
  }
  await crowd(await serveSite('datastore', handlers, { session }), '/set', 5)
  expect(merged.length).toBeGreaterThanOrEqual(4)
  for (const [caller, owner] of merged as [unknown, unknown][]) expect(caller).toBe(owner)

  arrived = 0
  const onConflict = ({ mine }: { mine: unknown }) => void told.push([who(), mine])
  await crowd(await serveSite('datastore', handlers, { session: { onConflict } }), '/set', 5)
  expect(told.length).toBeGreaterThanOrEqual(4)
  for (const [caller, owner] of told as [unknown, unknown][]) expect(caller).toBe(owner)
})
