import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import type { Request } from '../../../lib/http/request/request.ts'
import type { UploadedFile } from '../../../lib/http/request/upload.ts'
import { type Live, live, raw } from '../live.ts'

let server: Live
let folder: string
let handle: (request: Request) => unknown
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tipfy-test-'))
  server = await live((request) => handle(request), {
    maxBodySize: 300_000,
    maxMemorySize: 100_000,
    maxFormParts: 20,
    uploadThreshold: 10_000,
  })
})
afterEach(() => {
  expect(server.failures.splice(0)).toEqual([])
})
afterAll(async () => {
  await server.close()
  await rm(folder, { recursive: true })
})

async function post(form: FormData | URLSearchParams | string, type?: string) {
  return fetch(server.url, { method: 'POST', body: form, headers: type ? { 'content-type': type } : {} })
}

function formOf(entries: Record<string, string | File>): FormData {
  const form = new FormData()
  for (const [name, value] of Object.entries(entries)) form.append(name, value)
  return form
}

const showForm = async (request: Request) => [...(await request.form())]

test('the fields of urlencoded and multipart forms are read alike', async () => {
  handle = showForm
  const expected: [string, string][] = [
    ['a', 'é +&'],
    ['b', ''],
  ]
  expect(await (await post(new URLSearchParams(expected))).json()).toEqual(expected)
  expect(await (await post(formOf({ a: 'é +&', b: '' }))).json()).toEqual(expected)
})

test('a body that is no form has no fields, and no form no body', async () => {
  handle = showForm
  expect(await (await post('a=b', 'text/plain')).json()).toEqual([])
  expect(await (await fetch(server.url)).json()).toEqual([])
})

test('a multipart form without any field is an empty form, as browsers send it', async () => {
  handle = showForm
  expect(await (await post(new FormData())).json()).toEqual([])
  for (const body of ['--b--', '']) {
    expect(await (await post(body, 'multipart/form-data; boundary="b"')).json()).toEqual([])
  }
  for (const body of ['--b-', '--b', '--c--']) {
    expect([body, (await post(body, 'multipart/form-data; boundary=b')).status]).toEqual([body, 400])
  }
})

test('form and files can each be asked for, in any order and again', async () => {
  handle = async (request) => {
    const files = await request.files()
    const form = await request.form()
    return [form.get('a'), await files.get('f')!.text(), (await request.files()) === files]
  }
  expect(await (await post(formOf({ f: new File(['content'], 'x.txt'), a: '1' }))).json()).toEqual([
    '1',
    'content',
    true,
  ])
})

test('form works after bytes, and bytes after a urlencoded form', async () => {
  handle = async (request) => [(await request.bytes()).length > 0, (await request.form()).get('a')]
  expect(await (await post(formOf({ a: '1' }))).json()).toEqual([true, '1'])
  handle = async (request) => [(await request.form()).get('a'), await request.text()]
  expect(await (await post(new URLSearchParams({ a: '1' }))).json()).toEqual(['1', 'a=1'])
})

test('small files stay in memory, large ones go to disk and are gone after the response', async () => {
  let files: UploadedFile[] = []
  handle = async (request) => {
    files = [...(await request.files()).values()]
    const sizes = await Promise.all(files.map(async (file) => (await file.bytes()).length))
    return files.map((file, at) => [file.name, file.filename, file.mimetype, file.size, sizes[at], file.path !== null])
  }
  const form = formOf({
    small: new File(['x'.repeat(9_000)], 'ä.txt', { type: 'text/plain' }),
    large: new File(['y'.repeat(120_000)], 'large.bin'),
  })
  expect(await (await post(form)).json()).toEqual([
    ['small', 'ä.txt', 'text/plain', 9_000, 9_000, false],
    ['large', 'large.bin', 'application/octet-stream', 120_000, 120_000, true],
  ])
  await gone(files[1]!.path!)
})

async function gone(path: string) {
  while (existsSync(path)) await new Promise((resolve) => setImmediate(resolve))
}

