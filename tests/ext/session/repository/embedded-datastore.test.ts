// The short ways of sessions in the embedded Datastore. That they keep what the long one keeps, behaviour.test.ts shows.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, expect, test } from '@jest/globals'
import { type Embedded, openEmbedded } from '../../../../lib/datastore/client.ts'
import { EmbeddedDatastore } from '../../../../lib/ext/session/repository/embedded-datastore.ts'
import type { SessionRow, Snapshot } from '../../../../lib/ext/session/repository/ports.ts'
import { nothing } from '../../../../lib/ext/session/repository/transactions.ts'
import { type Step, steps } from '../../../../lib/internal/tracing.ts'

const folders: string[] = []
const opened: Embedded[] = []
const newFolder = () => {
  folders.push(mkdtempSync(join(tmpdir(), 'tipfy-embedded-')))
  return folders.at(-1)!
}
const open = (dataFolder: string) => {
  opened.push(openEmbedded({ dataFolder }))
  return opened.at(-1)!
}
afterEach(() => {
  for (const { engine } of opened.splice(0)) engine.close()
})
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true })
})

const row: SessionRow = {
  version: 1,
  created: 1,
  updated: 2,
  expires: 4e12,
  data: '{}',
  username: 'ann',
  commits: ['t'],
  stamp: null,
}
const onto = (id: string, base: SessionRow): Snapshot => ({ sessions: new Map([[id, base]]), user: null })

async function insert(rows: EmbeddedDatastore, id: string): Promise<void> {
  await rows.commit([{ op: 'insert', id, row }], nothing, 5000)
}

/** Changes the data of a session; returns its row. */
async function change(
  rows: EmbeddedDatastore,
  id: string,
  data: string,
  more?: Partial<SessionRow>,
): Promise<SessionRow> {
  const base = (await rows.latest(id))!
  const next = { ...base, version: base.version + 1, data, ...more }
  const [stamp] = await rows.commit([{ op: 'update', id, row: next }], onto(id, base), 5000)
  return { ...next, stamp: stamp! }
}

const target = { projectId: 'tipfy' }
const keyOf = (id: string) => ({ path: [{ kind: 'Session', name: id }] })

/** Returns the names of the sessions that a query finds by a property. */
function found({ engine }: Embedded, property: string, value: object): (string | null | undefined)[] {
  const filter = { propertyFilter: { property: { name: property }, op: 'EQUAL', value } }
  const query = { kind: [{ name: 'Session' }], filter }
  return engine.runQuery({ ...target, query }).batch!.entityResults.map(({ entity }) => entity.key!.path![0]!.name)
}

test('lookups of one turn see one state, and a session that is not there is undefined', async () => {
  const rows = new EmbeddedDatastore(open(newFolder()), { kind: 'Session' })
  await insert(rows, 'a')
  await insert(rows, 'b')
  const all = await Promise.all(['a', 'b', 'c'].map((id) => rows.latest(id)))
  expect(all.map((one) => one?.username)).toEqual(['ann', 'ann', undefined])
})

test('a session that is read again and again is never old: changed, ended and made anew by another process', async () => {
  const folder = newFolder()
  const [rows, others] = [open(folder), open(folder)].map(
    (data) => new EmbeddedDatastore(data, { kind: 'Session' }),
  ) as [EmbeddedDatastore, EmbeddedDatastore]
  await insert(rows, 'a')
  const reads = async () => {
    const three = [await rows.latest('a'), await rows.latest('a'), await rows.latest('a')]
    expect(three[1]).toEqual(three[0])
    expect(three[2]).toEqual(three[0])
    return three[0]
  }
  expect(await reads()).toMatchObject({ data: '{}' })
  await change(others, 'a', '{"n":1}')
  expect(await reads()).toMatchObject({ data: '{"n":1}' })
  await change(rows, 'a', '{"n":2}')
  expect(await reads()).toMatchObject({ data: '{"n":2}' })
  await others.delete(['a'], 5000)
  expect(await reads()).toBeUndefined()
  await insert(others, 'a')
  expect(await reads()).toMatchObject({ data: '{}' })
})

test('a change onto a version that is no longer the latest is outdated, and changes nothing', async () => {
  const folder = newFolder()
  const [rows, others] = [open(folder), open(folder)].map(
    (data) => new EmbeddedDatastore(data, { kind: 'Session' }),
  ) as [EmbeddedDatastore, EmbeddedDatastore]
  await insert(rows, 'a')
  const base = (await rows.latest('a'))!
  const theirs = await change(others, 'a', '{"theirs":1}')
  const mine = { op: 'update' as const, id: 'a', row: { ...base, data: '{"mine":1}' } }
  await expect(rows.commit([mine], onto('a', base), 5000)).rejects.toMatchObject({ reason: 'outdated' })
  expect(await rows.latest('a')).toEqual(theirs)
})

