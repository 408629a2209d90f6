// Processes that write to one folder are killed (-9) in the middle of it, 200 times: nothing that was answered is lost,
// nothing is there by half, and the index says what the entities say.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { readDocument } from '../../../lib/datastore/engine/encoding/document.ts'
import { pathFromBytes } from '../../../lib/datastore/engine/encoding/keys.ts'
import { indexEntries } from '../../../lib/datastore/engine/encoding/sort-bytes.ts'
import { Engine } from '../../../lib/datastore/engine/engine.ts'
import type { Filter } from '../../../lib/datastore/engine/protocol/messages.ts'

const ROUNDS = 50
const AT_ONCE = 4
const child = join(import.meta.dirname, 'crash-child.ts')
const projectId = 'p'
const flags = ['-C', 'tipfy-source', '--disable-warning=ExperimentalWarning']
const environment = () => ({ ...process.env, NODE_OPTIONS: '', NODE_COMPILE_CACHE: join(folder, 'cache') })

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tipfy-crash-'))
  // One that ends in peace leaves the compiled code to those that will not.
  spawnSync(process.execPath, [...flags, child, join(folder, 'first'), 'none', 'once'], { env: environment() })
})
afterAll(() => rmSync(folder, { recursive: true }))

interface Writer {
  name: string
  process: ChildProcess
  answered: number[]
  ended: Promise<void>
}

function start(name: string): Writer {
  const writer = spawn(process.execPath, [...flags, child, join(folder, 'data'), name], {
    env: environment(),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const answered: number[] = []
  let rest = ''
  writer.stdout.on('data', (chunk) => {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop()!
    answered.push(...lines.map(Number))
  })
  return { name, process: writer, answered, ended: new Promise((resolve) => writer.once('close', () => resolve())) }
}

/** Lets a writer go on until it has answered so often. */
function until(writer: Writer, count: number): Promise<void> {
  return new Promise((resolve) => {
    const look = () => (writer.answered.length >= count ? resolve() : writer.process.stdout!.once('data', look))
    look()
  })
}

/** The ids of a run's entities, found by key and by index. */
function found(engine: Engine, name: string): { byKey: Map<string, number>; byIndex: Map<string, number> } {
  const ancestor: Filter = {
    propertyFilter: {
      property: { name: '__key__' },
      op: 'HAS_ANCESTOR',
      value: { keyValue: { path: [{ kind: 'Run', name }] } },
    },
  }
  const indexed: Filter = {
    propertyFilter: { property: { name: 'n' }, op: 'GREATER_THAN_OR_EQUAL', value: { integerValue: 0 } },
  }
  const ask = (filter: Filter) => {
    const { batch } = engine.runQuery({ projectId, query: { kind: [{ name: 'K' }], filter } })
    const entries = batch!.entityResults.map(({ entity }): [string, number] => [
      entity.key!.path!.at(-1)!.name!,
      Number(entity.properties!['n']!.integerValue),
    ])
    return new Map(entries)
  }
  return { byKey: ask(ancestor), byIndex: ask({ compositeFilter: { op: 'AND', filters: [ancestor, indexed] } }) }
}

test('200 kills in the middle of load lose nothing that was answered', async () => {
  let answers = 0
  for (let round = 0; round < ROUNDS; round++) {
    const writers = Array.from({ length: AT_ONCE }, (_, i) => start(`${round}-${i}`))
    // Somewhere in the middle of their work, and all at once: nobody is left who has the file open.
    await Promise.all(writers.map((writer) => until(writer, 1)))
    await until(writers[round % AT_ONCE]!, 1 + ((round * 37) % 60))
    for (const writer of writers) writer.process.kill('SIGKILL')
    await Promise.all(writers.map(({ ended }) => ended))
    const engine = new Engine({ dataFolder: join(folder, 'data') })
    for (const { name, answered } of writers) {
      answers += answered.length
      const { byKey, byIndex } = found(engine, name)
      expect([...byIndex].sort()).toEqual([...byKey].sort())
      expect(answered.filter((n) => byKey.get(`${n}x`) !== n || byKey.get(`${n}y`) !== n)).toEqual([])
      const pairs = [...byKey].filter(([id]) => id.endsWith('x')).map(([, n]) => n)
      expect(pairs.filter((n) => byKey.get(`${n}y`) !== n)).toEqual([])
      expect(byKey.size).toBe(2 * pairs.length + [...byKey.keys()].filter((id) => id.startsWith('slot')).length)
      for (const [id, n] of byKey) if (id.startsWith('slot')) expect(pairs).toContain(n)
    }
    engine.close()
  }
  expect(answers).toBeGreaterThan(ROUNDS * AT_ONCE)
  expectSound(join(folder, 'data/datastore.sqlite'))
}, 240_000)

/** The file is whole, and its index has one row for each indexed value and no other. */
function expectSound(file: string): void {
  const { DatabaseSync } = process.getBuiltinModule('node:sqlite')
  const db = new DatabaseSync(file)
  expect(db.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' })
  const wanted: string[] = []
  for (const { n, k, d } of db.prepare('SELECT n, k, d FROM entity').all() as {
    n: number
    k: Uint8Array
    d: string
  }[]) {
    const kind = pathFromBytes(k).at(-1)!.kind
    const row = (property: string, bytes: Uint8Array) =>
      [JSON.stringify([n, kind, property]), Buffer.from(bytes).toString('hex'), Buffer.from(k).toString('hex')].join(
        ' ',
      )
    wanted.push(row('', new Uint8Array()))
    for (const [property, bytes] of indexEntries(readDocument(d))) wanted.push(row(property, bytes))
  }
  const rows = db
    .prepare("SELECT name || ' ' || lower(hex(v)) || ' ' || lower(hex(k)) AS row FROM entry JOIN name ON id = p")
    .all()
  expect(rows.map(({ row }) => row).sort()).toEqual([...new Set(wanted)].sort())
  db.close()
}
