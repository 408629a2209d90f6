// The modes of concurrency: where they are chosen, what waits for what, and what becomes of the locks of those that are gone.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { Engine, type EngineOptions } from '../../../lib/datastore/engine/engine.ts'
import { Sql } from '../../../lib/datastore/engine/storage/sql.ts'
import { closeDatastore, openDatastore } from '../../../lib/datastore/index.ts'

const projectId = 'p'
const key = (...names: string[]) => ({ path: names.map((name) => ({ kind: 'K', name })) })
const put = (...names: string[]) => ({
  projectId,
  mode: 'NON_TRANSACTIONAL',
  mutations: [{ upsert: { key: key(...names), properties: { n: { integerValue: 1 } } } }],
})

let folder: string
const engines: Engine[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tipfy-datastore-'))
})
afterEach(() => {
  for (const engine of engines.splice(0)) engine.close()
  rmSync(folder, { recursive: true })
})

function open(options: EngineOptions = {}): Engine {
  const engine = new Engine({ dataFolder: folder, ...options })
  engines.push(engine)
  return engine
}

/** Begins a transaction that reads an entity. */
function reading(engine: Engine, ...names: string[]): Uint8Array {
  const { transaction } = engine.beginTransaction({ projectId })
  engine.lookup({ projectId, keys: [key(...names)], readOptions: { transaction } })
  return transaction
}

const end = (engine: Engine, transaction: Uint8Array, mutations: object[] = []) =>
  engine.commit({ projectId, mode: 'TRANSACTIONAL', transaction, mutations })

/** Tells what a commit came to: `ok`, or the code. */
const outcome = (commit: Promise<unknown>): Promise<unknown> =>
  commit.then(
    () => 'ok',
    ({ code }) => code,
  )

describe('the mode', () => {
  const wrong = { code: 'TIPFY_E_DATA_CONCURRENCY' }

  test('of new data is pessimistic, or what is asked for, and is kept', async () => {
    await closeDatastore(await openDatastore({ mode: 'embedded', dataFolder: folder }))
    await closeDatastore(await openDatastore({ mode: 'embedded', dataFolder: folder, concurrency: 'pessimistic' }))
    const optimistic = openDatastore({ mode: 'embedded', dataFolder: folder, concurrency: 'optimistic' })
    await expect(optimistic).rejects.toMatchObject(wrong)
    const other = join(folder, 'other')
    await closeDatastore(await openDatastore({ mode: 'embedded', dataFolder: other, concurrency: 'optimistic' }))
    await closeDatastore(await openDatastore({ mode: 'embedded', dataFolder: other }))
    const pessimistic = openDatastore({ mode: 'embedded', dataFolder: other, concurrency: 'pessimistic' })
    await expect(pessimistic).rejects.toMatchObject(wrong)
  })

  test('of data that knew none is optimistic', () => {
    open().close()
    const { DatabaseSync } = process.getBuiltinModule('node:sqlite')
    const db = new DatabaseSync(join(folder, 'datastore.sqlite'))
    db.exec(`ALTER TABLE state DROP COLUMN concurrency; DROP TABLE history; PRAGMA user_version = 1;
      CREATE TABLE history (id INTEGER PRIMARY KEY, n INTEGER NOT NULL, k BLOB NOT NULL, c INTEGER, v INTEGER, d TEXT)`)
    db.close()
    expect(() => open({ concurrency: 'pessimistic' })).toThrow(expect.objectContaining(wrong))
    open({ concurrency: 'optimistic' })
  })
})

