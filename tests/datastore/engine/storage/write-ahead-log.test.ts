// The size of the write-ahead log while another program reads the database.
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals'
import { sqlite } from '../../../../lib/datastore/engine/storage/sqlite.ts'
import { Store } from '../../../../lib/datastore/engine/storage/store.ts'

let folder: string
let file: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tipfy-log-'))
  file = join(folder, 'datastore.sqlite')
})
afterEach(() => rmSync(folder, { recursive: true }))

const maxBytes = 200_000
const logSize = () => statSync(`${file}-wal`).size

test('a log that another reader has made grow is cut when that ends, and told of once', () => {
  const told: string[] = []
  const store = new Store(file, undefined, { maxBytes, onTrouble: (message) => told.push(message) })
  let now = 0
  const commit = () => {
    store.begin()
    const n = store.numberFor('n')
    store.insert(n, Buffer.from(`k${now}`), ++now, 'x'.repeat(100_000))
    store.commit(now, now * 1000)
  }
  commit()
  const reader = new (sqlite().DatabaseSync)(file)
  reader.exec('BEGIN; SELECT * FROM state')
  for (let n = 0; n < 10; n++) commit()
  expect(logSize()).toBeGreaterThan(1_000_000)
  expect(told).toEqual([expect.stringMatching(/-wal has grown to \d+ MiB, because another program reads/)])
  reader.exec('COMMIT')
  commit()
  expect(logSize()).toBeLessThanOrEqual(maxBytes)
  reader.close()
  store.close()
})

test('a commit is done where the log cannot be written back after it', () => {
  const told: string[] = []
  const store = new Store(file, undefined, { maxBytes: 1, onTrouble: (message) => told.push(message) })
  const prepare = store.db.prepare.bind(store.db)
  jest.spyOn(store.db, 'prepare').mockImplementation((sql) => {
    if (sql.includes('checkpoint')) throw new Error('database or disk is full')
    return prepare(sql)
  })
  store.begin()
  store.commit(1, 1000)
  expect(store.version()).toBe(1)
  expect(told).toEqual([expect.stringMatching(/has grown .* it cannot be written back: database or disk is full/)])
  store.close()
})
