// Long texts in the history are kept as differences: the past is read as it was all the same.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { Engine } from '../../../../lib/datastore/engine/engine.ts'
import type { Timestamp } from '../../../../lib/datastore/engine/protocol/messages.ts'

const projectId = 'p'
const key = (name = 'a') => ({ path: [{ kind: 'Long', name }] })
const text = (mark: string, size = 20_000) => `${'x'.repeat(size / 2)}${mark}${'y'.repeat(size / 2)}`

let folder: string
let now: number
let engine: Engine
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tipfy-past-'))
  now = Date.now()
  engine = new Engine({ dataFolder: folder, clock: () => now })
})
afterEach(() => {
  engine.close()
  rmSync(folder, { recursive: true })
})

/** Writes, or deletes where there is no mark; returns a time at which that was the latest state. */
async function write(mark: string | undefined, size?: number): Promise<Timestamp> {
  const properties = { text: { stringValue: text(mark ?? '', size), excludeFromIndexes: true } }
  const mutation = mark === undefined ? { delete: key() } : { upsert: { key: key(), properties } }
  await engine.commit({ projectId, mode: 'NON_TRANSACTIONAL', mutations: [mutation] })
  const { readTime } = engine.lookup({ projectId, keys: [] })
  now += 1000
  return readTime
}

const markOf = (whole: string | null | undefined) => whole && /^x*(.*?)y*$/.exec(whole)![1]

function read(readTime?: Timestamp): string | null | undefined {
  const [found] = engine.lookup({ projectId, keys: [key()], readOptions: readTime && { readTime } }).found
  return markOf(found?.entity.properties?.text?.stringValue)
}

function query(readTime: Timestamp): (string | null | undefined)[] {
  const { batch } = engine.runQuery({ projectId, query: { kind: [{ name: 'Long' }] }, readOptions: { readTime } })
  return batch!.entityResults.map(({ entity }) => markOf(entity.properties!.text!.stringValue))
}

/** The characters of the history's texts. */
function storedPast(): number[] {
  const { DatabaseSync } = process.getBuiltinModule('node:sqlite')
  const db = new DatabaseSync(join(folder, 'datastore.sqlite'), { readOnly: true })
  const rows = db.prepare('SELECT length(d) AS size FROM history WHERE d IS NOT NULL ORDER BY id').all()
  db.close()
  return rows.map(({ size }) => size as number)
}

test('each state of a long text is read at its time, by key and by query, also around a deletion', async () => {
  const marks = ['one', 'two', 'three', undefined, 'four', 'five', undefined, 'six', 'seven', 'a longer one']
  const times: Timestamp[] = []
  for (const mark of marks) times.push(await write(mark))
  for (const [at, mark] of marks.entries()) {
    expect(read(times[at])).toBe(mark)
    expect(query(times[at]!)).toEqual(mark === undefined ? [] : [mark])
  }
  engine.close()
  engine = new Engine({ dataFolder: folder, clock: () => now })
  expect(times.map((time) => read(time))).toEqual(marks)
})

test('entities of the past are counted and found beside changes of another kind', async () => {
  const other = (name: string, mark: string) => {
    const properties = { text: { stringValue: text(mark), excludeFromIndexes: true } }
    return { upsert: { key: { path: [{ kind: 'Other', name }] }, properties } }
  }
  const commit = (...mutations: object[]) => engine.commit({ projectId, mode: 'NON_TRANSACTIONAL', mutations })
  const count = (kind: string, readTime: Timestamp) => {
    const aggregations = [{ alias: 'n', count: {} }]
    const aggregationQuery = { nestedQuery: { kind: [{ name: kind }] }, aggregations }
    const { batch } = engine.runAggregationQuery({ projectId, aggregationQuery, readOptions: { readTime } })
    return batch!.aggregationResults[0]!.aggregateProperties.n!.integerValue
  }
  await commit(other('a', 'one'))
  const first = await write('one')
  await commit(other('a', 'two'), other('b', 'one'))
  const second = await write('two')
  await write(undefined)
  expect([first, second].map((time) => count('Long', time))).toEqual(['1', '1'])
  expect([first, second].map((time) => count('Other', time))).toEqual(['1', '2'])
  expect([first, second].map(query)).toEqual([['one'], ['two']])
})

test('a small change of a long text adds little to the history, another text all of the one before', async () => {
  for (const mark of ['one', 'two', 'three']) await write(mark)
  await write('short', 100)
  await write('last')
  const [first, second, whole] = storedPast() as [number, number, number]
  expect([first, second].every((size) => size < 1000)).toBe(true)
  expect(whole).toBeGreaterThan(20_000)
})

test('a transaction reads one state of a long text while others change it', async () => {
  await write('first')
  const { transaction } = engine.beginTransaction({ projectId, transactionOptions: { readOnly: {} } })
  const readOptions = { transaction }
  const mark = () => {
    const [found] = engine.lookup({ projectId, keys: [key()], readOptions }).found
    return markOf(found?.entity.properties?.text?.stringValue)
  }
  expect(mark()).toBe('first')
  await write('second')
  await write(undefined)
  await write('third')
  expect([mark(), read()]).toEqual(['first', 'third'])
})

test('changes of one entity that are committed together are states of their own', async () => {
  await write('first')
  const times = await Promise.all(['second', 'third', 'fourth'].map((mark) => write(mark)))
  expect(read(times.at(-1))).toBe('fourth')
  const { DatabaseSync } = process.getBuiltinModule('node:sqlite')
  const db = new DatabaseSync(join(folder, 'datastore.sqlite'), { readOnly: true })
  const versions = db.prepare('SELECT v FROM history WHERE v IS NOT NULL ORDER BY id').all() as { v: number }[]
  db.close()
  const at = (micros: number) => ({ seconds: String(Math.floor(micros / 1e6)), nanos: (micros % 1e6) * 1000 })
  expect(versions.map(({ v }) => read(at(v)))).toEqual(['first', 'second', 'third'])
})

test('a long text is written where it differs, and what comes after, not whole', async () => {
  const { DatabaseSync } = process.getBuiltinModule('node:sqlite')
  const db = new DatabaseSync(join(folder, 'datastore.sqlite'))
  const logged = async (mark: string) => {
    db.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    await write(mark, 200_000)
    const { log } = db.prepare('PRAGMA wal_checkpoint(PASSIVE)').get() as { log: number }
    return log
  }
  await logged('first')
  // Of some 50 pages of the record; as many again would be what it replaces.
  for (const mark of ['third', 'a longer one', '9', '10']) expect(await logged(mark)).toBeLessThan(40)
  db.close()
})
