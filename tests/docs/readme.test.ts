// The commands of README's "Try it", in order, as a newcomer types them: in a fresh copy, with an empty home and the Node of
// the machine.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, delimiter, join, relative } from 'node:path'
import { afterAll, expect, test } from '@jest/globals'
import { freePort } from '../support/memcached.ts'
import { root } from './blocks.ts'

const world = mkdtempSync(join(tmpdir(), 'tipfy-readme-'))
const clone = join(world, 'tipfy')
let server: ChildProcess | undefined
afterAll(() => {
  if (server?.pid !== undefined) process.kill(-server.pid, 'SIGKILL')
  rmSync(world, { recursive: true, force: true })
})

// npm puts node_modules/.bin, and with it another Node, in front of the PATH of its scripts.
const path = process.env.PATH!.split(delimiter).filter((folder) => !folder.includes('node_modules'))
const inherited = Object.entries(process.env).filter(
  ([name]) =>
    !/^(npm_|INIT_CWD|NODE_(?!EXTRA_CA)|JEST_|FORCE_COLOR|GOOGLE_|DATASTORE_|SESSIONS|SECRET_KEY)/i.test(name),
)
const env = { ...Object.fromEntries(inherited), PATH: path.join(delimiter), HOME: join(world, 'home') }

/** Copies what a clone has; without git, which a download does not need. */
function copyRepository(): void {
  const lines = readFileSync(join(root, '.gitignore'), 'utf8').trim().split('\n')
  const ignored = new Set(['.git', ...lines.map((line) => line.replace(/\/$/, ''))])
  cpSync(root, clone, {
    recursive: true,
    filter: (path) => !ignored.has(basename(path)) && !ignored.has(relative(root, path)),
  })
}

function commands(): string[] {
  const section = readFileSync(join(root, 'README.md'), 'utf8')
    .split('\n## ')
    .find((text) => text.startsWith('Try it'))!
  const blocks = [...section.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, text]) => text!)
  return blocks.flatMap((text) => text.trim().split('\n')).map((line) => line.replace(/\s+#.*$/, ''))
}

/** Runs a command to its end. */
function run(command: string, cwd: string): void {
  execFileSync('sh', ['-ec', command], { cwd, env, stdio: ['ignore', 'ignore', 'inherit'] })
}

/** Starts the server of a folder, shops there, and stops it. */
async function shopAt(cwd: string): Promise<string> {
  const port = await freePort()
  const child = spawn('npm', ['start'], { cwd, env: { ...env, PORT: String(port) }, detached: true })
  server = child
  let shown = ''
  const ended = new Promise<never>((_, reject) => {
    child.once('exit', (code) => reject(new Error(`npm start ended with ${code}:\n${shown}`)))
  })
  const started = new Promise<void>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        shown += text
        if (shown.includes(`http://localhost:${port}`)) resolve()
      })
    }
  })
  await Promise.race([started, ended])
  const page = await (await fetch(`http://127.0.0.1:${port}/session-test?add-product=tea`)).text()
  const stopped = new Promise((resolve) => child.once('exit', resolve))
  ended.catch(() => {})
  process.kill(-child.pid!, 'SIGTERM')
  await stopped
  server = undefined
  return page
}

test('each command works, the one after the other', async () => {
  copyRepository()
  const [start, check, make, startOwn, ...more] = commands()
  expect([start, check, startOwn, more]).toEqual(['npm start', 'npm test', 'npm start', []])
  expect(await shopAt(clone)).toBe('Products in cart: tea')
  expect(make).toBe('npm run new -- ../my-shop && cd ../my-shop')
  run(make!, clone)
  expect(await shopAt(join(world, 'my-shop'))).toBe('Products in cart: tea')
}, 900_000)
