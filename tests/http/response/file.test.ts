import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readlink, rm, symlink, truncate, utimes, writeFile } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { makeApp, RequestHandler, Rule, response } from 'tipfy'
import { createClient } from 'tipfy/testing'
import { FileBody, type SendFileOptions } from '../../../lib/http/response/body.ts'
import { openFile } from '../../../lib/http/response/open-file.ts'
import { Response } from '../../../lib/http/response/response.ts'
import { type Live, live, raw, received } from '../live.ts'

let server: Live
let root: string
let path: string
let options: SendFileOptions
let prepare: (response: Response) => unknown = () => {}
const large = 'x'.repeat(300_000)

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tipfy-test-'))
  root = join(folder, 'root')
  await mkdir(join(root, 'sub'), { recursive: true })
  await writeFile(join(folder, 'secret.txt'), 'secret')
  await mkdir(join(folder, 'root-other'))
  await writeFile(join(folder, 'root-other', 'secret.txt'), 'secret')
  await writeFile(join(root, 'a.txt'), '0123456789')
  await writeFile(join(root, 'large.bin'), large)
  await writeFile(join(root, 'empty.css'), '')
  await writeFile(join(root, '.hidden'), 'hidden')
  await writeFile(join(root, 'sub', 'ä b.txt'), 'umlaut')
  await writeFile(join(root, 'app.js'), 'let a\n'.repeat(1000))
  await writeFile(join(root, 'app.js.br'), brotliCompressSync('brotli'))
  await writeFile(join(root, 'app.js.gz'), gzipSync('gzip'))
  await symlink(join(folder, 'secret.txt'), join(root, 'out.txt'))
  await symlink(join(root, 'a.txt'), join(root, 'in.txt'))
  await symlink('/etc', join(root, 'etc'))
  await utimes(join(root, 'a.txt'), new Date('2026-01-01T00:00:00Z'), new Date('2026-01-01T00:00:00Z'))
  server = await live((_, response) => {
    prepare(response)
    response.sendFile(path, options)
  })
})
afterAll(async () => {
  await server.close()
  await rm(join(root, '..'), { recursive: true })
})

function get(name: string, given: SendFileOptions = {}, headers: Record<string, string> = {}, method = 'GET') {
  path = given.root === undefined ? join(root, name) : name
  options = given
  return fetch(server.url, { headers: { 'accept-encoding': 'identity', ...headers }, method })
}

test('a file is sent with its type, length, tag and date', async () => {
  const reply = await get('a.txt')
  expect(await reply.text()).toBe('0123456789')
  expect(reply.headers.get('content-type')).toBe('text/plain; charset=utf-8')
  expect(reply.headers.get('content-length')).toBe('10')
  expect(reply.headers.get('last-modified')).toBe('Thu, 01 Jan 2026 00:00:00 GMT')
  expect(reply.headers.get('etag')).toMatch(/^"[\w-.]+"$/)
  expect(reply.headers.get('accept-ranges')).toBe('bytes')
  expect(reply.headers.get('cache-control')).toBe('no-cache')
})

test('large and empty files are sent whole', async () => {
  expect(await (await get('large.bin')).text()).toBe(large)
  const empty = await get('empty.css')
  expect([empty.headers.get('content-length'), await empty.text()]).toEqual(['0', ''])
})

test('HEAD gets the response of GET without its body', async () => {
  for (const name of ['a.txt', 'large.bin', 'empty.css']) {
    const headers = async (method: string) =>
      [...(await get(name, {}, {}, method)).headers].filter(
        ([key]) => !['date', 'connection', 'keep-alive'].includes(key),
      )
    expect(await headers('HEAD')).toEqual(await headers('GET'))
  }
})

test('parts of small and large files are sent', async () => {
  const small = await get('a.txt', {}, { Range: 'bytes=2-4' })
  expect([small.status, small.headers.get('content-range'), await small.text()]).toEqual([206, 'bytes 2-4/10', '234'])
  const part = await get('large.bin', {}, { Range: 'bytes=100000-249999' })
  expect([part.status, part.headers.get('content-length'), (await part.text()).length]).toEqual([
    206,
    '150000',
    150_000,
  ])
  expect((await get('a.txt', {}, { Range: 'bytes=10-' })).status).toBe(416)
})

test('a client that has the file gets a 304', async () => {
  const etag = (await get('a.txt')).headers.get('etag')!
  expect((await get('a.txt', {}, { 'If-None-Match': etag })).status).toBe(304)
  expect((await get('a.txt', {}, { 'If-Modified-Since': 'Thu, 01 Jan 2026 00:00:00 GMT' })).status).toBe(304)
  expect((await get('a.txt', {}, { 'If-Match': '"other"' })).status).toBe(412)
})

