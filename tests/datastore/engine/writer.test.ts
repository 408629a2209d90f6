// The way of commits to the disk: together where they come together, around other processes without stopping this one, and what
// is told where they do not.
import { closeSync, mkdtempSync, openSync, readFileSync, renameSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { Engine } from '../../../lib/datastore/engine/engine.ts'
import { StatusError } from '../../../lib/datastore/engine/protocol/status.ts'
import { limits } from '../../../lib/datastore/engine/storage/history.ts'
import { Store } from '../../../lib/datastore/engine/storage/store.ts'
import { Writer } from '../../../lib/datastore/engine/writer.ts'
import { inProcessClient } from '../../../lib/datastore/in-process-client.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tipfy-datastore-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const projectId = 'p'
const key = (name: string) => ({ path: [{ kind: 'K', name }] })
const put = (name: string, n: number) => ({
  projectId,
  mode: 'NON_TRANSACTIONAL',
  mutations: [{ upsert: { key: key(name), properties: { n: { integerValue: n } } } }],
})
const read = (engine: Engine, name: string) =>
  engine.lookup({ projectId, keys: [key(name)] }).found[0]!.entity.properties!['n']!.integerValue

/** Another program on the same file. */
function stranger(): DatabaseSync {
  const { DatabaseSync: Database } = process.getBuiltinModule('node:sqlite')
  return new Database(join(folder, 'datastore.sqlite'))
}

describe('commits that arrive together', () => {
  /** A store that counts what it is told. */
  function counting(): { store: Store; said: string[] } {
    const said: string[] = []
    const store = new Store(':memory:')
    const { begin, commit, rollback } = store
    store.begin = () => {
      said.push('begin')
      begin.call(store)
    }
    store.commit = (...args) => {
      said.push('commit')
      commit.apply(store, args)
    }
    store.rollback = () => {
      said.push('rollback')
      rollback.call(store)
    }
    return { store, said }
  }

  test('share one transaction, and so one wait for the disk; each has a version of its own', async () => {
    const { store, said } = counting()
    const writer = new Writer(store, () => 1000)
    const versions = await Promise.all(Array.from({ length: 50 }, () => writer.write(({ next }) => next, 1000)))
    expect(said).toEqual(['begin', 'commit'])
    expect(versions).toEqual(Array.from({ length: 50 }, (_, i) => 1_000_001 + i))
  })

  test('of which one is refused: the others are written', async () => {
    const { store, said } = counting()
    const writer = new Writer(store, Date.now)
    const settled = await Promise.allSettled([
      writer.write(() => 1, 1000),
      writer.write(() => {
        throw new StatusError(6, 'exists')
      }, 1000),
      writer.write(() => 3, 1000),
    ])
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(said).toEqual(['begin', 'commit'])
  })

  test('of which one breaks half way: nothing of it is kept, and the others are written', async () => {
    const { store, said } = counting()
    const writer = new Writer(store, Date.now)
    const note = (name: string) => () => store.numberFor(name)
    const settled = await Promise.allSettled([
      writer.write(note('one'), 1000),
      writer.write(() => {
        store.numberFor('half')
        throw new TypeError('broken')
      }, 1000),
      writer.write(note('three'), 1000),
    ])
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(settled[1]).toMatchObject({ reason: { code: 13 } })
    expect(said).toEqual(['begin', 'rollback', 'begin', 'commit'])
    expect(['one', 'half', 'three'].map((name) => store.number(name) !== undefined)).toEqual([true, false, true])
  })

  test('keep their versions growing though the clock goes back', async () => {
    const { store } = counting()
    let now = 2000
    const writer = new Writer(store, () => now)
    const first = await writer.write(({ next }) => next, 1000)
    now = 1000
    expect(await writer.write(({ next }) => next, 1000)).toBe(first + 1)
  })
})

describe('what the disk does', () => {
  test('a full one refuses commits as a whole, keeps what was answered, and takes the next once there is room', async () => {
    const store = new Store(join(folder, 'datastore.sqlite'))
    const writer = new Writer(store, () => 1000)
    const fill = (name: string) => writer.write(() => store.insert(1, Buffer.from(name), 1, 'x'.repeat(9000)), 1000)
    await fill('before')
    const room = store.db.prepare('PRAGMA max_page_count').get()!['max_page_count']
    store.db.exec('PRAGMA max_page_count = 1')
    const settled = await Promise.allSettled([fill('one'), fill('other')])
    expect(settled).toMatchObject([{ reason: { code: 8 } }, { reason: { code: 8 } }])
    expect(['before', 'one', 'other'].map((name) => store.get(1, Buffer.from(name)) !== undefined)).toEqual([
      true,
      false,
      false,
    ])
    store.db.exec(`PRAGMA max_page_count = ${room}`)
    await fill('one')
    expect(store.get(1, Buffer.from('one'))).toBeDefined()
    store.close()
  })

  test.each([
    ['removed', (file: string) => rmSync(file)],
    [
      'replaced',
      (file: string) => {
        renameSync(file, `${file}.old`)
        writeFileSync(file, readFileSync(`${file}.old`))
      },
    ],
  ])('a file that was %s while it is open takes no commit, which nobody would see again', async (_, change) => {
    const engine = new Engine({ dataFolder: folder })
    await engine.commit(put('a', 1))
    change(join(folder, 'datastore.sqlite'))
    await expect(engine.commit(put('a', 2))).rejects.toMatchObject({
      code: 9,
      details: expect.stringContaining('removed or replaced'),
    })
    engine.close()
  })

  test('a damaged file is told as such, where it is read and where it is written', async () => {
    const engine = new Engine({ dataFolder: folder })
    for (let i = 0; i < 100; i++) await engine.commit(put(`${i}`, i))
    engine.close()
    const file = openSync(join(folder, 'datastore.sqlite'), 'r+')
    for (let page = 2; page < 20; page++) writeSync(file, Buffer.alloc(4096, 0x77), 0, 4096, page * 4096)
    closeSync(file)
    const damaged = new Engine({ dataFolder: folder })
    const { lookup, commit } = inProcessClient(damaged)
    await expect(lookup({ projectId, keys: [key('5')] } as never)).rejects.toMatchObject({ code: 15 })
    await expect(commit(put('5', 6) as never)).rejects.toMatchObject({ code: 15 })
    damaged.close()
  })
})

describe('while another process opens or recovers the file', () => {
  test.each([
    ['a lookup', (engine: Engine) => engine.lookup({ projectId, keys: [key('a')] }).found],
    ['a lookup of several', (engine: Engine) => engine.lookup({ projectId, keys: [key('a'), key('b')] }).found],
    [
      'a query',
      (engine: Engine) => engine.runQuery({ projectId, query: { kind: [{ name: 'K' }] } }).batch!.entityResults,
    ],
  ])('%s waits', async (_, ask) => {
    const { StatementSync } = process.getBuiltinModule('node:sqlite')
    const first = new Engine({ dataFolder: folder })
    await first.commit(put('a', 1))
    first.close()
    const engine = new Engine({ dataFolder: folder })
    const { get } = StatementSync.prototype
    let busy = 3
    StatementSync.prototype.get = function (...parameters) {
      if (busy-- > 0) throw Object.assign(new Error('database is locked'), { errcode: 5 })
      return Reflect.apply(get, this, parameters)
    }
    try {
      expect(ask(engine)).toHaveLength(1)
    } finally {
      StatementSync.prototype.get = get
    }
    expect(busy).toBeLessThan(0)
    engine.close()
  })
})

describe('while another process writes', () => {
  test('a commit waits, and this process goes on with everything else', async () => {
    const engine = new Engine({ dataFolder: folder })
    await engine.commit(put('a', 1))
    const other = stranger()
    other.exec('BEGIN IMMEDIATE')
    let done = false
    const commit = engine.commit(put('a', 2)).then(() => {
      done = true
    })
    // Many turns of the loop pass: reads are answered, and only the commit waits.
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setTimeout(resolve))
    expect(read(engine, 'a')).toBe('1')
    expect(done).toBe(false)
    other.exec('COMMIT')
    await commit
    expect(read(engine, 'a')).toBe('2')
    other.close()
    engine.close()
  })

  test('a commit that has waited for as long as its caller has time is refused, and never happens', async () => {
    const engine = new Engine({ dataFolder: folder })
    await engine.commit(put('a', 1))
    const other = stranger()
    other.exec('BEGIN IMMEDIATE')
    await expect(engine.commit(put('a', 2), 20)).rejects.toMatchObject({ code: 10 })
    other.exec('COMMIT')
    await engine.commit(put('b', 1))
    expect(read(engine, 'a')).toBe('1')
    other.close()
    engine.close()
  })

  test('nor does a commit wait longer where the time of day stands still, as with fake timers', async () => {
    const engine = new Engine({ dataFolder: folder })
    const other = stranger()
    other.exec('BEGIN IMMEDIATE')
    const stopped = jest.spyOn(Date, 'now').mockReturnValue(1_000_000_000_000)
    const commit = engine.commit(put('a', 2), 20)
    const late = new Promise((resolve) => setTimeout(resolve, 2000, 'still waiting'))
    const first = await Promise.race([commit.catch(({ code }) => code), late])
    stopped.mockRestore()
    expect(first).toBe(10)
    other.close()
    engine.close()
  })
})

