// A process that is out of file descriptors is busy, not broken.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { afterEach, expect, test } from '@jest/globals'
import { ask } from '../support/application.ts'
import { bin, project, removeProjects } from '../support/project.ts'

let child: ChildProcess
afterEach(async () => {
  child.kill('SIGKILL')
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  removeProjects()
})

const files = {
  'config.ts': 'export const config = { tipfy: { dev: false, accessLog: false } }\n',
  'urls.ts': `import { Rule, staticRule } from 'tipfy'
export const getRules = () => [
  new Rule('/all', { endpoint: 'all', handler: 'home:All' }),
  new Rule('/read', { endpoint: 'read', handler: 'home:Read' }),
  new Rule('/lazy', { endpoint: 'lazy', handler: 'home:Lazy' }),
  staticRule('/static', '.'),
]
`,
  'app/late.ts': 'export const late = 1\n',
  'app/home.ts': `import { closeSync, openSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { RequestHandler } from 'tipfy'
const open: number[] = []
// Keeps as many descriptors free as the connection of one request takes.
export class All extends RequestHandler {
  get() {
    try {
      for (;;) open.push(openSync('/dev/null', 'r'))
    } catch {
      closeSync(open.pop()!)
      return String(open.length)
    }
  }
  delete() {
    for (const fd of open.splice(0)) closeSync(fd)
  }
}
const use = () => open.push(openSync('/dev/null', 'r'))
export class Read extends RequestHandler {
  async get() {
    use()
    return await readFile('urls.ts', 'utf8')
  }
}
export class Lazy extends RequestHandler {
  async get() {
    use()
    const { late } = await import('./late.ts')
    return String(late)
  }
}
`,
}

/** Starts `tipfy serve` where a process may have at most 96 descriptors. */
async function serve(): Promise<number> {
  const command = `ulimit -n 96; exec "${process.execPath}" -C tipfy-source --disable-warning=ExperimentalWarning "${bin}" serve --port 0`
  const env = { ...process.env, NODE_OPTIONS: '' }
  child = spawn('/bin/sh', ['-c', command], { cwd: project(files), env, stdio: ['ignore', 'pipe', 'ignore'] })
  for await (const line of createInterface({ input: child.stdout! })) {
    const port = /^Serving on http:\/\/localhost:(\d+)$/.exec(line)?.[1]
    if (port !== undefined) return Number(port)
  }
  throw new Error('It did not start')
}

test('a request that needs one more file is a 503 to try again, and everything works once descriptors are free', async () => {
  const port = await serve()
  expect(Number((await ask(port, '/all')).text)).toBeGreaterThan(20)
  for (const path of ['/read', '/lazy', '/static/urls.ts']) {
    const { status, headers } = await ask(port, path)
    expect({ path, status, retry: headers['retry-after'] }).toEqual({ path, status: 503, retry: '1' })
  }
  expect((await ask(port, '/all', { method: 'DELETE' })).status).toBe(200)
  for (const path of ['/lazy', '/read', '/static/urls.ts'])
    expect({ path, ...(await ask(port, path)) }).toMatchObject({ path, status: 200 })
})
