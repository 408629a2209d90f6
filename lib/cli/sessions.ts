// `tipfy sessions …`: lists, shows, ends and purges the stored sessions. Of cookie sessions the server keeps nothing.
import { inspect } from 'node:util'
import { decodeData } from '../ext/session/data/codec.ts'
import { visible } from '../ext/session/data/reserved.ts'
import type { SessionAdmin, StoredSession } from '../ext/session/repository/admin.ts'
import { Sessions } from '../ext/session/session-interface.ts'
import { TipfyError } from '../internal/errors.ts'
import { escapeControls } from '../internal/redact.ts'
import { UsageError } from './failure.ts'
import { withApp } from './load-app.ts'
import { counted, print, printError, printJson, table } from './output.ts'

function withAdmin<T>(fn: (admin: SessionAdmin) => Promise<T>): Promise<T> {
  return withApp(async (app) => {
    await app.ready()
    const { sessionInterface } = app
    if (!(sessionInterface instanceof Sessions))
      throw new TipfyError('TIPFY_E_SESSION_HOOK', { name: 'tipfy sessions' })
    if (sessionInterface.openedRepository === undefined) throw new TipfyError('TIPFY_E_SESSION_NOT_STORED')
    const { admin } = sessionInterface.openedRepository
    const result = await fn(admin)
    // This process ends, and tells the cache later no more.
    if (admin.untoldFor > 0) {
      printError(
        `The cache could not be told: other processes may serve what it has for ${admin.untoldFor} s more. \`tipfy check --cache\` says what is wrong with it.`,
      )
    }
    return result
  })
}

function listed({ id, state, username, created, updated, expires, data, device }: StoredSession) {
  const time = (ms: number) => new Date(ms).toISOString()
  return {
    id,
    state: state === 'moved' ? 'ended' : state,
    user: username,
    device: device?.state ?? null,
    created: time(created),
    updated: time(updated),
    expires: time(expires),
    bytes: Buffer.byteLength(data ?? ''),
  }
}

export function listCommand(options: { user?: string; all?: boolean; limit: number; json?: boolean }): Promise<void> {
  return withAdmin(async (admin) => {
    const found: ReturnType<typeof listed>[] = []
    let more = false
    for await (const session of admin.list(options.user)) {
      if (session.state !== 'live' && !options.all) continue
      more = found.length === options.limit
      if (more) break
      found.push(listed(session))
    }
    if (options.json) return printJson(found)
    if (found.length > 0) {
      const rows = found.map((one) => [
        one.id.slice(0, 12),
        escapeControls(one.user ?? '-'),
        one.device ?? '-',
        one.updated.slice(0, 19),
        one.expires.slice(0, 19),
        String(one.bytes),
        one.state === 'live' ? '' : one.state,
      ])
      print(`${table(['id', 'user', 'device', 'last change (UTC)', 'expires (UTC)', 'bytes', ''], rows)}\n`)
    }
    print(`${counted(found.length, 'session')}${more ? ', and more: --limit' : ''}`)
  })
}

/** The one session whose id begins with `beginning`. */
async function find(admin: SessionAdmin, beginning: string): Promise<StoredSession> {
  if (/^[0-9a-f]{4,64}$/.test(beginning)) return admin.find(beginning)
  throw new UsageError(
    `${beginning} is no id of a session: give at least four of its characters, as \`tipfy sessions ls\` shows them.`,
  )
}

export function showCommand(beginning: string, { json }: { json?: boolean }): Promise<void> {
  return withAdmin(async (admin) => {
    const found = await find(admin, beginning)
    const session = { ...listed(found), version: found.version }
    const data = found.data === null ? null : visible(decodeData(found.data))
    if (json) return printJson({ ...session, data: plain(data) })
    for (const [name, value] of Object.entries(session)) print(`${name.padEnd(8)} ${escapeControls(`${value ?? '-'}`)}`)
    print(`data     ${inspect(data, { depth: null, colors: process.stdout.isTTY === true })}`)
  })
}

/** Converts values that JSON does not have to the nearest that it has. */
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
    throw new UsageError('Give an id, as `tipfy sessions ls` shows it, or --user <id>.')
  }
  return withAdmin(async (admin) => {
    let ended = 1
    if (user !== undefined) ended = await admin.endAll(user)
    else await admin.end((await find(admin, beginning!)).id)
    if (json) printJson({ revoked: ended })
    else print(`${counted(ended, 'session')} ended.`)
  })
}

export function purgeCommand({ dryRun = false, json }: { dryRun?: boolean; json?: boolean }): Promise<void> {
  return withAdmin(async (admin) => {
    const purged = await admin.purge({ dryRun })
    if (json) printJson({ purged, dryRun })
    else print(`${counted(purged, 'record')} ${dryRun ? 'would be' : purged === 1 ? 'was' : 'were'} deleted.`)
  })
}
