// tools/setup.js in a checkout of its own, with an npm that writes down how it was called.
import { spawn } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'

let checkout: string
beforeEach(() => {
  checkout = mkdtempSync(join(tmpdir(), 'tipfy-setup-'))
  mkdirSync(join(checkout, 'tools'))
  cpSync(join(import.meta.dirname, '../tools/setup.js'), join(checkout, 'tools/setup.js'))
  for (const file of ['package-lock.json', 'bench/peers/package-lock.json', 'calls']) write(file, '')
  write('package.json', '{ "type": "module" }')
  write(
    'npm.js',
    `import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs'
appendFileSync(${JSON.stringify(join(checkout, 'calls'))}, JSON.stringify(process.argv.slice(2)) + '\\n')
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

/** Returns the exit status. */
function setUp(args: string[] = [], env: Record<string, string> = {}): Promise<number | null> {
  const npm = { npm_execpath: join(checkout, 'npm.js'), npm_node_execpath: process.execPath }
  const child = spawn(process.execPath, [join(checkout, 'tools/setup.js'), ...args], {
    env: { ...process.env, NODE_OPTIONS: '', npm_config_cache: checkout, ...npm, ...env },
    stdio: 'ignore',
  })
  return new Promise((resolve) => child.once('exit', resolve))
}

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
  expect(calls()[0]).toEqual(expect.arrayContaining(['--cache', expect.stringContaining(tmpdir())]))
})
