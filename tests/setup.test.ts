// tools/setup.js in a checkout of its own, with an npm that writes down how it was called.
import { type ChildProcess, spawn } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'

let checkout: string
beforeEach(() => {
  checkout = mkdtempSync(join(tmpdir(), 'tipfy-setup-'))
  mkdirSync(join(checkout, 'tools'))
  for (const file of ['tools/setup.js', 'tools/npm-cache.js'])
    cpSync(join(import.meta.dirname, '..', file), join(checkout, file))
  for (const file of ['package-lock.json', 'bench/peers/package-lock.json', 'calls']) write(file, '')
  write('package.json', '{ "type": "module" }')
  write(
    'npm.js',
    `import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs'
appendFileSync(${JSON.stringify(join(checkout, 'calls'))}, JSON.stringify([...process.argv.slice(2), process.env.npm_config_cache]) + '\\n')
mkdirSync('node_modules') // throws if another made it
writeFileSync('node_modules/.package-lock.json', '')
`,
  )
})
afterEach(() => rmSync(checkout, { recursive: true }))

function write(file: string, text: string): void {
  mkdirSync(join(checkout, file, '..'), { recursive: true })
  writeFileSync(join(checkout, file), text)
}

/** Starts the set-up in a process group of its own, as a terminal does. */
function begin(args: string[] = [], env: Record<string, string> = {}): ChildProcess {
  const npm = { npm_execpath: join(checkout, 'npm.js'), npm_node_execpath: process.execPath }
  return spawn(process.execPath, [join(checkout, 'tools/setup.js'), ...args], {
    env: { ...process.env, NODE_OPTIONS: '', npm_config_cache: checkout, ...npm, ...env },
    stdio: ['ignore', 'pipe', 'ignore'],
    detached: true,
  })
}

const ended = (child: ChildProcess): Promise<number | null> => new Promise((resolve) => child.once('exit', resolve))

/** Returns the exit status. */
const setUp = (args?: string[], env?: Record<string, string>) => ended(begin(args, env))

const calls = (): string[][] =>
  readFileSync(join(checkout, 'calls'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))

test('packages are installed once, however many set the checkout up at the same time', async () => {
  expect(await Promise.all([setUp(), setUp(), setUp()])).toEqual([0, 0, 0])
  expect(await setUp()).toBe(0)
  expect(calls()).toHaveLength(1)
})

test('each folder with packages is set up', async () => {
  expect(await setUp(['--bench'])).toBe(0)
  expect(calls()).toHaveLength(2)
})

test("npm's settings for other projects leave out nothing", async () => {
  await setUp([], { NODE_ENV: 'production' })
  expect(calls()[0]).toEqual(expect.arrayContaining(['ci', '--include=dev', '--include=optional', '--bin-links']))
})

test('a home that cannot be written does not matter', async () => {
  expect(await setUp([], { npm_config_cache: '/dev/null/.npm' })).toBe(0)
  expect(calls()[0]!.at(-1)).toContain(tmpdir())
})

test('Ctrl-C waits until npm has put back what was there: the next start finds nothing half done', async () => {
  write(
    'npm.js',
    `import { writeFileSync } from 'node:fs'
process.once('SIGINT', () => setTimeout(() => {
  writeFileSync(${JSON.stringify(join(checkout, 'calls'))}, '["put back"]')
  process.exit(1)
}, 300))
setInterval(() => {}, 1000)
console.log('npm runs')
`,
  )
  const child = begin()
  const end = ended(child)
  await new Promise<void>((resolve) => child.stdout!.on('data', (text) => /npm runs/.test(text) && resolve()))
  process.kill(-child.pid!, 'SIGINT')
  expect(await end).toBe(130)
  expect(calls()).toEqual([['put back']])
})