test('a file can be offered to be saved, under any name', async () => {
  const disposition = async (download: string | boolean) =>
    (await get('a.txt', { download })).headers.get('content-disposition')
  expect(await disposition(true)).toBe('attachment; filename="a.txt"')
  expect(await disposition('a "b".txt')).toBe('attachment; filename="a \\"b\\".txt"')
  expect(await disposition('naïve\r\n.txt')).toBe(`attachment; filename="naive.txt"; filename*=UTF-8''na%C3%AFve.txt`)
  expect(await disposition('100€.txt')).toBe(`attachment; filename="100?.txt"; filename*=UTF-8''100%E2%82%AC.txt`)
  expect(await disposition('50%20off')).toBe(`attachment; filename="50%20off"; filename*=UTF-8''50%2520off`)
  expect(await disposition('../../etc/passwd')).toBe('attachment; filename="passwd"')
})

test.each([
  ['report.csv', {}, 'text/csv; charset=utf-8', 'attachment; filename="report.csv"'],
  ['prices', {}, 'application/octet-stream', 'attachment; filename="prices"'],
  ['../naïve.pdf', {}, 'application/pdf', `attachment; filename="naive.pdf"; filename*=UTF-8''na%C3%AFve.pdf`],
  ['report.csv', { mimetype: 'text/plain' }, 'text/plain; charset=utf-8', 'attachment; filename="report.csv"'],
] as const)('what code has made is saved as %s (%j)', (name, options, type, disposition) => {
  const response = new Response('a,b', options).attachment(name)
  expect([response.contentType, response.headers.get('content-disposition')]).toEqual([type, disposition])
})

test('an object that is saved under a name is JSON of the type of that name', async () => {
  class Export extends RequestHandler {
    get() {
      response.attachment('shop.geojson')
      return { type: 'Point' }
    }
  }
  const app = makeApp({ tipfy: { urls: () => [new Rule('/', { endpoint: 'export', handler: Export })] } })
  const { text, headers } = await createClient(app).get('/')
  expect([text, headers.get('content-type')]).toEqual(['{"type":"Point"}', 'application/geo+json'])
  await app.close()
})

test('Cache-Control is that of the options', async () => {
  expect((await get('a.txt', { maxAge: 60, immutable: true })).headers.get('cache-control')).toBe(
    'max-age=60, immutable',
  )
  for (const [maxAge, seconds] of [
    [-20, 0],
    [Number.POSITIVE_INFINITY, 2 ** 31],
  ]) {
    expect((await get('a.txt', { maxAge })).headers.get('cache-control')).toBe(`max-age=${seconds}`)
  }
})

test('a type can be given', async () => {
  expect((await get('a.txt', { mimetype: 'text/csv' })).headers.get('content-type')).toBe('text/csv; charset=utf-8')
})

test('what the handler has said of the file before stands', async () => {
  prepare = (response) => {
    response.contentType = 'text/html'
    response.etag = 'mine'
    response.headers.set('Last-Modified', 'Thu, 01 Jan 1970 00:00:00 GMT')
    response.headers.set('Cache-Control', 'private')
  }
  const told = async (name: string, given?: SendFileOptions, headers = {}) => {
    const reply = await get(name, given, headers)
    return ['content-type', 'etag', 'last-modified', 'cache-control'].map((header) => reply.headers.get(header))
  }
  const date = 'Thu, 01 Jan 1970 00:00:00 GMT'
  expect(await told('a.txt')).toEqual(['text/html', '"mine"', date, 'private'])
  expect(await told('large.bin', { mimetype: 'text/csv' })).toEqual([
    'text/csv; charset=utf-8',
    '"mine"',
    date,
    'private',
  ])
  const br = await told('app.js', { precompressed: true }, { 'accept-encoding': 'br' })
  expect(br).toEqual(['text/html', '"mine-br"', date, 'private'])
  prepare = (response) => response.headers.set('Content-Type', 'application/x-own')
  expect((await told('a.txt'))[0]).toBe('application/x-own')
  prepare = (response) => response.sendFile('other.png')
  expect((await told('a.txt'))[0]).toBe('text/plain; charset=utf-8')
  prepare = () => {}
})

test('what is not there, or is no file, is a 404', async () => {
  for (const name of ['none.txt', '.', 'sub', 'a.txt/x', 'x'.repeat(300)]) expect((await get(name)).status).toBe(404)
})

test('names under a root are found', async () => {
  expect(await (await get('a.txt', { root })).text()).toBe('0123456789')
  expect(await (await get('sub/ä b.txt', { root })).text()).toBe('umlaut')
  expect(await (await get('in.txt', { root })).text()).toBe('0123456789')
})

test.each([
  '../secret.txt',
  'sub/../../secret.txt',
  'sub/../a.txt',
  '..\\secret.txt',
  '../root-other/secret.txt',
  '/etc/passwd',
  '//etc/passwd',
  'out.txt',
  'etc/passwd',
  '.hidden',
  'sub/.',
  '.',
  '..',
  '',
  'a.txt/',
  'a.txt\0',
  'a.txt\0.png',
  'sub',
])('%j under a root is a 404', async (name) => {
  expect((await get(name, { root })).status).toBe(404)
})

