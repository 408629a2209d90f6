// A shop over https, its sessions bound to devices, and browsers that can.
import { session, sessionStore } from 'tipfy/ext/session'
import { createClient, type TestClient } from 'tipfy/testing'
import { type Kind, type Site, type SiteOptions, serveSite } from '../site.ts'

export const base = 'https://shop.test'

export async function openShop(kind: Kind, { session: own, ...options }: SiteOptions = {}, more = {}): Promise<Site> {
  const handlers = {
    '/login': () => {
      sessionStore.regenerate()
      sessionStore.user = 'ann'
      return 'in'
    },
    '/other': () => {
      sessionStore.regenerate()
      sessionStore.user = 'bob'
      return 'in'
    },
    '/who': () => `${sessionStore.user} ${sessionStore.isNew}`,
    '/device': () => sessionStore.device ?? {},
    '/cart': () => {
      session.set('cart', Number(session.get('cart', 0)) + 1)
      return String(session.get('cart'))
    },
    '/renew': () => {
      sessionStore.regenerate()
      return 'renewed'
    },
    '/pay': () => {
      sessionStore.proveDevice()
      return 'paid'
    },
    '/logout': async () => {
      await sessionStore.destroy()
      return 'out'
    },
    '/static': () => 'no session is used',
    ...more,
  }
  return serveSite(kind, handlers, { ...options, session: { deviceBound: true, ...own } })
}

export const browser = (site: Site): TestClient => createClient(site.app, { baseUrl: base, device: true })
export const without = (site: Site): TestClient => createClient(site.app, { baseUrl: base })

export interface Told {
  state?: string
  since?: number | null
  provenAgo?: number | null
}
export const deviceOf = async (client: TestClient): Promise<Told> => (await client.get('/device')).json<Told>()

/** A browser that is logged in and bound: the first refresh comes once the first cookie is gone. */
export async function boundBrowser(site: Site): Promise<TestClient> {
  const client = browser(site)
  await client.get('/login')
  client.cookies.delete('tipfy.device')
  await client.get('/who')
  return client
}

/** A client with a copy of all cookies, which cannot sign. */
export function thief(site: Site, from: TestClient): TestClient {
  const client = without(site)
  for (const { name, value } of from.cookies.all()) client.cookies.set(name, value, { secure: true })
  return client
}
