// Bare node:http with one row of SQLite for each client, as durable as the embedded Datastore and in the same grouping: the reads of one
// turn of the event loop are one transaction, the changes of one turn another, and responses leave after its sync. What a stored
// session costs beyond this is tipfy's.
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { ServerOptions } from './child.ts'

/** As long as the record of a session that such cases keep. */
const record = (visits: number) => JSON.stringify({ visits }).padEnd(550, '.')

interface Step {
  work(): void
  done(): void
}

/** @param hasHistory does all that the Datastore has to: what a change replaces is kept, and the latest version is counted */
export async function start({ answer, name }: ServerOptions, hasHistory = false): Promise<Server> {
  const folder = mkdtempSync(join(tmpdir(), 'tipfy-bench-'))
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  const db = new DatabaseSync(join(folder, 'bench.sqlite'))
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
  db.exec('CREATE TABLE session (id INTEGER PRIMARY KEY, data TEXT NOT NULL)')
  db.exec('CREATE TABLE history (at INTEGER PRIMARY KEY, session INTEGER NOT NULL, data TEXT NOT NULL)')
  db.exec('CREATE TABLE state (one INTEGER PRIMARY KEY, version INTEGER NOT NULL); INSERT INTO state VALUES (1, 0)')
  const select = db.prepare('SELECT data FROM session WHERE id = ?')
  const upsert = db.prepare('INSERT INTO session VALUES (?, ?) ON CONFLICT DO UPDATE SET data = excluded.data')
  const remember = db.prepare('INSERT INTO history VALUES (?, ?, ?)')
  const count = db.prepare('UPDATE state SET version = ?')

  const read = together(db, 'BEGIN')
  const change = together(db, 'BEGIN IMMEDIATE', () => {
    if (hasHistory) count.run(version)
  })
  let clients = 0
  let version = 0
  const { status, headers, body } = answer!
  return createServer((request, response) => {
    const respond = () => response.writeHead(status, headers).end(body)
    if (request.url!.startsWith('/login')) {
      const id = ++clients
      response.setHeader('set-cookie', `id=${id}`)
      change({ work: () => upsert.run(id, record(0)), done: respond })
      return
    }
    const id = Number(request.headers.cookie!.slice('id='.length))
    let before = ''
    const replace = () => {
      version++
      if (hasHistory) remember.run(version, id, before)
      upsert.run(id, record(version))
    }
    read({
      work: () => {
        before = select.get(id)!['data'] as string
      },
      done: () => (name.endsWith('change') ? change({ work: replace, done: respond }) : respond()),
    })
  })
}

/** Returns a function that runs the steps of one turn in one transaction, with `last` at its end. */
function together(db: DatabaseSync, beginning: string, last = () => {}): (step: Step) => void {
  const [begin, commit] = [db.prepare(beginning), db.prepare('COMMIT')]
  let waiting: Step[] = []
  const runAll = () => {
    const steps = waiting
    waiting = []
    begin.run()
    for (const { work } of steps) work()
    last()
    commit.run()
    for (const { done } of steps) done()
  }
  return (step) => {
    if (waiting.length === 0) setImmediate(runAll)
    waiting.push(step)
  }
}
