import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from '@jest/globals'
import { RequestHandler, Rule } from 'tipfy'
import { ask, start } from '../../support/application.ts'
import { startProgram } from '../../support/process.ts'
import { type Site, serveSite } from './site.ts'

let site: Site
beforeAll(async () => {
  site = await serveSite('setDatastoreSession')
})

describe('the console answers', () => {
  test.each([
    ['localhost'],
    ['shop.localhost:8080'],
    ['127.0.0.1:8080'],
    ['[::1]:8080'],
  ])('under the name %s', async (host) => {
    expect((await site.look('', { headers: { host } })).status).toBe(200)
  })

  test('to a browser that came by an address typed in, or from a page of its own', async () => {
    for (const from of ['none', 'same-origin']) {
      expect((await site.look('', { headers: { 'sec-fetch-site': from } })).status).toBe(200)
    }
  })

  test('with headers that keep it from other pages, from caches and from scripts of others', async () => {
    const { headers } = await site.look()
    expect(headers['content-security-policy']).toMatch(/^default-src 'none';.*frame-ancestors 'none'$/)
    expect(headers['content-security-policy']).not.toContain('unsafe')
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    })
  })
})

describe('the console refuses', () => {
  test.each([
    ['a foreign name that was pointed here', { host: 'evil.example' }],
    ['a name that only looks like localhost', { host: 'localhost.evil.example' }],
    ['a proxy that says so', { 'x-forwarded-for': '127.0.0.1' }],
    ['a proxy that says only for which name', { 'x-forwarded-host': 'localhost' }],
    ['a proxy that follows RFC 7239', { forwarded: 'for=127.0.0.1' }],
    ['a proxy that names itself', { via: '1.1 proxy' }],
    ['a tunnel', { 'cf-connecting-ip': '127.0.0.1' }],
    ['nginx with the usual header', { 'x-real-ip': '127.0.0.1' }],
    ['a foreign page that loads it', { 'sec-fetch-site': 'cross-site' }],
    ['a page of another port of this machine', { 'sec-fetch-site': 'same-site' }],
    ['a foreign page that asks with its origin', { origin: 'https://evil.example' }],
    ['a page of another port that asks with its origin', { origin: 'http://localhost:1' }],
  ])('%s', async (_, headers) => {
    for (const path of ['', 'sessions', 'events']) {
      const answer = await site.look(path, { headers: headers as unknown as Record<string, string> })
      expect([path, answer.status]).toEqual([path, 403])
      expect(answer.text).not.toContain('<nav')
    }
  })

  test.each([
    ['HTTP/1.0, which a proxy speaks that adds no header', 'HTTP/1.0\r\nHost: localhost'],
    ['a request that names no host', 'HTTP/1.1\r\nHost:\r\nConnection: close'],
  ])('%s', async (_, rest) => {
    const socket = connect(site.port, '127.0.0.1')
    socket.end(`GET /_tipfy/ ${rest}\r\n\r\n`)
    const text = await new Promise<string>((resolve) => {
      let all = ''
      socket.on('data', (chunk) => {
        all += chunk
      })
      socket.on('end', () => resolve(all))
    })
    expect(text).toMatch(/^HTTP\/1\.1 403/)
  })

  test('other machines, under whatever name', async () => {
    const addresses = Object.values(networkInterfaces()).flat()
    const own = addresses.find((one) => one?.family === 'IPv4' && !one.internal)?.address
    if (own === undefined) return
    const server = createServer(site.app.requestListener)
    await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve))
    const answer = await fetch(`http://${own}:${(server.address() as AddressInfo).port}/_tipfy/`)
    expect(answer.status).toBe(403)
    await answer.body?.cancel()
    server.close()
    server.closeAllConnections()
  })

  test.each([
    ['without the token', {}],
    ['with a wrong token', { token: 'x'.repeat(32) }],
  ])('a change %s', async (_, fields) => {
    const answer = await site.look('sessions/mine', {
      method: 'POST',
      headers: {
        origin: `http://localhost:${site.port}`,
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: new URLSearchParams({ do: 'destroy', ...fields }).toString(),
    })
    expect(answer.status).toBe(403)
  })

  test.each([
    ['from a foreign page', 'https://evil.example'],
    ['that hides its page', 'null'],
    ['that does not tell its page', undefined],
  ])('a change %s, though it has the token', async (_, origin) => {
    const token = (await site.look('sessions/mine')).text.match(/name="token" value="([^"]+)"/)![1]!
    const answer = await site.look('sessions/mine', {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...(origin !== undefined && { origin }) },
      body: new URLSearchParams({ do: 'destroy', token }).toString(),
    })
    expect(answer.status).toBe(403)
  })

  test('methods that no page of it uses', async () => {
    const origin = `http://localhost:${site.port}`
    expect((await site.look('', { method: 'DELETE', headers: { origin } })).status).toBe(405)
  })
})

describe('in production', () => {
  test('there is no console: its address is an address like any other', async () => {
    class All extends RequestHandler {
      get() {
        return 'mine'
      }
    }
    const running = await start([new Rule('/<path:any>', { endpoint: 'all', handler: All })])
    expect((await running.ask('/_tipfy/')).text).toBe('mine')
    expect(running.app.front).toBe(null)
    expect(running.app.hooks.has('posInitApp')).toBe(false)
    await running.close()
  })

  test('nothing of it is loaded', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tipfy-loaded-'))
    const program = startProgram(join(import.meta.dirname, '../../support/shop.ts'), [], {
      NODE_ENV: 'production',
      SESSIONS: 'cookie',
      SECRET_KEY: 'Kx3vTq9ZpWm2LrYbNc8HsDf5JgAe7Uo4',
      DATA: folder,
      PORT: '0',
      NODE_V8_COVERAGE: folder,
    })
    const url = new URL((await program.line(/^http:.*$/))[0])
    expect((await ask(Number(url.port), '/_tipfy/')).status).toBe(404)
    await program.end()
    const [report = ''] = readdirSync(folder).filter((name) => name.startsWith('coverage-'))
    const { result } = JSON.parse(readFileSync(join(folder, report), 'utf8')) as { result: { url: string }[] }
    const loaded = result.map((script) => script.url)
    expect(loaded.some((script) => script.endsWith('/lib/app.ts'))).toBe(true)
    expect(loaded.filter((script) => script.includes('/lib/dev/'))).toEqual([])
    rmSync(folder, { recursive: true, force: true })
  })
})