test('a file can be saved, from memory and from disk, in a new folder, and then stays', async () => {
  for (const size of [100, 50_000]) {
    const path = join(folder, `photos/of-${size}/saved`)
    handle = async (request) => {
      const file = (await request.files()).get('f')!
      await file.saveTo(path)
      return String((await file.bytes()).length)
    }
    expect(await (await post(formOf({ f: new File(['z'.repeat(size)], 'z') }))).text()).toBe(String(size))
    expect((await readFile(path)).length).toBe(size)
  }
})

test('large files arrive byte for byte', async () => {
  const contents = [50_000, 90_001, 20_000].map((size) => randomBytes(size))
  handle = async (request) => {
    const files = [...(await request.files()).values()]
    const same = await Promise.all(files.map(async (file, at) => contents[at]!.equals(await file.bytes())))
    return { same }
  }
  const form = formOf(Object.fromEntries(contents.map((content, at) => [`f${at}`, new File([content], 'f')])))
  expect(await (await post(form)).json()).toEqual({ same: [true, true, true] })
})

test('a file can be streamed', async () => {
  handle = async (request) => (await request.files()).get('f')!.stream()
  for (const size of [100, 50_000]) {
    expect(await (await post(formOf({ f: new File(['z'.repeat(size)], 'z') }))).text()).toHaveLength(size)
  }
})

test('a file field that was left empty is no file', async () => {
  handle = async (request) => [(await request.files()).size]
  expect(await (await post(formOf({ f: new File([], '') }))).json()).toEqual([0])
})

test("a file's name has no folders", async () => {
  handle = async (request) => (await request.files()).get('f')!.filename
  expect(await (await post(formOf({ f: new File(['x'], '../../etc/passwd') }))).text()).toBe('passwd')
  expect(await (await post(formOf({ f: new File(['x'], 'C:\\windows\\x.exe') }))).text()).toBe('x.exe')
})

test('a part with a type and no file name is a field; bytes without a name are a file', async () => {
  handle = async (request) => [
    [...(await request.form())],
    [...(await request.files())].map(([name, { size }]) => [name, size]),
  ]
  const part = (name: string, type: string) =>
    `--b\r\ncontent-disposition: form-data; name="${name}"\r\ncontent-type: ${type}\r\n\r\nabc\r\n`
  const parts =
    part('text', 'text/plain; charset=utf-8') +
    part('json', 'application/json') +
    part('bytes', 'application/octet-stream')
  const shown = await (await post(`${parts}--b--\r\n`, 'multipart/form-data; boundary=b')).json()
  expect(shown).toEqual([
    [
      ['text', 'abc'],
      ['json', 'abc'],
    ],
    [['bytes', 3]],
  ])
})

test('names come as they were written, quotes and all; control characters of a file name do not', async () => {
  handle = async (request) => [
    [...(await request.form()).keys()],
    ...[...(await request.files())].map(([name, file]) => [name, file.filename]),
  ]
  const form = formOf({ 'say "hi"': 'x', '100%': 'y', 'a"b': new File(['x'], 'my "own" 100%25.txt') })
  expect(await (await post(form)).json()).toEqual([
    ['say "hi"', '100%'],
    ['a"b', 'my "own" 100%25.txt'],
  ])
  const nul = '--b\r\nContent-Disposition: form-data; name="f"; filename="a\0b\x1b.txt"\r\n\r\nx\r\n--b--\r\n'
  expect(await (await post(nul, 'multipart/form-data; boundary=b')).json()).toEqual([[], ['f', 'ab.txt']])
})

test('more parts than allowed are a 413, in either kind of form', async () => {
  handle = showForm
  const many = Object.fromEntries(Array.from({ length: 21 }, (_, at) => [`f${at}`, 'x']))
  expect((await post(new URLSearchParams(many))).status).toBe(413)
  expect((await post(formOf(many))).status).toBe(413)
  const files = Object.fromEntries(
    Array.from({ length: 21 }, (_, at) => [`f${at}`, new File(['x'.repeat(11_000)], 'f')]),
  )
  expect((await post(formOf(files))).status).toBe(413)
})

test('fields that together outgrow the memory allowed are a 413', async () => {
  handle = showForm
  expect((await post(formOf({ a: 'x'.repeat(60_000), b: 'x'.repeat(60_000) }))).status).toBe(413)
  expect((await post(formOf({ a: 'x'.repeat(120_000) }))).status).toBe(413)
})