describe('history', () => {
  const usual = limits.bytes
  test('is dropped after an hour, and the past that needs it can no longer be read', async () => {
    let now = 1_000_000_000_000
    const engine = new Engine({ dataFolder: folder, clock: () => now })
    await engine.commit(put('a', 1))
    const { readTime } = engine.lookup({ projectId, keys: [], readOptions: { newTransaction: { readOnly: {} } } })
    await engine.commit(put('a', 2))
    const past = () => engine.lookup({ projectId, keys: [key('a')], readOptions: { readTime } })
    expect(past().found[0]!.entity.properties!['n']!.integerValue).toBe('1')
    now += 3_601_000
    await engine.commit(put('b', 1))
    await engine.commit(put('b', 2))
    expect(past).toThrow('too old')
    engine.close()
    const other = stranger()
    expect(other.prepare('SELECT count(*) AS n FROM history').get()!['n']).toBeLessThanOrEqual(2)
    other.close()
  })

  test('is dropped when it is too much, and what it is said to hold is what it holds', async () => {
    limits.bytes = 100_000
    const engine = new Engine({ dataFolder: folder })
    const big = (name: string, letter: string) => ({
      projectId,
      mode: 'NON_TRANSACTIONAL',
      mutations: [
        {
          upsert: {
            key: key(name),
            properties: { big: { stringValue: `é${letter.repeat(10_000)}`, excludeFromIndexes: true } },
          },
        },
      ],
    })
    for (let i = 0; i < 30; i++) await engine.commit(big('a', 'ab'[i % 2]!))
    engine.close()
    limits.bytes = usual
    const other = stranger()
    const { kept, real } = other
      .prepare('SELECT kept, (SELECT sum(coalesce(octet_length(d), 0) + 64) FROM history) AS real FROM state')
      .get() as { kept: number; real: number }
    expect(kept).toBe(real)
    expect(real).toBeLessThan(130_000)
    other.close()
  })
})
