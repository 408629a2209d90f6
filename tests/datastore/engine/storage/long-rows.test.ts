// The text of a long row is kept between reads: never in place of another one.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { Engine } from '../../../../lib/datastore/engine/engine.ts'

const key = (name = 'a') => ({ path: [{ kind: 'Long', name }] })
const text = (mark: string) => `${mark} ${'x'.repeat(10_000)}`

let folder: string
let engines: Engine[]
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tipfy-long-'))
  engines = [new Engine({ dataFolder: folder }), new Engine({ dataFolder: folder })]
})
afterEach(() => {
  for (const engine of engines) engine.close()
  rmSync(folder, { recursive: true })
})

const write = (engine: Engine, mark: string, name = 'a') =>
  engine.commit({
    projectId: 'p',
    mode: 'NON_TRANSACTIONAL',
    mutations: [
      {
        upsert: { key: key(name), properties: { text: { stringValue: text(mark), excludeFromIndexes: true } } },
      },
    ],
  })

function read(engine: Engine, name = 'a'): string | undefined {
  const [found] = engine.lookup({ projectId: 'p', keys: [key(name)] }).found
  return found === undefined ? undefined : found.entity.properties!.text!.stringValue!.split(' ')[0]
}

test('each process reads what any of them has written, however often it was read before', async () => {
  for (const mark of ['one', 'two', 'three', 'four']) {
    await write(engines[mark.length % 2]!, mark)
    for (const engine of [...engines, ...engines]) expect(read(engine)).toBe(mark)
  }
})

test('a row that was deleted, and one that was made anew, are read as that', async () => {
  const [one, other] = engines as [Engine, Engine]
  await write(one, 'first')
  for (const engine of engines) expect(read(engine)).toBe('first')
  await other.commit({ projectId: 'p', mode: 'NON_TRANSACTIONAL', mutations: [{ delete: key() }] })
  for (const engine of engines) expect(read(engine)).toBeUndefined()
  await write(other, 'second')
  for (const engine of engines) expect(read(engine)).toBe('second')
})

test('what a commit wrote that could not be stored is not read', async () => {
  const [one] = engines as [Engine]
  await write(one, 'stored')
  expect(read(one)).toBe('stored')
  const other = new DatabaseSync(join(folder, 'datastore.sqlite'))
  // The last statement of the transaction fails: its rows were written by then.
  other.exec(`CREATE TRIGGER full BEFORE UPDATE ON state BEGIN SELECT RAISE(ABORT, 'the disk is full'); END`)
  await expect(write(one, 'lost')).rejects.toThrow('the disk is full')
  other.exec('DROP TRIGGER full')
  other.close()
  expect(read(one)).toBe('stored')
  await write(one, 'next')
  expect(read(one)).toBe('next')
})

test('a commit onto a row that was read before compares and keeps what is stored now', async () => {
  const [one, other] = engines as [Engine, Engine]
  await write(one, 'first')
  const { version } = one.lookup({ projectId: 'p', keys: [key()] }).found[0]!
  await write(other, 'second')
  const onto = { update: { key: key(), properties: {} }, baseVersion: version, conflictResolutionStrategy: 'FAIL' }
  await expect(one.commit({ projectId: 'p', mode: 'NON_TRANSACTIONAL', mutations: [onto] })).rejects.toMatchObject({
    code: 9,
  })
  const before = one.lookup({ projectId: 'p', keys: [key()] }).found[0]!.updateTime!
  await write(one, 'third')
  const then = one.lookup({ projectId: 'p', keys: [key()], readOptions: { readTime: before } })
  expect(then.found[0]!.entity.properties!.text!.stringValue).toBe(text('second'))
})

test('the text of a version that was read already stays in the file', async () => {
  const [one] = engines as [Engine]
  await write(one, 'kept')
  expect(read(one)).toBe('kept')
  const other = new DatabaseSync(join(folder, 'datastore.sqlite'))
  other.exec(`UPDATE entity SET d = replace(d, 'kept', 'gone')`)
  other.close()
  expect(read(one)).toBe('kept')
  expect(read(engines[1]!)).toBe('gone')
})
