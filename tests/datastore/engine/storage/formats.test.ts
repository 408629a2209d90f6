// Data that an earlier version wrote is converted when it is opened, and large commits keep their place in the history.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { partitionName, pathBytes } from '../../../../lib/datastore/engine/encoding/keys.ts'
import { Engine } from '../../../../lib/datastore/engine/engine.ts'
import type { Value } from '../../../../lib/datastore/engine/protocol/messages.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tipfy-datastore-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const projectId = 'p'
const key = (name: string) => ({ path: [{ kind: 'K', name }] })

// The tables as version 0.1 made them at first.
const format1 = `
CREATE TABLE state (one INTEGER PRIMARY KEY, version INTEGER NOT NULL, floor INTEGER NOT NULL, kept INTEGER NOT NULL);
CREATE TABLE name (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE entity (
  id INTEGER PRIMARY KEY, n INTEGER NOT NULL, k BLOB NOT NULL, c INTEGER NOT NULL, v INTEGER NOT NULL,
  t INTEGER NOT NULL, d TEXT NOT NULL, UNIQUE (n, k));
CREATE TABLE entry (p INTEGER, v BLOB, k BLOB, PRIMARY KEY (p, v, k)) WITHOUT ROWID;
CREATE TABLE history (
  id INTEGER PRIMARY KEY, n INTEGER NOT NULL, k BLOB NOT NULL, c INTEGER, v INTEGER, d TEXT);
CREATE TABLE reserved (n INTEGER, k BLOB, PRIMARY KEY (n, k)) WITHOUT ROWID;
PRAGMA user_version = 1`

/** A double's bytes in the index of that version, where -0 was 0. */
function indexed(double: number): Buffer {
  const bytes = Buffer.alloc(9, 5)
  bytes.writeDoubleBE(double === 0 ? 0 : double, 1)
  bytes[1]! += 0x80
  return bytes
}

test('the first format is converted: its history, and the order of -0', () => {
  const { DatabaseSync } = process.getBuiltinModule('node:sqlite')
  const db = new DatabaseSync(join(folder, 'datastore.sqlite'))
  db.exec(format1)
  const now = Date.now() * 1000
  db.prepare('INSERT INTO state VALUES (1, ?, 0, 66)').run(now)
  const partition = partitionName({ projectId, databaseId: '', namespaceId: '' })
  for (const [id, name] of [partition, '[1,"K",""]', '[1,"K","x"]'].entries())
    db.prepare('INSERT INTO name VALUES (?, ?)').run(id + 1, name)
  const documents: [string, number[], string][] = [
    ['a', [0], '{"x":["d",0]}'],
    ['b', [-0], '{"x":["d","-0"]}'],
    ['c', [0, -0], '{"x":["a",[["d",0],["d","-0"]]]}'],
    ['d', [], '{"x":["s","-0",1]}'],
  ]
  for (const [name, values, text] of documents) {
    const k = pathBytes([{ kind: 'K', idType: 'name', name }])
    db.prepare('INSERT INTO entity (n, k, c, v, t, d) VALUES (1, ?, ?, ?, ?, ?)').run(k, now, now, now, text)
    db.prepare('INSERT INTO entry VALUES (2, ?, ?)').run(new Uint8Array(), k)
    for (const value of new Set(values))
      db.prepare('INSERT OR IGNORE INTO entry VALUES (3, ?, ?)').run(indexed(value), k)
  }
  const k = pathBytes([{ kind: 'K', idType: 'name', name: 'a' }])
  db.prepare('INSERT INTO history VALUES (?, 1, ?, ?, ?, ?)').run(BigInt(now) * 1024n + 7n, k, now - 10, now - 10, '{}')
  db.close()

  const engine = new Engine({ dataFolder: folder })
  const names = (value: Value) => {
    const filter = { propertyFilter: { property: { name: 'x' }, op: 'EQUAL', value } }
    const { batch } = engine.runQuery({ projectId, query: { kind: [{ name: 'K' }], filter } })
    return batch!.entityResults.map(({ entity }) => entity.key!.path![0]!.name).join('')
  }
  expect([names({ doubleValue: 0 }), names({ doubleValue: -0 })]).toEqual(['ac', 'bc'])
  const readTime = { seconds: Math.floor((now - 1) / 1e6), nanos: ((now - 1) % 1e6) * 1000 }
  expect(engine.lookup({ projectId, keys: [key('a')], readOptions: { readTime } }).found[0]!.entity.properties).toEqual(
    {},
  )
  engine.close()
  // Once is enough, and another engine reads what the first has converted.
  new Engine({ dataFolder: folder }).close()
})

