// The shape of a public application of tipfy: a blog that keeps finished pages in Datastore, and serves them by one rule for
// every path, with ETags.
import { createHash } from 'node:crypto'
import type { Datastore } from '@google-cloud/datastore'
import { afterAll, expect, test } from '@jest/globals'
import { makeApp, NotFound, RequestHandler, Rule, request, response, Submount } from 'tipfy'
import { session } from 'tipfy/ext/session'
import { createClient, memoryDatastore } from 'tipfy/testing'

const datastore = (await memoryDatastore()) as unknown as Datastore

interface Content {
  body: string
  type: string
  changed: Date
}

async function publish(path: string, body: string, type = 'text/html'): Promise<void> {
  const key = datastore.key(['Content', path])
  const changed = new Date(2010, 0, 1 + body.length)
  await datastore.save({ key, data: { body, type, changed } satisfies Content })
}

class Page extends RequestHandler {
  async get({ path = '' }: { path?: string }) {
    const [content] = (await datastore.get(datastore.key(['Content', `/${path}`]))) as [Content | undefined]
    if (content === undefined) throw new NotFound()
    response.mimetype = content.type
    response.etag = createHash('sha1').update(content.body).digest('hex')
    response.lastModified = content.changed
    response.makeConditional()
    return content.body
  }
}

class Post extends RequestHandler {
  async post({ slug }: { slug: string }) {
    const text = (await request.form()).get('text', '')
    session.blogPosts = [...(session.blogPosts ?? []), slug]
    await publish(`/2010/${slug}`, `<h1>${slug}</h1>${text}`)
    await publish('/', session.blogPosts.map((one) => `<a href="/2010/${one}">${one}</a>`).join(''))
    await publish('/feeds/atom.xml', `<feed>${session.blogPosts.length}</feed>`, 'application/atom+xml')
    return { published: session.blogPosts.length }
  }
}

declare module 'tipfy/ext/session' {
  interface SessionData {
    blogPosts: string[]
  }
}

const rules = [
  new Submount('/admin', [new Rule('/post/<slug>', { endpoint: 'admin/post', handler: Post })]),
  new Rule('/', { endpoint: 'index', handler: Page, session: false }),
  new Rule('/<path:path>', { endpoint: 'content', handler: Page, session: false }),
]
const app = makeApp({
  tipfy: {
    dev: false,
    logLevel: 'silent',
    urls: () => rules,
    hooks: { posInitApp: 'tipfy/ext/session:setSecureCookieSession' },
  },
  'tipfy/ext/session': { secretKey: 'a key for the tests of ports, 32 bytes' },
})
afterAll(() => app.close())

test('what is published is served under its path, with its type', async () => {
  const client = createClient(app)
  expect((await client.get('/')).status).toBe(404)
  for (const slug of ['first', 'second']) {
    await client.post(`/admin/post/${slug}`, { form: { text: 'Long ago.' } })
  }
  expect((await client.get('/')).text).toBe('<a href="/2010/first">first</a><a href="/2010/second">second</a>')
  expect((await client.get('/2010/second')).text).toBe('<h1>second</h1>Long ago.')
  const feed = await client.get('/feeds/atom.xml')
  expect([feed.headers.get('content-type'), feed.text]).toEqual([
    'application/atom+xml; charset=utf-8',
    '<feed>2</feed>',
  ])
  expect((await client.get('/2010/third')).status).toBe(404)
  expect((await client.get('/admin/post/first')).status).toBe(405) // not a page of the rule for every path
})

test('a page that the reader has is a 304, until it changes', async () => {
  const client = createClient(app)
  await client.post('/admin/post/again', { form: { text: 'One.' } })
  const page = await client.get('/2010/again')
  const etag = page.headers.get('etag')!
  const since = page.headers.get('last-modified')!
  expect(page.headers.get('vary') ?? '').not.toContain('Cookie')
  const known = (headers: Record<string, string>) => client.get('/2010/again', { headers })
  const conditions: Record<string, string>[] = [
    { 'If-None-Match': etag },
    { 'If-None-Match': `"x", W/${etag}` },
    { 'If-Modified-Since': since },
  ]
  for (const headers of conditions) {
    const again = await known(headers)
    expect([again.status, again.text]).toEqual([304, ''])
  }
  const head = await client.head('/2010/again')
  expect([head.status, head.headers.get('etag'), head.text]).toEqual([200, etag, ''])
  await client.post('/admin/post/again', { form: { text: 'Another.' } })
  const changed = await known({ 'If-None-Match': etag })
  expect([changed.status, changed.text]).toEqual([200, '<h1>again</h1>Another.'])
})