test('hidden names under a root are sent where that is wanted', async () => {
  expect(await (await get('.hidden', { root, dotfiles: true })).text()).toBe('hidden')
  expect((await get('..', { root, dotfiles: true })).status).toBe(404)
})

test('a compressed neighbour is sent to clients that take it', async () => {
  const given = { precompressed: true }
  const br = await get('app.js', given, { 'accept-encoding': 'gzip, br' })
  expect([br.headers.get('content-encoding'), await br.text()]).toEqual(['br', 'brotli'])
  expect([br.headers.get('vary'), br.headers.get('content-type')]).toEqual([
    'Accept-Encoding',
    'text/javascript; charset=utf-8',
  ])
  const gzip = await get('app.js', given, { 'accept-encoding': 'gzip' })
  expect([gzip.headers.get('content-encoding'), await gzip.text()]).toEqual(['gzip', 'gzip'])
  const plain = await get('app.js', given)
  expect([plain.headers.get('content-encoding'), (await plain.text()).length]).toEqual([null, 6000])
  expect(new Set([br, gzip, plain].map((reply) => reply.headers.get('etag'))).size).toBe(3)
  const again = await get('app.js', given, { 'accept-encoding': 'br', 'If-None-Match': br.headers.get('etag')! })
  expect(again.status).toBe(304)
})

test.each([
  'link',
  'pipe',
  'folder',
])('a compressed neighbour that is a %s is not sent, and does not hide the file', async (kind) => {
  const name = `beside-${kind}.css`
  await writeFile(join(root, name), 'plain')
  const beside = join(root, `${name}.gz`)
  if (kind === 'link') await symlink(join(root, '..', 'secret.txt'), beside)
  if (kind === 'pipe') execFileSync('mkfifo', [beside])
  if (kind === 'folder') await mkdir(beside)
  const response = await get(name, { root, precompressed: true }, { 'accept-encoding': 'gzip' })
  expect([response.status, response.headers.get('content-encoding'), await response.text()]).toEqual([
    200,
    null,
    'plain',
  ])
})

test('a compressed neighbour may be a link to a file of the same folder', async () => {
  await writeFile(join(root, 'linked.css'), 'plain')
  await symlink(join(root, 'app.js.gz'), join(root, 'linked.css.gz'))
  const response = await get('linked.css', { root, precompressed: true }, { 'accept-encoding': 'gzip' })
  expect(await response.text()).toBe('gzip')
})

test('a pipe that took the place of a file is a 404 and hangs nothing', async () => {
  const name = join(root, 'soon-a-pipe.txt')
  await writeFile(name, 'x')
  const body = new FileBody(name, {})
  body.located = name
  await rm(name)
  execFileSync('mkfifo', [name])
  const response = new Response()
  response.body = body
  await expect(openFile(response, [])).rejects.toMatchObject({ code: 404 })
})

test('text files are compressed on the way, with a tag that is weak', async () => {
  const reply = await get('app.js', {}, { 'accept-encoding': 'gzip' })
  expect([reply.headers.get('content-encoding'), (await reply.text()).length]).toEqual(['gzip', 6000])
  expect(reply.headers.get('etag')).toMatch(/^W\//)
  const again = await get('app.js', {}, { 'accept-encoding': 'gzip', 'If-None-Match': reply.headers.get('etag')! })
  expect(again.status).toBe(304)
  const part = await get('app.js', {}, { 'accept-encoding': 'gzip', Range: 'bytes=0-3' })
  expect([part.status, part.headers.get('content-encoding'), await part.text()]).toEqual([206, null, 'let '])
})

test('a file that is pipelined behind another comes after it', async () => {
  path = join(root, 'large.bin')
  options = {}
  const get = 'GET / HTTP/1.1\r\nHost: x\r\n'
  const reply = await raw(server.port, `${get}\r\n${get}\r\n${get}Connection: close\r\n\r\n`)
  expect(reply.match(/x{300000}/g)).toHaveLength(3)
})

/** Returns true if this process has the file open. */
async function isOpen(file: string): Promise<boolean> {
  const open = await Promise.all(
    (await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')),
  )
  return open.includes(file)
}

/** Asks for a large file, and takes no more of it than the first piece. */
async function begin(name: string, size: number): Promise<Socket> {
  path = join(root, name)
  options = {}
  await writeFile(path, Buffer.alloc(size))
  const socket = connect(server.port, '127.0.0.1')
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  await once(socket, 'data')
  return socket.pause()
}

test('a client that goes away in the middle has the file closed', async () => {
  const socket = await begin('huge.bin', 20_000_000)
  expect(await isOpen(path)).toBe(true)
  socket.destroy()
  while (await isOpen(path)) await new Promise((resolve) => setImmediate(resolve))
})

test('a file that shrinks while it is sent breaks the connection', async () => {
  const socket = await begin('shrinking.bin', 50_000_000)
  await truncate(path, 1000)
  socket.resume()
  expect((await received(socket)).length).toBeLessThan(50_000_000)
  expect(await server.failure()).toMatchObject({ code: 'TIPFY_E_STREAM_LENGTH' })
})
