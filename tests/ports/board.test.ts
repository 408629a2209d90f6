// The shape of a public application of tipfy: an image board, with rules that have defaults, uploads, and signed cookies by which
// its visitors, who have no accounts, delete their own posts.
import { randomUUID } from 'node:crypto'
import { afterAll, expect, test } from '@jest/globals'
import { Forbidden, html, makeApp, NotFound, RequestHandler, Rule, redirectTo, request, response, urlFor } from 'tipfy'
import { sessionStore } from 'tipfy/ext/session'
import { createClient } from 'tipfy/testing'

interface Post {
  id: number
  board: string
  name: string
  text: string
  image: Uint8Array | null
  owner: string
}
const posts: Post[] = []
const perPage = 2

const find = (id: number) => posts.find((post) => post.id === id)
const to = (endpoint: string, values: object) => urlFor(endpoint as never, values as never)

class Board extends RequestHandler {
  get({ board, page }: { board: string; page: number }) {
    const all = posts.filter((post) => post.board === board).reverse()
    const shown = all.slice((page - 1) * perPage, page * perPage)
    if (shown.length === 0 && page > 1) throw new NotFound()
    const items = shown.map(({ id, name, text }) => html`<li id="${id}">${name}: ${text}</li>`)
    const next = all.length > page * perPage ? html`<a href="${to('board', { board, page: page + 1 })}">next</a>` : ''
    return html`<ul>${items}</ul>${next}<input name="name" value="${sessionStore.getSecureCookie('name') ?? 'Anonymous'}">`
  }

  async post({ board }: { board: string }) {
    const form = await request.form()
    const image = (await request.files()).get('image')
    if (image !== null && !image.mimetype.startsWith('image/')) throw new Forbidden()
    const owner = String(sessionStore.getSecureCookie('owner') ?? randomUUID())
    const name = form.get('name', 'Anonymous')
    const id = posts.length + 1
    posts.push({ id, board, name, text: form.get('text', ''), image: image && (await image.bytes()), owner })
    sessionStore.setSecureCookie('owner', owner, { maxAge: 86_400 })
    sessionStore.setSecureCookie('name', name)
    return redirectTo('board' as never, { board, page: 1 } as never, { code: 303 })
  }
}

class Image extends RequestHandler {
  get({ id }: { id: number }) {
    const image = find(id)?.image
    if (!image) throw new NotFound()
    response.mimetype = 'image/png'
    return image
  }
}

class Delete extends RequestHandler {
  post({ id }: { id: number }) {
    const post = find(id)
    if (post === undefined) throw new NotFound()
    if (sessionStore.getSecureCookie('owner', { maxAge: 86_400 }) !== post.owner) throw new Forbidden()
    posts.splice(posts.indexOf(post), 1)
    return redirectTo('board' as never, { board: post.board, page: 1 } as never, { code: 303 })
  }
}

const rules = [
  new Rule('/<any(art, music):board>/', { endpoint: 'board', handler: Board, defaults: { page: 1 } }),
  new Rule('/<any(art, music):board>/<int(min=1):page>', { endpoint: 'board', handler: Board }),
  new Rule('/image/<int:id>.png', { endpoint: 'image', handler: Image, session: false }),
  new Rule('/delete/<int:id>', { endpoint: 'delete', handler: Delete }),
]
const app = makeApp({
  tipfy: {
    dev: false,
    logLevel: 'silent',
    urls: () => rules,
    hooks: { posInitApp: 'tipfy/ext/session:setSecureCookieSession' },
  },
  'tipfy/ext/session': { secretKey: 'a key for the tests of ports, 32 bytes', encrypt: true },
})
afterAll(() => app.close())

/** A form with an image, as a browser sends it. */
function upload(fields: Record<string, string>, type = 'image/png') {
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) form.set(name, value)
  form.set('image', new Blob([Uint8Array.of(137, 80, 78, 71)], { type }), 'a.png')
  return form
}

async function post(client: ReturnType<typeof createClient>, fields: Record<string, string>, type?: string) {
  const sent = new Response(upload(fields, type))
  const headers = { 'content-type': sent.headers.get('content-type')! }
  return client.post('/art/', { headers, body: new Uint8Array(await sent.arrayBuffer()) })
}

test('the first page has one address, and the others theirs', async () => {
  const client = createClient(app)
  for (const text of ['one', 'two', 'three']) await client.post('/music/', { form: { text } })
  const first = await client.get('/music/')
  expect(first.text).toContain('<li id="3">Anonymous: three</li><li id="2">Anonymous: two</li></ul><a href="/music/2">')
  const default_ = await client.get('/music/1')
  expect([default_.status, default_.location]).toEqual([308, 'http://localhost/music/'])
  expect((await client.get('/music/2')).text).toContain('<li id="1">')
  const slash = await client.get('/music')
  expect([slash.status, slash.location]).toEqual([308, 'http://localhost/music/'])
  for (const path of ['/music/3', '/music/0', '/sport/']) expect((await client.get(path)).status).toBe(404)
})

test('a post has its image, its author is remembered, and only its author deletes it', async () => {
  const [client, other] = [createClient(app), createClient(app)]
  const made = await post(client, { name: 'Ann <3', text: 'look' })
  expect([made.status, made.location]).toEqual([303, expect.stringMatching(/\/art\/$/)])
  const page = await client.get('/art/')
  const id = /<li id="(\d+)">Ann &lt;3: look/.exec(page.text)![1]
  expect(page.text).toContain('value="Ann &lt;3"')
  expect((await other.get('/art/')).text).toContain('value="Anonymous"')
  const image = await other.get(`/image/${id}.png`)
  expect([image.headers.get('content-type'), image.headers.get('vary')]).toEqual(['image/png', null])
  expect((await post(client, { text: 'a page' }, 'text/html')).status).toBe(403)
  await other.post('/art/', { form: { text: 'mine' } })
  expect((await other.post(`/delete/${id}`)).status).toBe(403)
  expect((await createClient(app).post(`/delete/${id}`)).status).toBe(403)
  expect((await client.post(`/delete/${id}`)).status).toBe(303)
  expect((await client.get('/art/')).text).not.toContain('look')
  expect((await client.post(`/delete/${id}`)).status).toBe(404)
})