test('a field or a file with a name that is too long is a 413', async () => {
  handle = showForm
  expect((await post(formOf({ ['n'.repeat(1001)]: 'x' }))).status).toBe(413)
  expect((await post(formOf({ ['n'.repeat(1001)]: new File(['x'], 'f') }))).status).toBe(413)
  expect((await post(formOf({ ['n'.repeat(1000)]: 'x' }))).status).toBe(200)
})

test('a form larger than a body may be is a 413, and its files are removed', async () => {
  let seen: Request | undefined
  handle = (request) => {
    seen = request
    return request.files()
  }
  const reply = await post(formOf({ f: new File(['x'.repeat(310_000)], 'f') }))
  expect(reply.status).toBe(413)
  const noLength = new ReadableStream({
    pull(controller) {
      controller.enqueue(Buffer.from('--b\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n'))
      for (let at = 0; at < 40; at++) controller.enqueue(Buffer.alloc(10_000))
      controller.close()
    },
  })
  const streamed = await fetch(server.url, {
    method: 'POST',
    body: noLength,
    headers: { 'content-type': 'multipart/form-data; boundary=b' },
    duplex: 'half',
  } as RequestInit)
  expect(streamed.status).toBe(413)
  expect(seen).toBeDefined()
})

test.each([
  ['has no boundary', 'multipart/form-data', 'x'],
  ['is cut short', 'multipart/form-data; boundary=b', '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nhalf'],
  [
    'is cut short in a file',
    'multipart/form-data; boundary=b',
    '--b\r\nContent-Disposition: form-data; name="a"; filename="f"\r\n\r\nhalf',
  ],
  [
    'is cut short in a large file',
    'multipart/form-data; boundary=b',
    `--b\r\nContent-Disposition: form-data; name="a"; filename="f"\r\n\r\n${'x'.repeat(20_000)}`,
  ],
  ['is none', 'multipart/form-data; boundary=b', 'nonsense'],
  [
    'has a nameless part',
    'multipart/form-data; boundary=b',
    '--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n',
  ],
  [
    'has a nameless file',
    'multipart/form-data; boundary=b',
    '--b\r\nContent-Disposition: form-data; filename="f"\r\n\r\nx\r\n--b--\r\n',
  ],
  [
    'has blanks behind a boundary',
    'multipart/form-data; boundary=b',
    '--b  \r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n--b--\r\n',
  ],
  [
    'has a part that is no field',
    'multipart/form-data; boundary=b',
    '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n--b\r\nContent-Type: text/plain\r\n\r\nx\r\n--b--\r\n',
  ],
  [
    'has a part that ends in its headers',
    'multipart/form-data; boundary=b',
    '--b\r\nContent-Disposition: form-data; name="a"\r\n--b--\r\n',
  ],
])('a multipart form that %s is a 400', async (_, type, body) => {
  handle = showForm
  expect((await post(body, type)).status).toBe(400)
})

test('a client that goes away in the middle of a file leaves nothing behind', async () => {
  const failed = new Promise((resolve) => {
    handle = (request) => request.files().catch(resolve)
  })
  const start = '--b\r\nContent-Disposition: form-data; name="a"; filename="f"\r\n\r\n'
  const socket = connect(server.port, '127.0.0.1')
  socket.write(
    `POST / HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 200000\r\n\r\n${start}`,
  )
  socket.write('x'.repeat(50_000), () => socket.destroy())
  expect(await failed).toMatchObject({ name: 'ClientDisconnected', code: 400 })
})

test('fields named like parts of Object.prototype are fields', async () => {
  handle = async (request) => (await request.form()).toObject()
  const body = '--b\r\nContent-Disposition: form-data; name="__proto__"\r\n\r\nx\r\n--b--\r\n'
  const head = 'POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: multipart/form-data; boundary=b\r\n'
  const reply = await raw(server.port, `${head}Content-Length: ${body.length}\r\n\r\n${body}`)
  expect(reply).toContain('{"__proto__":"x"}')
})
