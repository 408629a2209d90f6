// The shape of a public application of tipfy: a wiki of two installed applications, each below its entry point.
import { join } from 'node:path'
import { afterAll, expect, test } from '@jest/globals'
import { makeApp } from 'tipfy'
import { createClient, memoryDatastore, type TestClient } from 'tipfy/testing'

const app = makeApp(
  {
    tipfy: {
      dev: false,
      logLevel: 'silent',
      appsInstalled: ['apps.wiki', 'apps.users'],
      appsEntryPoints: { 'apps.wiki': '/wiki', 'apps.users': '/users' },
      hooks: {
        posInitApp: 'tipfy/ext/session:setDatastoreSession',
        preDispatchHandler: 'tipfy/ext/session:checkCsrf',
      },
    },
    'tipfy/ext/session': { secretKey: 'a key for the tests of ports, 32 bytes', datastore: await memoryDatastore() },
    'apps.wiki.handlers': { title: 'Our wiki' },
  },
  { root: join(import.meta.dirname, '../fixtures/wiki') },
)
afterAll(() => app.close())

const tokenIn = (text: string) => /name="_csrf" value="([^"]+)"/.exec(text)![1]!

/** Sends the form of a page, as a browser would. */
async function send(client: TestClient, path: string, fields: Record<string, string>) {
  const _csrf = tokenIn((await client.get(path)).text)
  return client.post(path, { form: { ...fields, _csrf }, followRedirects: true })
}

test('a page is written by a user who logs in on the way, and shown to everybody', async () => {
  const client = createClient(app, { followRedirects: true })
  const start = await client.get('/')
  expect(start.text).toContain('<title>Our wiki</title>')
  expect(start.text).toContain('<a href="/wiki/Start/edit">')
  const login = await client.get('/wiki/Start/edit')
  expect(new URL(login.url).pathname + new URL(login.url).search).toBe('/users/login?next=/wiki/Start/edit')
  const edit = await send(client, '/users/login?next=/wiki/Start/edit', { name: 'ann' })
  expect(new URL(edit.url).pathname).toBe('/wiki/Start/edit')
  const saved = await send(client, '/wiki/Start/edit', { text: 'Hello & welcome' })
  expect(saved.text).toContain('<p class="success">Start is saved.</p><main>Hello &amp; welcome</main>')
  expect(saved.text).toContain('<footer>ann: Start</footer>')
  const again = await client.get('/wiki/Start')
  expect(again.text).not.toContain('is saved')
  expect((await createClient(app).get('/wiki/Start')).text).toContain('Hello &amp; welcome')
})

test('the history has every version, and a version that is not there is a 404', async () => {
  const client = createClient(app, { followRedirects: true })
  await send(client, '/users/login', { name: 'bob' })
  for (const text of ['one', 'two']) await send(client, '/wiki/History/edit', { text })
  expect((await client.get('/wiki/History/history')).text).toContain(
    '<a href="/wiki/History/history/1">bob</a><a href="/wiki/History/history/2">',
  )
  expect((await client.get('/wiki/History/history/1')).text).toContain('<main>one</main>')
  expect((await client.get('/wiki/History')).text).toContain('<main>two</main>')
  for (const path of ['/wiki/History/history/3', '/wiki/Nothing/history', '/Start']) {
    expect((await client.get(path)).status).toBe(404)
  }
})

test('logging out forgets what was seen, and needs a token', async () => {
  const client = createClient(app, { followRedirects: true })
  await send(client, '/users/login', { name: 'ann' })
  const page = await client.get('/wiki/Start/edit')
  expect((await client.post('/users/logout')).status).toBe(403)
  expect((await client.get('/users/logout')).status).toBe(405)
  const out = await client.post('/users/logout', { form: { _csrf: tokenIn(page.text) } })
  expect(out.text).toContain('<footer>anonymous: Start</footer>')
  expect(new URL((await client.get('/wiki/Start/edit')).url).pathname).toBe('/users/login')
})