test('the index follows a change of the user, and loses what another program had indexed', async () => {
  const data = open(newFolder())
  const rows = new EmbeddedDatastore(data, { kind: 'Session' })
  await insert(rows, 'a')
  await change(rows, 'a', '{"n":1}')
  await change(rows, 'a', '{"n":2}', { username: 'bob' })
  expect([await rows.find('ann', 5000), await rows.find('bob', 5000)]).toEqual([[], ['a']])
  // As a program does that reads entities and saves them: everything is indexed then, and a property is added.
  const { entity } = data.engine.lookup({ ...target, keys: [keyOf('a')] }).found[0]!
  const indexed = Object.entries(entity.properties!).map(([name, value]) => [
    name,
    { ...value, excludeFromIndexes: false },
  ])
  const properties = { ...Object.fromEntries(indexed), tag: { stringValue: 'mine' } }
  await data.engine.commit({ ...target, mode: 2, mutations: [{ update: { key: keyOf('a'), properties } }] })
  expect([found(data, 'tag', { stringValue: 'mine' }), found(data, 'data', { stringValue: '{"n":2}' })]).toEqual([
    ['a'],
    ['a'],
  ])
  for (const n of [3, 4]) await change(rows, 'a', `{"n":${n}}`)
  expect([found(data, 'tag', { stringValue: 'mine' }), found(data, 'data', { stringValue: '{"n":2}' })]).toEqual([
    [],
    [],
  ])
  expect(await rows.find('bob', 5000)).toEqual(['a'])
})

test('the index gets the user of a record that another program has saved without one', async () => {
  const data = open(newFolder())
  const rows = new EmbeddedDatastore(data, { kind: 'Session' })
  await insert(rows, 'a')
  const { username: _, ...properties } = data.engine.lookup({ ...target, keys: [keyOf('a')] }).found[0]!.entity
    .properties!
  await data.engine.commit({ ...target, mode: 2, mutations: [{ update: { key: keyOf('a'), properties } }] })
  expect(found(data, 'username', { nullValue: 0 })).toEqual([])
  await change(rows, 'a', '{"n":1}')
  expect(found(data, 'username', { nullValue: 0 })).toEqual(['a'])
})

test('a transaction that has read a session makes a change of it wait', async () => {
  const data = open(newFolder())
  const rows = new EmbeddedDatastore(data, { kind: 'Session' })
  await insert(rows, 'a')
  await rows.latest('a')
  const { transaction } = data.engine.beginTransaction({ ...target, transactionOptions: { readWrite: {} } })
  data.engine.lookup({ ...target, keys: [keyOf('a')], readOptions: { transaction } })
  const order: string[] = []
  const changed = change(rows, 'a', '{"n":1}').then(() => order.push('changed'))
  await new Promise((resolve) => setImmediate(resolve))
  await new Promise((resolve) => setImmediate(resolve))
  order.push('ended')
  data.engine.rollback({ ...target, transaction })
  await changed
  expect(order).toEqual(['ended', 'changed'])
})

test('what was replaced is kept for reads of the past', async () => {
  const data = open(newFolder())
  const rows = new EmbeddedDatastore(data, { kind: 'Session' })
  await insert(rows, 'a')
  const first = await change(rows, 'a', '{"n":1}')
  await change(rows, 'a', '{"n":2}')
  const micros = Number(first.stamp)
  const readTime = { seconds: Math.floor(micros / 1e6), nanos: (micros % 1e6) * 1000 }
  const then = data.engine.lookup({ ...target, keys: [keyOf('a')], readOptions: { readTime } }).found[0]!
  expect(then.entity.properties!.data).toMatchObject({ stringValue: '{"n":1}' })
})

test('a session that cannot be read rejects, and the others of its turn are read', async () => {
  const data = open(newFolder())
  const rows = new EmbeddedDatastore(data, { kind: 'Session' })
  await insert(rows, 'a')
  const properties = { version: { stringValue: 'one' } }
  await data.engine.commit({ ...target, mode: 2, mutations: [{ upsert: { key: keyOf('b'), properties } }] })
  const both = await Promise.allSettled([rows.latest('b'), rows.latest('a')])
  expect(both).toMatchObject([{ status: 'rejected' }, { value: { username: 'ann' } }])
})

test('on data that was closed every call fails', async () => {
  const data = open(newFolder())
  const rows = new EmbeddedDatastore(data, { kind: 'Session' })
  await insert(rows, 'a')
  const base = (await rows.latest('a'))!
  data.engine.close()
  const write = { op: 'update' as const, id: 'a', row: { ...base, data: '{"n":1}' } }
  const all = await Promise.allSettled([
    rows.latest('a'),
    rows.latest('b'),
    rows.read(['a'], null, 1000),
    rows.commit([write], onto('a', base), 1000),
  ])
  expect(all.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected', 'rejected'])
  expect(all[3]).toMatchObject({ reason: { name: 'PortError', reason: 'unknown' } })
})

test('a change is a step of the request that makes it', async () => {
  const rows = new EmbeddedDatastore(open(newFolder()), { kind: 'Session' })
  await insert(rows, 'a')
  const seen: Step[] = []
  const note = (step: unknown) => seen.push(step as Step)
  steps.subscribe(note)
  await change(rows, 'a', '{"n":1}')
  steps.unsubscribe(note)
  expect(seen.map(({ name }) => name)).toEqual(['commit Session'])
})
