// A real server with one function a path, its sessions of either kind, its log and its clock in the test's hands.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from '@jest/globals'
import { RequestHandler, Rule } from 'tipfy'
import { type Session, session, setDatastoreSession, setSecureCookieSession } from 'tipfy/ext/session'
import type { Sessions } from '../../../lib/ext/session/session-interface.ts'
import { type Answer, type Running, start } from '../../support/application.ts'
import { Visitor } from '../../support/browser.ts'

export type Kind = 'securecookie' | 'datastore'
export const kinds: readonly Kind[] = ['securecookie', 'datastore']

export const key = 'an-adequate-key-of-the-tests-0123456789'

/** The global session with keys of any name: these tests declare none. */
// biome-ignore lint/suspicious/noExplicitAny: what lies under a key is the test's business
export type Free = Session & Record<string, any>
export const free = session as unknown as Free

export interface LogLine {
  level: string
  fields: Record<string, unknown>
  message: string
}

export interface Site extends Omit<Running, 'sessions'> {
  kind: Kind
  /** The session cookie's name. */
  cookie: string
  sessions: Sessions
  lines: LogLine[]
  /** Moves the clock of the sessions, which stands still otherwise. */
  later(seconds: number): void
  now(): number
  visitor(): Visitor
}

export interface SiteOptions {
  session?: object
  tipfy?: object
  hooks?: Record<string, unknown>
  rule?: object
}

type Handlers = Record<string, () => unknown>

const open: Site[] = []

afterAll(async () => {
  for (const site of open.splice(0)) await site.close()
})

/** Serves `handlers` by path, for every method, with sessions of a kind. */
export async function serveSite(kind: Kind, handlers: Handlers, options: SiteOptions = {}): Promise<Site> {
  const folder = mkdtempSync(join(tmpdir(), 'tipfy-session-'))
  const lines: LogLine[] = []
  const log = (level: string) => (given: object | string, text?: string) => {
    const fields = typeof given === 'string' ? {} : (given as Record<string, unknown>)
    lines.push({ level, fields, message: text ?? String(given) })
  }
  // It stands still but for `later`: how slow the machine is changes no age.
  let time = Date.now()
  let sessions: Sessions | undefined
  const setKind = kind === 'securecookie' ? setSecureCookieSession : setDatastoreSession
  const posInitApp = [
    (app: { log: unknown }) => {
      app.log = { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') }
    },
    setKind,
    (app: { sessionInterface: unknown; onClose(fn: () => void): void }) => {
      sessions = app.sessionInterface as Sessions
      Object.assign(sessions.settings, { now: () => time })
      app.onClose(() => rmSync(folder, { recursive: true, force: true }))
    },
  ]
  const rules = Object.entries(handlers).map(([path, handler]) => {
    class Handler extends RequestHandler {
      override dispatch() {
        return handler()
      }
      get() {}
      post() {}
      put() {}
      delete() {}
    }
    return new Rule(path, { endpoint: path, handler: Handler, ...(options.rule as object) })
  })
  const session = { secretKey: key, dataFolder: folder, datastore: 'embedded' as const, ...options.session }
  const hooks = { ...options.hooks, posInitApp } as object
  const running = await start(rules, { tipfy: { ...options.tipfy, hooks }, 'tipfy/ext/session': session })
  const site: Site = {
    ...running,
    kind,
    cookie: sessions!.kinds.main.name,
    sessions: sessions!,
    lines,
    later(seconds) {
      time += seconds * 1000
    },
    now: () => time,
    visitor: () => new Visitor(running.port),
  }
  open.push(site)
  return site
}

/** A handler that counts its calls in the session. */
export function count(): string {
  free.n = (free.n ?? 0) + 1
  return String(free.n)
}

export const setCookies = (answer: Answer) => answer.headers['set-cookie'] ?? []
