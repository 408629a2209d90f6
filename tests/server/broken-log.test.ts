import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { openSync } from 'node:fs'
import { createServer } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { afterEach, expect, jest, test } from '@jest/globals'
import { ask } from '../support/application.ts'
import { bin, project, removeProjects } from '../support/project.ts'

jest.setTimeout(120_000)

const files = {
  'config.ts': `export const config = { tipfy: { dev: false, shutdownTimeout: 2 } }\n`,
  'urls.ts': `import { Rule } from 'tipfy'
export const getRules = () => [new Rule('/', { endpoint: 'home' , handler: 'home:Home' }), new Rule('/die', { endpoint: 'die', handler: 'home:Die' })]
`,
  'app/home.ts': `import { RequestHandler, request } from 'tipfy'
export class Home extends RequestHandler {
  get() {
    if (request.args.has('fail')) throw new Error('failed')
    return String(process.pid)
  }
}
export class Die extends RequestHandler {
  get() {
    process.exit(3)
  }
}
`,
}

let child: ChildProcess
afterEach(async () => {
  if (child.exitCode === null && child.signalCode === null) {
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  removeProjects()
})

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  return port
}

/** Starts `tipfy serve`; resolves when it serves. */
async function serve(stdout: number | 'pipe', args: string[] = []): Promise<number> {
  const port = await freePort()
  const flags = ['-C', 'tipfy-source', '--disable-warning=ExperimentalWarning']
  child = spawn(process.execPath, [...flags, bin, 'serve', '--port', `${port}`, ...args], {
    cwd: project(files),
    env: { ...process.env, NODE_OPTIONS: '' },
    stdio: ['ignore', stdout, 'pipe'],
  })
  while ((await ask(port, '/').catch(() => null)) === null) {
    await setTimeout(20)
    if (child.exitCode !== null) throw new Error(`It ended with status ${child.exitCode}`)
  }
  return port
}

for (const workers of [[], ['--workers', '2']]) {
  test(`with standard output on a full disk requests are served${workers.length > 0 ? ' by workers' : ''}`, async () => {
    const port = await serve(openSync('/dev/full', 'w'), workers)
    let errors = ''
    child.stderr!.on('data', (text) => (errors += text))
    for (let at = 0; at < 200; at++) expect(await ask(port, `/?${'x'.repeat(200)}`)).toMatchObject({ status: 200 })
    child.kill('SIGTERM')
    expect(await once(child, 'exit')).toEqual([0, null])
    expect(errors).toContain('"message":"Lines of standard output cannot be written: ENOSPC"')
  })
}

test('with standard error closed a request that fails is a 500, and the process goes on', async () => {
  const port = await serve('pipe')
  child.stdout!.resume()
  child.stderr!.destroy()
  for (let at = 0; at < 3; at++) expect(await ask(port, '/?fail')).toMatchObject({ status: 500 })
  expect(await ask(port, '/')).toMatchObject({ status: 200 })
})

test('with standard error closed the primary process replaces a worker that died', async () => {
  const port = await serve('pipe', ['--workers', '2'])
  child.stdout!.resume()
  child.stderr!.destroy()
  // Node's primary process does not get back a connection that was on its way to a worker that dies: its client waits for ever.
  const askSoon = (path: string) => Promise.race([ask(port, path).catch(() => null), setTimeout(2000, null)])
  const dead = new Set<string>()
  while (dead.size < 2) {
    const response = await askSoon('/')
    if (response === null) continue
    dead.add(response.text)
    await askSoon('/die')
  }
  for (;;) {
    const response = await askSoon('/')
    if (response !== null && !dead.has(response.text)) break
    await setTimeout(20)
    expect(child.exitCode).toBeNull()
  }
})

test('with nobody reading standard output requests are served, and SIGTERM ends the process', async () => {
  const port = await serve('pipe')
  child.stderr!.resume()
  for (let at = 0; at < 400; at++) expect(await ask(port, `/?${'x'.repeat(7000)}`)).toMatchObject({ status: 200 })
  child.kill('SIGTERM')
  expect(await once(child, 'exit')).toEqual([0, null])
})
