import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { RequestHandler, Rule, staticRule } from 'tipfy'
import { hasSession, session, sessionStore } from 'tipfy/ext/session'
import { createClient } from 'tipfy/testing'
import { makeApp } from '../../../lib/make-app.ts'
import { free, key, kinds, serveSite, setCookies } from './site.ts'

const page = () => `nothing here, ${sessionStore.user}`

describe.each(kinds)('where no %s session is loaded', (kind) => {
  const hook = kind === 'datastore' ? 'setDatastoreSession' : 'setSecureCookieSession'

  async function serve(more: object) {
    const folder = mkdtempSync(join(tmpdir(), 'tipfy-without-'))
    writeFileSync(join(folder, 'site.css'), 'body {}')
    class Login extends RequestHandler {
      get() {
        sessionStore.user = 'ann'
      }
    }
    class Used extends RequestHandler {
      get() {
        return hasSession() ? 'yes' : `no ${session.get('n')}`
      }
    }
    const urls = () => [
      new Rule('/login', { endpoint: 'login', handler: Login }),
      new Rule('/used', { endpoint: 'used', handler: Used, session: false }),
      staticRule('/static', folder),
    ]
    const errors: unknown[] = []
    const hooks = {
      posInitApp: `tipfy/ext/session:${hook}`,
      preHandleException: (error: unknown) => void errors.push(error),
    }
    const app = makeApp({
      tipfy: {
        dev: false,
        logLevel: 'silent',
        urls,
        ...more,
        hooks: { ...hooks, ...(more as { hooks?: object }).hooks },
      },
      'tipfy/ext/session': { secretKey: key, dataFolder: folder, datastore: 'embedded' },
    })
    return { client: createClient(app), app, errors }
  }

  test('the page of an error may use it: for a file that is not there, and before it was loaded', async () => {
    const { client, app } = await serve({ errorHandlers: { 404: page, 500: page } })
    await client.get('/login')
    const missing = await client.get('/static/none.css')
    expect([missing.status, missing.text]).toEqual([404, 'nothing here, ann'])
    expect(missing.headers.get('vary')).toContain('Cookie')
    expect((await client.get('/static/site.css')).headers.get('vary') ?? '').not.toContain('Cookie')
    app.hooks.add('preInitRequest', () => {
      throw new Error('out of order')
    })
    const early = await client.get('/login')
    expect([early.status, early.text]).toEqual([500, 'nothing here, ann'])
    await app.close()
  })

  test('its use is an error that names what can be done', async () => {
    const { client, app, errors } = await serve({})
    expect((await client.get('/used')).status).toBe(500)
    expect(errors).toEqual([expect.objectContaining({ code: 'TIPFY_E_SESSION_OFF' })])
    expect((errors[0] as Error).message).toContain('hasSession()')
    await app.close()
  })
})

test('hasSession() tells where the session can be used', async () => {
  const seen: Record<string, boolean> = { outside: hasSession() }
  const note = (name: string) => {
    seen[name] = hasSession()
  }
  const hooks = {
    preInitRequest: [() => note('early')],
    preDispatchHandler: [() => note('hook')],
    preSendResponse: [() => note('last')],
  }
  const site = await serveSite('securecookie', { '/': () => String(hasSession()) }, { hooks })
  expect((await site.ask('/')).text).toBe('true')
  expect(seen).toEqual({ outside: false, early: false, hook: true, last: true })
})

test('session.modified = true is an error: it would be kept as data', async () => {
  const site = await serveSite('securecookie', {
    '/': () => {
      free.modified = true
      return ''
    },
    '/assign': () => Object.assign(free, { modified: true }) && '',
    '/set': () => String(free.set('modified', true).get('modified')),
    '/read': () => String(free.modified),
  })
  for (const path of ['/', '/assign']) {
    const answer = await site.ask(path)
    expect([answer.status, setCookies(answer)]).toEqual([500, []])
    expect(site.lines.at(-1)!.fields.err).toMatchObject({ code: 'TIPFY_E_SESSION_MODIFIED' })
  }
  const visitor = site.visitor()
  expect((await visitor.ask('/set')).text).toBe('true')
  expect((await visitor.ask('/read')).text).toBe('true')
})
