import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { RequestHandler, Rule, staticRule, urlFor } from 'tipfy'
import { raw } from '../http/live.ts'
import { type Running, start } from '../support/application.ts'

class Link extends RequestHandler {
  get() {
    return urlFor('static', { file: 'sub/ä.css' })
  }
}

let site: Running
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tipfy-test-'))
  await mkdir(join(folder, 'public', 'sub'), { recursive: true })
  await writeFile(join(folder, 'secret.txt'), 'secret')
  await writeFile(join(folder, 'public', 'a.css'), 'a {}')
  await writeFile(join(folder, 'public', 'a.css.gz'), gzipSync('a {}'))
  await writeFile(join(folder, 'public', 'sub', 'ä.css'), 'sub {}')
  await writeFile(join(folder, 'public', '.env'), 'secret')
  await symlink('../secret.txt', join(folder, 'public', 'link.txt'))
  const rules = [
    staticRule('/static', 'public', { maxAge: 60, precompressed: true }),
    staticRule('/gone', 'nowhere', { endpoint: 'gone' }),
    new Rule('/link', { endpoint: 'link', handler: Link }),
  ]
  site = await start(rules, {}, folder)
})
afterAll(async () => {
  await site.close()
  await rm(folder, { recursive: true })
})

test('the files of a folder are served, with tag, age and ranges', async () => {
  const { status, text, headers } = await site.ask('/static/a.css')
  expect([status, text, headers['content-type'], headers['cache-control']]).toEqual([
    200,
    'a {}',
    'text/css; charset=utf-8',
    'max-age=60',
  ])
  expect((await site.ask('/static/a.css', { headers: { 'if-none-match': headers.etag! } })).status).toBe(304)
  expect((await site.ask('/static/a.css', { headers: { range: 'bytes=0-0' } })).text).toBe('a')
  const head = await site.ask('/static/a.css', { method: 'HEAD' })
  expect([head.text, head.headers['content-length']]).toEqual(['', '4'])
  expect(
    (await site.ask('/static/a.css', { headers: { 'accept-encoding': 'gzip' } })).headers['content-encoding'],
  ).toBe('gzip')
})

test('their URLs are built like any other', async () => {
  const { text } = await site.ask('/link')
  expect(text).toBe('/static/sub/%C3%A4.css')
  expect((await site.ask(text)).text).toBe('sub {}')
})

test.each([
  '/static/../secret.txt',
  '/static/%2e%2e/secret.txt',
  '/static/..%2fsecret.txt',
  '/static/%2e%2e%2fsecret.txt',
  '/static/sub/..%2f..%2fsecret.txt',
  '/static/..%5csecret.txt',
  '/static/%2fetc%2fpasswd',
  '/static//etc/passwd',
  '/static/.env',
  '/static/%2eenv',
  '/static/link.txt',
  '/static/a.css%00.txt',
  '/static/sub',
  '/static/',
  '/static/%zz',
])('%s is not served', async (path) => {
  const answer = await raw(site.port, `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)
  expect(answer).not.toContain('secret\r\n')
  expect(answer).not.toMatch(/root:|secret$/)
  expect(answer).toMatch(/^HTTP\/1\.1 (308|400|404) /)
})

test('only GET and HEAD are answered', async () => {
  const { status, headers } = await site.ask('/static/a.css', { method: 'POST' })
  expect([status, headers.allow]).toEqual([405, 'GET, HEAD, OPTIONS'])
})

test('a folder that does not exist is an error of the server, not of the client', async () => {
  expect((await site.ask('/gone/a.css')).status).toBe(500)
})
