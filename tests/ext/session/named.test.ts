import { expect, test } from '@jest/globals'
import { sessionStore } from 'tipfy/ext/session'
import { type Free, free, kinds, serveSite, setCookies } from './site.ts'

const cart = () => sessionStore.getSession('cart', { backend: 'datastore' }) as Promise<unknown> as Promise<Free>

test.each(kinds)('a named session beside a %s one is regenerated and destroyed by its name', async (kind) => {
  const site = await serveSite(kind, {
    '/': async () => {
      const session = await cart()
      session.n = (session.n ?? 0) + 1
      free.main = 1
      return String(session.n)
    },
    '/login': async () => {
      await cart()
      sessionStore.regenerate('cart')
      return ''
    },
    '/main': async () => {
      await cart()
      sessionStore.regenerate()
      return ''
    },
    '/empty': async () => {
      await cart()
      await sessionStore.destroy('cart')
      return String(free.main)
    },
    '/closed': () => sessionStore.regenerate('cart'),
    '/none': () => sessionStore.destroy('cart'),
  })
  const visitor = site.visitor()
  await visitor.ask('/')
  const [id, main] = ['cart', site.cookie].map((name) => visitor.cookies.get(name))
  site.later(1)
  await visitor.ask('/login')
  expect([visitor.cookies.get('cart') === id, visitor.cookies.get(site.cookie)]).toEqual([false, main])
  expect((await site.ask('/', { headers: { cookie: `cart=${id}` } })).text).toBe('1') // the old id leads nowhere
  expect((await visitor.ask('/')).text).toBe('2')
  const moved = visitor.cookies.get('cart')
  expect(setCookies(await visitor.ask('/main'))).toEqual([expect.stringContaining(`${site.cookie}=`)])
  expect((await visitor.ask('/empty')).text).toBe('1')
  expect(visitor.cookies.has('cart')).toBe(false)
  visitor.cookies.set('cart', moved!)
  expect((await visitor.ask('/')).text).toBe('1')
  for (const path of ['/closed', '/none']) {
    expect((await visitor.ask(path)).status).toBe(500)
    expect(site.lines.at(-1)!.fields.err).toMatchObject({ code: 'TIPFY_E_SESSION_NOT_OPEN' })
  }
})
