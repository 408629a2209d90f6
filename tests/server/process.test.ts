import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, expect, test } from '@jest/globals'
import { ask } from '../support/application.ts'
import { type Program, startProgram } from '../support/process.ts'

const bin = join(import.meta.dirname, '../../lib/cli/bin.ts')
const folder = join(import.meta.dirname, '../fixtures/workers')

let program: Program
afterEach(async () => {
  await program.end('SIGKILL')
})

async function start(args: string[] = [], env: Record<string, string> = {}): Promise<number> {
  program = startProgram(bin, ['serve', '--port', '0', ...args], env, folder)
  return Number((await program.line(/^Serving on http:\/\/localhost:(\d+)$/))[1])
}

async function pids(port: number, count: number): Promise<Set<string>> {
  const found = new Set<string>()
  while (found.size < count) found.add((await ask(port, '/')).text)
  return found
}

test('SIGTERM lets a request in flight end, then the process with status 0', async () => {
  const port = await start()
  const slow = ask(port, '/slow')
  await program.line(/^slow began$/)
  program.child.kill('SIGTERM')
  expect(await slow).toMatchObject({ status: 200, text: 'slow' })
  expect(await program.ended()).toBe(0)
  expect(program.errors()).toBe('')
})

test('without options it loads no parser of options; without variables no tree, without proxies nothing that knows them', async () => {
  const told = `process.getBuiltinModule('module').registerHooks({
    load(url, context, next) {
      if (/commander|find-my-way|proxy-addr/.test(url)) console.error(url)
      if (url.includes('negotiator')) console.log('packages are seen')
      return next(url, context)
    },
  })`
  const env = { PORT: '0', NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(told)}` }
  program = startProgram(bin, ['serve'], env, folder)
  const [, port] = await program.line(/^Serving on http:\/\/localhost:(\d+)$/)
  await program.line(/^packages are seen$/)
  expect(await ask(Number(port), '/')).toMatchObject({ status: 200 })
  expect(await program.end('SIGTERM')).toBe(0)
  expect(program.errors()).toBe('')
})

test('a second signal ends it at once', async () => {
  const port = await start()
  const slow = ask(port, '/slow?ms=60000')
  slow.catch(() => {})
  await program.line(/^slow began$/)
  program.child.kill('SIGINT')
  while ((await ask(port, '/').catch((error) => error.code)) !== 'ECONNREFUSED');
  expect(await program.end('SIGINT')).toBe(1)
  await expect(slow).rejects.toMatchObject({ code: 'ECONNRESET' })
})

test('workers share the port and the work; one that dies is replaced; SIGTERM ends all of them well', async () => {
  const port = await start(['--workers', '2'])
  const first = await pids(port, 2)
  expect(first.has(String(program.child.pid))).toBe(false)
  await expect(ask(port, '/die')).rejects.toMatchObject({ code: 'ECONNRESET' })
  const all = await pids(port, 3 - first.size + 1)
  expect(all.size).toBeGreaterThan(1)
  const slow = ask(port, '/slow')
  await program.line(/^slow began$/)
  program.child.kill('SIGTERM')
  expect(await slow).toMatchObject({ status: 200 })
  expect(await program.ended()).toBe(0)
  for (const pid of all) expect(isRunning(Number(pid))).toBe(false)
})

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

test('workers count rate limits together, and go on counting after a reload', async () => {
  const port = await start(['--workers', '2'])
  const before = await pids(port, 2)
  const limited = async (times: number) => {
    const all: { status: number; text: string }[] = []
    for (let n = 0; n < times; n++) all.push(await ask(port, '/limited'))
    return all
  }
  const first = await limited(4)
  expect(first.map(({ status }) => status)).toEqual([200, 200, 200, 200])
  expect(new Set(first.map(({ text }) => text)).size).toBe(2)
  program.child.kill('SIGHUP')
  while (before.has((await ask(port, '/')).text));
  expect((await limited(3)).map(({ status }) => status)).toEqual([200, 429, 429])
})

test('SIGHUP replaces the workers one by one while every request is answered', async () => {
  const port = await start(['--workers', '2'])
  const before = await pids(port, 2)
  const after = new Set<string>()
  program.child.kill('SIGHUP')
  let requests = 0
  while (after.size < 2) {
    const answers = await Promise.all(Array.from({ length: 10 }, () => ask(port, '/')))
    for (const { status, text } of answers) {
      expect(status).toBe(200)
      requests++
      if (!before.has(text)) after.add(text)
    }
  }
  expect(requests).toBeGreaterThan(10)
  expect(await program.end()).toBe(0)
})

test('SIGHUP while a reload is under way replaces also the workers that are new already', async () => {
  const port = await start(['--workers', '2'])
  const before = await pids(port, 2)
  program.child.kill('SIGHUP')
  let first: string
  do first = (await ask(port, '/')).text
  while (before.has(first))
  program.child.kill('SIGHUP') // the other worker is still an old one
  const after = new Set<string>()
  while (after.size < 2) {
    const { text } = await ask(port, '/')
    if (!before.has(text) && text !== first) after.add(text)
  }
  while ((await ask(port, '/')).text === first);
  expect(await program.end()).toBe(0)
})

test.each([
  ['SIGHUP', 'SIGTERM'],
  ['SIGTERM', 'SIGHUP'],
] as const)('a stop in the middle of a reload is no error, and no reload: %s, then %s', async (first, second) => {
  const port = await start(['--workers', '2'])
  await pids(port, 2)
  program.child.kill(first)
  program.child.kill(second)
  expect(await program.ended()).toBe(0)
  expect(program.errors()).toBe('')
})

test('a reload that fails leaves the old workers serving', async () => {
  const flag = join(await mkdtemp(join(tmpdir(), 'tipfy-test-')), 'fail')
  const port = await start(['--workers', '2'], { FAIL_WORKERS: flag })
  const before = await pids(port, 2)
  await writeFile(flag, '')
  program.child.kill('SIGHUP')
  while (!program.errors().includes('The workers were not reloaded')) await ask(port, '/')
  expect(await pids(port, 2)).toEqual(before)
  await rm(dirname(flag), { recursive: true })
})

test('workers that cannot start stop the start, with what they said', async () => {
  program = startProgram(
    bin,
    ['serve', '--port', '0', '--workers', '2'],
    { FAIL_WORKERS: import.meta.filename },
    folder,
  )
  expect(await program.ended()).toBe(1)
  expect(program.errors()).toMatch(/^tipfy: Error: this worker cannot start \(config\.ts:\d+\)\. .*\n$/)
})

test('the access log is a line of JSON for each answer', async () => {
  const port = await start([], { ACCESS_LOG: 'yes' })
  await ask(port, '/?a=1', { headers: { 'user-agent': 'tester' } })
  await ask(port, '/none')
  expect(await program.end('SIGTERM')).toBe(0)
  const [, line] = await program.line(/^(\{.*"status":200.*\})$/)
  expect(JSON.parse(line!)).toEqual({
    severity: 'INFO',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    message: 'GET /?a=1 200',
    method: 'GET',
    url: '/?a=1',
    status: 200,
    bytes: expect.any(Number),
    ms: expect.any(Number),
    remoteAddr: '127.0.0.1',
    userAgent: 'tester',
  })
  expect((await program.line(/"status":404/))[0]).toBeTruthy()
})

test('a worker that nothing can be told any more does not end the primary', async () => {
  program = startProgram(join(import.meta.dirname, '../fixtures/deaf-workers.ts'))
  await program.line(/^stopped$/)
  expect([await program.ended(), program.errors()]).toEqual([0, ''])
})

test('a worker that cannot be started fails the start', async () => {
  program = startProgram(join(import.meta.dirname, '../fixtures/deaf-workers.ts'), ['none'])
  await program.line(/^ENOENT$/)
  expect([await program.ended(), program.errors()]).toEqual([0, ''])
})