test('the second format is converted: the past of its commits is read as before', async () => {
  let now = Date.now()
  const clock = () => now
  const first = new Engine({ dataFolder: folder, clock })
  const times: object[] = []
  for (const text of ['one', 'two', 'three']) {
    const mutations = ['a', 'b'].map((name) => ({
      upsert: { key: key(name), properties: { x: { stringValue: text.repeat(400), excludeFromIndexes: true } } },
    }))
    await first.commit({ projectId, mode: 'NON_TRANSACTIONAL', mutations })
    times.push(first.lookup({ projectId, keys: [] }).readTime)
    now += 1000
  }
  first.close()
  const { DatabaseSync } = process.getBuiltinModule('node:sqlite')
  const db = new DatabaseSync(join(folder, 'datastore.sqlite'))
  db.exec(`CREATE TABLE old (at INTEGER, place INTEGER, n INTEGER NOT NULL, k BLOB NOT NULL, c INTEGER, v INTEGER, d TEXT,
      PRIMARY KEY (at, place)) WITHOUT ROWID;
    INSERT INTO old SELECT at, id % 2, n, k, c, v, d FROM history;
    DROP TABLE history; ALTER TABLE old RENAME TO history; PRAGMA user_version = 2`)
  db.close()

  const engine = new Engine({ dataFolder: folder, clock })
  const read = (name: string, readTime?: object) =>
    engine.lookup({ projectId, keys: [key(name)], readOptions: readTime && { readTime } }).found[0]!.entity.properties![
      'x'
    ]!.stringValue!
  await engine.commit({ projectId, mode: 'NON_TRANSACTIONAL', mutations: [{ delete: key('b') }] })
  expect([read('a'), read('a', times[0]), read('b', times[0]), read('b', times[1])]).toEqual(
    ['three', 'one', 'one', 'two'].map((text) => text.repeat(400)),
  )
  engine.close()
})

test('the third format, with whole texts in its history, is read as it is', async () => {
  let now = Date.now()
  const clock = () => now
  const first = new Engine({ dataFolder: folder, clock })
  const write = (engine: Engine, text: string) => {
    const properties = { x: { stringValue: text.repeat(2000), excludeFromIndexes: true } }
    now += 1000
    const mutations = [{ upsert: { key: key('a'), properties } }]
    return engine.commit({ projectId, mode: 'NON_TRANSACTIONAL', mutations })
  }
  await write(first, 'one ')
  const { readTime } = first.lookup({ projectId, keys: [] })
  await write(first, 'two ')
  first.close()
  const { DatabaseSync } = process.getBuiltinModule('node:sqlite')
  const db = new DatabaseSync(join(folder, 'datastore.sqlite'))
  const whole = `\t{"x":["o",[0,8000],1]}\n${'one '.repeat(2000)}`
  db.prepare('UPDATE history SET d = ? WHERE d IS NOT NULL').run(whole)
  db.exec('PRAGMA user_version = 3')
  db.close()

  const engine = new Engine({ dataFolder: folder, clock })
  await write(engine, 'two 2')
  const read = (readOptions?: object) =>
    engine.lookup({ projectId, keys: [key('a')], readOptions }).found[0]!.entity.properties!['x']!.stringValue
  expect([read({ readTime }), read()]).toEqual(['one '.repeat(2000), 'two 2'.repeat(2000)])
  engine.close()
})

test('a commit of thousands of entities is one version: the past before and after it is whole', async () => {
  let now = Date.now()
  const engine = new Engine({ memory: true, clock: () => now })
  const write = (n: number) =>
    engine.commit({
      projectId,
      mode: 'NON_TRANSACTIONAL',
      mutations: Array.from({ length: 3000 }, (_, i) => ({
        upsert: { key: key(String(i)), properties: { n: { integerValue: n } } },
      })),
    })
  const read = (readTime?: object) => {
    const keys = Array.from({ length: 1000 }, (_, i) => key(String(i * 3)))
    const { found } = engine.lookup({ projectId, keys, readOptions: readTime && { readTime } })
    return [...new Set(found.map(({ entity }) => String(entity.properties!['n']!.integerValue)))]
  }
  await write(1)
  const { readTime } = engine.lookup({ projectId, keys: [], readOptions: { newTransaction: { readOnly: {} } } })
  now += 1000
  await write(2)
  expect(read(readTime)).toEqual(['1'])
  const after = engine.lookup({ projectId, keys: [], readOptions: { newTransaction: { readOnly: {} } } }).readTime
  const { seconds, nanos } = after as { seconds: string; nanos: number }
  for (const micros of [0, 1, 2, 3]) expect(read({ seconds, nanos: nanos + micros * 1000 })).toEqual(['2'])
  engine.close()
})

test('no number is stored as a double, which node:sqlite binds every number as', async () => {
  const engine = new Engine({ dataFolder: folder })
  const commit = (mutation: object) => engine.commit({ projectId, mode: 'NON_TRANSACTIONAL', mutations: [mutation] })
  for (const doubleValue of [-0, 0, 1, 1.5])
    await commit({ upsert: { key: key('a'), properties: { d: { doubleValue } } } })
  await commit({ delete: key('a') })
  await engine.reserveIds({ projectId, keys: [{ path: [{ kind: 'K', id: '7' }] }] })
  const { transaction } = engine.beginTransaction({ projectId })
  engine.lookup({ projectId, keys: [key('a')], readOptions: { transaction } })
  const { DatabaseSync } = process.getBuiltinModule('node:sqlite')
  let columns = 0
  for (const file of ['datastore.sqlite', 'locks/locks.sqlite']) {
    const db = new DatabaseSync(join(folder, file), { readOnly: true })
    const numbers = db
      .prepare(
        `SELECT t.name AS tab, c.name AS col FROM sqlite_schema AS t, pragma_table_info(t.name) AS c WHERE c.type = 'INTEGER'`,
      )
      .all() as { tab: string; col: string }[]
    for (const { tab, col } of numbers) {
      const types = db.prepare(`SELECT DISTINCT typeof(${col}) AS type FROM ${tab} WHERE ${col} IS NOT NULL`).all()
      expect({ tab, col, types: types.map(({ type }) => type).filter((type) => type !== 'integer') }).toEqual({
        tab,
        col,
        types: [],
      })
      columns += types.length
    }
    db.close()
  }
  expect(columns).toBeGreaterThan(10)
  engine.close()
})
