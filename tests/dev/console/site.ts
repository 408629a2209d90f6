// A small application in development, with sessions and a memcached if one is asked for, for the tests of its console.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from '@jest/globals'
import { type Config, RequestHandler, Rule, request } from 'tipfy'
import { type Session, session, sessionStore } from 'tipfy/ext/session'
import { type AskOptions, type Running, start } from '../../support/application.ts'
import { Visitor } from '../../support/browser.ts'

export const secretKey = 'the-console-must-never-show-this-0123456789'

class Cart extends RequestHandler {
  get() {
    const add = request.args.get('add')
    const cart = session as unknown as Session & { things?: string[]; since?: Date }
    if (add !== null) cart.things = [...(cart.things ?? []), add]
    if (request.args.has('dated')) cart.since ??= new Date(1_700_000_000_000)
    const user = request.args.get('user')
    if (user !== null) sessionStore.user = user
    return (cart.things ?? []).join(', ')
  }
}

class Hello extends RequestHandler {
  get({ name }: { name: string }) {
    return `Hello, ${name}`
  }

  post() {
    return 'done'
  }
}

class Failing extends RequestHandler {
  get() {
    throw new Error('it broke <here>')
  }

  post() {
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    throw proxy
  }
}

export interface Site extends Running {
  visitor: Visitor
  /** A page of the console, as a browser on this machine asks for it. */
  look(path?: string, options?: AskOptions): ReturnType<Running['ask']>
}

const open: Site[] = []

afterAll(async () => {
  for (const site of open.splice(0)) await site.close()
})

export async function serveSite(hook: string, config: Config = {}): Promise<Site> {
  const dataFolder = mkdtempSync(join(tmpdir(), 'tipfy-console-'))
  const rules = [
    new Rule('/cart', { endpoint: 'cart', handler: Cart }),
    new Rule('/hello/<name>', { endpoint: 'hello', handler: Hello }),
    new Rule('/failing', { endpoint: 'failing', handler: Failing, session: false }),
    new Rule('/old', { endpoint: 'old', redirectTo: '/cart' }),
    new Rule('/lost', { endpoint: 'lost', handler: 'nowhere:Lost' }),
  ]
  const running = await start(rules, {
    ...config,
    tipfy: {
      dev: true,
      hooks: { posInitApp: `tipfy/ext/session:${hook}`, preSendResponse: function seeIt() {} },
      ...config.tipfy,
    },
    'tipfy/ext/session': { secretKey, dataFolder, ...config['tipfy/ext/session'] },
    'shop/payment': { apiToken: 'hush-hush', url: 'https://ann:pass-word@pay.example/', currency: 'EUR' },
  })
  running.app.onClose(() => rmSync(dataFolder, { recursive: true, force: true }))
  const site = {
    ...running,
    visitor: new Visitor(running.port),
    look: (path = '', { headers, ...options }: AskOptions = {}) =>
      running.ask(`/_tipfy/${path}`, { ...options, headers: { host: `localhost:${running.port}`, ...headers } }),
  }
  open.push(site)
  return site
}

/** The text of a page, without its tags, style and script. */
export function textOf(page: string): string {
  return page
    .replace(/<(style|script)[\s\S]*?<\/\1>/g, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;/g, '"')
    .replace(/&#39;/g, "'")
    .replace(/&amp;/g, '&')
    .replace(/\s+/g, ' ')
}
