// `tipfy sessions …`: what the stored sessions are, and an end to them. Of cookie sessions the server keeps nothing.
import { inspect } from 'node:util'
import type { App } from '../app/types.ts'
import { decodeData } from '../ext/session/data/codec.ts'
import { visible } from '../ext/session/data/reserved.ts'
import type { OpenRepository } from '../ext/session/repository/open.ts'
import type { SessionRow } from '../ext/session/repository/ports.ts'
import { isLive, isTombstone } from '../ext/session/repository/record.ts'
import { Sessions } from '../ext/session/session-kinds.ts'
import { TipfyError } from '../internal/errors.ts'
import { UsageError } from './failure.ts'
import { withApp } from './load-app.ts'
import { counted, print, printJson, table } from './output.ts'
import { purge } from './purge.ts'

/** Milliseconds for one answer of Datastore. */
const timeout = 10_000
const pageSize = 500

interface Listed {
  id: string
  state: 'live' | 'expired' | 'ended'
  user: string | null
  created: string
  updated: string
  expires: string
  bytes: number
}

function stored<T>(fn: (opened: OpenRepository, app: App) => Promise<T>): Promise<T> {
  return withApp(async (app) => {
    await app.ready()
    const { sessionInterface } = app
    if (!(sessionInterface instanceof Sessions))
      throw new TipfyError('TIPFY_E_SESSION_HOOK', { name: 'tipfy sessions' })
    if (sessionInterface.opened === undefined) throw new TipfyError('TIPFY_E_SESSION_NOT_STORED')
    return fn(sessionInterface.opened, app)
  })
}

async function* allRows({ rows }: OpenRepository, user?: string): AsyncIterable<[string, SessionRow]> {
  let after: string | null | undefined
  while (after !== null) {
    const page = await rows.page({ limit: pageSize, after, user }, timeout)
    yield* page.rows
    after = page.next
  }
}

function listed(id: string, row: SessionRow): Listed {
  const state = isTombstone(row) ? 'ended' : isLive(row, Date.now()) ? 'live' : 'expired'
  const [created, updated, expires] = [row.created, row.updated, row.expires].map((time) =>
    new Date(time).toISOString(),
  )
  const bytes = Buffer.byteLength(row.data ?? '')
  return { id, state, user: row.username, created: created!, updated: updated!, expires: expires!, bytes }
}

export function listCommand(options: { user?: string; all?: boolean; limit: number; json?: boolean }): Promise<void> {
  return stored(async (opened) => {
    const found: Listed[] = []
    let more = false
    for await (const [id, row] of allRows(opened, options.user)) {
      const session = listed(id, row)
      if (session.state !== 'live' && !options.all) continue
      more = found.length === options.limit
      if (more) break
      found.push(session)
    }
    if (options.json) return printJson(found)
    if (found.length > 0) {
      const rows = found.map((one) => [
        one.id.slice(0, 12),
        one.user ?? '-',
        one.updated.slice(0, 19),
        one.expires.slice(0, 19),
        String(one.bytes),
        one.state === 'live' ? '' : one.state,
      ])
      print(`${table(['id', 'user', 'last change (UTC)', 'expires (UTC)', 'bytes', ''], rows)}\n`)
    }
    print(`${counted(found.length, 'session')}${more ? ', and more: --limit' : ''}`)
  })
}

/** The one session whose id begins so. */
async function find(opened: OpenRepository, beginning: string): Promise<[string, SessionRow]> {
  if (!/^[0-9a-f]{4,64}$/.test(beginning)) {
    throw new UsageError(
      `${beginning} is no id of a session: give at least four of its characters, as \`tipfy sessions ls\` shows them.`,
    )
  }
  const found: [string, SessionRow][] = []
  for await (const entry of allRows(opened)) if (entry[0].startsWith(beginning)) found.push(entry)
  if (found.length === 1) return found[0]!
  const problem = found.length === 0 ? 'There is no session' : `There are ${found.length} sessions`
  throw new TipfyError('TIPFY_E_SESSION_ID', { problem, id: beginning })
}

export function showCommand(beginning: string, { json }: { json?: boolean }): Promise<void> {
  return stored(async (opened) => {
    const [id, row] = await find(opened, beginning)
    const session = listed(id, row)
    const data = row.data ? visible(decodeData(row.data)) : null
    if (json) return printJson({ ...session, version: row.version, data: plain(data) })
    for (const [name, value] of Object.entries({ ...session, version: row.version }))
      print(`${name.padEnd(8)} ${value ?? '-'}`)
    print(`data     ${inspect(data, { depth: null, colors: process.stdout.isTTY === true })}`)
  })
}

/** What JSON cannot say, said as near as it can. */
function plain(data: unknown): unknown {
  const text = JSON.stringify(data, (_, value: unknown) => {
    if (typeof value === 'bigint') return String(value)
    if (value instanceof Map) return Object.fromEntries(value)
    return value instanceof Set ? [...value] : value
  })
  return JSON.parse(text)
}

export function revokeCommand(
  beginning: string | undefined,
  options: { user?: string; json?: boolean },
): Promise<void> {
  const { user, json } = options
  if ((beginning === undefined) === (user === undefined)) {
    throw new UsageError('Say which: an id, as `tipfy sessions ls` gives it, or --user <id>.')
  }
  return stored(async (opened) => {
    let ended = 1
    if (user !== undefined) ended = await opened.records.destroyAllFor(user)
    else await opened.records.revoke((await find(opened, beginning!))[0])
    if (json) printJson({ revoked: ended })
    else print(`${counted(ended, 'session')} ended.`)
  })
}

export function purgeCommand({ dryRun = false, json }: { dryRun?: boolean; json?: boolean }): Promise<void> {
  return stored(async (opened, app) => {
    const { kind } = (app.sessionInterface as Sessions).settings
    const purged = await purge(opened, allRows(opened), { kind, dryRun })
    if (json) printJson({ purged, dryRun })
    else print(`${counted(purged, 'record')} ${dryRun ? 'would be' : 'were'} deleted.`)
  })
}