describe('two processes on one folder, pessimistic', () => {
  test('a commit waits for a transaction of the other, and everything else goes on', async () => {
    const [one, other] = [open(), open()]
    await one.commit(put('a'))
    const transaction = reading(one, 'a')
    const ended: string[] = []
    const writing = other.commit(put('a')).then(() => ended.push('writer'))
    await other.commit(put('b'))
    expect(other.lookup({ projectId, keys: [key('a')] }).found).toHaveLength(1)
    expect(ended).toEqual([])
    await end(one, transaction)
    await writing
    expect(ended).toEqual(['writer'])
  })

  test('of two that wait for each other, one is aborted at once', async () => {
    const [one, other] = [open(), open()]
    const [a, b] = [reading(one, 'a'), reading(other, 'b')]
    const outcomes = await Promise.all([
      outcome(end(one, a, put('b').mutations)),
      outcome(end(other, b, put('a').mutations)),
    ])
    expect(outcomes.sort()).toEqual([10, 'ok'])
  })

  test('a commit that has waited as long as its caller can is aborted, and never happens', async () => {
    const [one, other] = [open(), open()]
    const transaction = reading(one, 'a')
    await expect(other.commit(put('a'), 30)).rejects.toMatchObject({ code: 10, details: 'Transaction lock timeout.' })
    await end(one, transaction)
    expect(one.lookup({ projectId, keys: [key('a')] }).missing).toHaveLength(1)
    await other.commit(put('a'))
  })

  test('nor does a commit wait longer where the time of day is put back meanwhile', async () => {
    const [one, other] = [open(), open()]
    reading(one, 'a')
    const commit = outcome(other.commit(put('a'), 50))
    const now = Date.now()
    const earlier = jest.spyOn(Date, 'now').mockReturnValue(now - 3_600_000)
    const late = new Promise((resolve) => setTimeout(resolve, 2000, 'still waiting'))
    const first = await Promise.race([commit, late])
    earlier.mockRestore()
    expect(first).toBe(10)
  })

  test('the locks of a process that is killed are gone', async () => {
    const engine = open()
    await engine.commit(put('a'))
    const flags = ['-C', 'tipfy-source', '--disable-warning=ExperimentalWarning']
    const child = spawn(process.execPath, [...flags, join(import.meta.dirname, 'locks-child.ts'), folder], {
      env: { ...process.env, NODE_OPTIONS: '' },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(child.stdout, 'data')
    let isWritten = false
    const writing = engine.commit(put('a')).then(() => {
      isWritten = true
    })
    await engine.commit(put('b'))
    expect(isWritten).toBe(false)
    child.kill('SIGKILL')
    await once(child, 'exit')
    await writing
  })

  test('what a killed process has left is removed when the folder is opened', async () => {
    const owners = () => readdirSync(join(folder, 'locks')).filter((name) => name.startsWith('owner-'))
    const engine = open()
    await engine.commit(put('a'))
    reading(engine, 'a')
    // A process that died before it had written its file is dead, too.
    const { DatabaseSync } = process.getBuiltinModule('node:sqlite')
    const db = new DatabaseSync(join(folder, 'locks/locks.sqlite'))
    db.exec(`INSERT INTO txn VALUES (x'01', 'dead', ${Date.now()}, ${Date.now()});
      INSERT INTO entity_lock SELECT name, k, x'01' FROM entity_lock`)
    db.close()
    // So is one that never held a lock.
    const spare = join(folder, 'locks/owner-dead2.sqlite')
    writeFileSync(spare, '')
    utimesSync(spare, 0, 0)
    open()
    expect(owners()).toHaveLength(2)
    const writing = engine.commit(put('a'))
    engine.close()
    await expect(writing).rejects.toMatchObject({ code: 14 })
    expect(owners()).toHaveLength(1)
  })

  test('a file of locks that is damaged is begun anew', async () => {
    const first = open()
    await first.commit(put('a'))
    first.close()
    writeFileSync(join(folder, 'locks/locks.sqlite'), 'not a database'.repeat(1000))
    const engine = open()
    const transaction = reading(engine, 'a')
    await expect(engine.commit(put('a'), 20)).rejects.toMatchObject({ code: 10 })
    await end(engine, transaction)
  })
})

test('a commit whose time has passed is not made when the lock is released between two looks', async () => {
  const engine = open()
  const transaction = reading(engine, 'a')
  const late = outcome(engine.commit(put('a'), 5))
  await setImmediate() // it waits for the lock
  const began = Date.now()
  while (Date.now() - began < 20) {
    // The event loop is held while the time passes.
  }
  await engine.rollback({ projectId, transaction })
  expect(await late).toBe(10)
  expect(engine.lookup({ projectId, keys: [key('a')] }).found).toEqual([])
})

describe('where locks cannot be written', () => {
  /** Fails each write of a lock, as on a full disk. */
  function fillDisk() {
    const { run } = Sql.prototype
    return jest.spyOn(Sql.prototype, 'run').mockImplementation(function (this: Sql, text, ...parameters) {
      if (!/\b(?:txn|entity_lock|query_lock|wait)\b/.test(text)) return run.call(this, text, ...parameters)
      throw Object.assign(new Error('database or disk is full'), { code: 'ERR_SQLITE_ERROR', errcode: 13 })
    })
  }
  afterEach(() => {
    jest.restoreAllMocks()
  })

  test('a transaction reads and commits without them', async () => {
    const engine = open()
    await engine.commit(put('a'))
    fillDisk()
    const transaction = reading(engine, 'a')
    engine.runQuery({ projectId, query: { kind: [{ name: 'K' }] }, readOptions: { transaction } })
    expect(await outcome(end(engine, transaction, put('a').mutations))).toBe('ok')
  })

  test('a commit that succeeded says so, and its locks are released once there is room', async () => {
    const engine = open()
    await engine.commit(put('a'))
    const transaction = reading(engine, 'a')
    const full = fillDisk()
    expect(await outcome(end(engine, transaction, put('b').mutations))).toBe('ok')
    full.mockRestore()
    expect(await outcome(engine.commit(put('a')))).toBe('ok')
  })

  test('a commit waits on, until its time is over, after their folder was removed', async () => {
    const [first, second] = [open(), open()]
    await first.commit(put('a'))
    reading(first, 'a')
    const waiting = outcome(second.commit(put('a'), 400))
    rmSync(join(folder, 'locks'), { recursive: true })
    expect(await waiting).toBe(10)
  })
})

test('a lock is gone after 60 s without a call, and after 270 s altogether', async () => {
  let now = 1_000_000_000_000
  const engine = open({ memory: true, clock: () => now })
  await engine.commit(put('a'))
  const transaction = reading(engine, 'a')
  now += 59_000
  expect(await outcome(engine.commit(put('a'), 20))).toBe(10)
  now += 2000
  expect(await outcome(engine.commit(put('a'), 20))).toBe('ok')
  expect(await outcome(end(engine, transaction))).toBe(10)
  const used = engine.beginTransaction({ projectId }).transaction
  for (let second = 0; second < 270; second += 45) {
    engine.lookup({ projectId, keys: [key('a')], readOptions: { transaction: used } })
    expect(await outcome(engine.commit(put('a'), 20))).toBe(10)
    now += 45_000
  }
  now += 1000
  expect(await outcome(engine.commit(put('a'), 20))).toBe('ok')
})

describe('optimistic with entity groups', () => {
  const concurrency = 'optimistic-with-entity-groups'

  test('a transaction fails where anything of a group that it has read has changed', async () => {
    const engine = open({ concurrency })
    await engine.commit(put('root', 'a'))
    const same = reading(engine, 'root', 'a')
    const foreign = reading(engine, 'other', 'a')
    await engine.commit(put('root', 'b'))
    expect(await outcome(end(engine, same, put('root', 'a').mutations))).toBe(10)
    expect(await outcome(end(engine, foreign, put('root', 'a').mutations))).toBe('ok')
  })

  test('queries in transactions need an ancestor, and see their group', async () => {
    const engine = open({ concurrency })
    await engine.commit(put('root', 'a'))
    const { transaction } = engine.beginTransaction({ projectId })
    const readOptions = { transaction }
    const kind = [{ name: 'K' }]
    expect(() => engine.runQuery({ projectId, query: { kind }, readOptions })).toThrow('ancestor')
    const value = { keyValue: key('root') }
    const filter = { propertyFilter: { property: { name: '__key__' }, op: 'HAS_ANCESTOR', value } }
    expect(engine.runQuery({ projectId, query: { kind, filter }, readOptions }).batch!.entityResults).toHaveLength(1)
    await engine.commit(put('root', 'z'))
    expect(await outcome(end(engine, transaction, put('x').mutations))).toBe(10)
  })

  test('a transaction has 25 groups at most', () => {
    const engine = open({ concurrency })
    const { transaction } = engine.beginTransaction({ projectId })
    const look = (count: number) =>
      engine.lookup({
        projectId,
        keys: Array.from({ length: count }, (_, i) => key(`root${i}`, 'a')),
        readOptions: { transaction },
      })
    look(25)
    expect(() => look(26)).toThrow('entity groups')
  })
})
