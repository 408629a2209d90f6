// ATTACKS.md, "Outside": each test is named by its line. Lines 32, 33 and 36 have their tests in cookies, life and csrf.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { describe, expect, test } from '@jest/globals'
import { app, request, response } from 'tipfy'
import { session, sessionStore } from 'tipfy/ext/session'
import { free, key, kinds, serveSite } from './site.ts'

describe.each(kinds)('%s:', (kind) => {
  test('34: logs, error pages and prints tell no id, signature, key or data in production', async () => {
    const printed: string[] = []
    const site = await serveSite(kind, {
      '/': () => {
        free.secret = 'data-nobody-may-see'
        sessionStore.flash('data-nobody-may-see')
        sessionStore.csrfToken()
        return ''
      },
      '/print': () => {
        void free.secret
        for (const thing of [
          session,
          sessionStore,
          Promise.resolve(1),
          (async () => {})(),
          app.sessionInterface,
          request,
          request.headers,
          response,
        ]) {
          printed.push(inspect(thing, { depth: 9, showHidden: true, showProxy: true }), inspect(thing))
        }
        // As a JSON log writes them: without `session`, which is data by its nature.
        const logged = [sessionStore, app.sessionInterface, app, request, request.headers, response.headers, response]
        printed.push(...logged.map((thing) => JSON.stringify(thing)))
        return ''
      },
      '/throw': () => {
        void free.secret
        throw Object.assign(new Error('broken'), { session: inspect(session) })
      },
      '/bad': () => {
        free.bad = () => 1
      },
      '/large': () => {
        free.large = 'data-nobody-may-see'.repeat(100_000)
        return ''
      },
    })
    const visitor = site.visitor()
    await visitor.ask('/')
    const value = visitor.cookies.get(site.cookie)!
    const secrets = [value, value.slice(-20), value.split('|')[1]!.slice(0, 20), key, 'data-nobody']
    const pages: string[] = []
    expect((await visitor.ask('/print')).status).toBe(200)
    for (const path of ['/throw', '/bad', '/large', '/nothing']) pages.push((await visitor.ask(path)).text)
    await site.ask('/print', { headers: { cookie: `${site.cookie}=${value.slice(0, -1)}` } })
    const text = [...printed, ...pages, inspect(site.lines, { depth: 9 })].join('\n')
    for (const secret of secrets) expect(text).not.toContain(secret)
    expect(printed[0]).toMatch(/Session \{ 1 keys, \d+ bytes \}/)
  })
})

test('35: what lies in Datastore gives no usable cookie', async () => {
  const site = await serveSite('datastore', {
    '/': () => {
      free.n = 1
      return ''
    },
  })
  const visitor = site.visitor()
  await visitor.ask('/')
  const id = visitor.cookies.get(site.cookie)!.split('|')[1]!.split('.')[0]!
  const folder = site.sessions.settings.dataFolder
  const dump = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
    .join('')
  expect(dump).toContain('Session')
  expect(dump).not.toContain(id)
})
