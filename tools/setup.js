// Makes the checkout ready to run: installs packages when node_modules is missing or older than the lock file, with
// --tests what the tests need beside them (memcached, Redis, Chromium) where apt can, and with --bench the frameworks that bench/
// measures against. Runs before anything is installed, so it is plain JavaScript for Node 20 without packages.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { useWritableCache } from './npm-cache.js'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

function modified(file) {
  const path = join(root, file)
  return existsSync(path) ? statSync(path).mtimeMs : 0
}

function run(command, args, cwd = root) {
  const child = spawn(command, args, { cwd, stdio: ['ignore', 'inherit', 'inherit'] })
  // Ctrl-C reaches it too, and npm then puts back what was there: to be waited for.
  const interrupt = () => child.once('exit', () => process.exit(130))
  process.once('SIGINT', interrupt)
  return new Promise((resolve) => {
    child.once('error', () => resolve(false)).once('exit', (status) => resolve(status === 0))
  }).finally(() => process.off('SIGINT', interrupt))
}

function found(command) {
  // Some shells leave out the folder of the programs for administrators.
  const folders = [...(process.env.PATH ?? '').split(':'), '/usr/sbin']
  return folders.some((folder) => existsSync(join(folder, command)))
}

// Whatever npm is configured to do for other projects: packages of the tests are needed, and so is node_modules/.bin/node.
const npmOptions = [
  '--include=dev',
  '--include=optional',
  '--include=peer',
  '--bin-links',
  '--engine-strict=false',
  '--legacy-peer-deps=false',
  '--install-strategy=hoisted',
  '--loglevel=error',
  '--no-audit',
  '--no-fund',
]

function isInstalled(folder) {
  return modified(join(folder, 'node_modules/.package-lock.json')) >= modified(join(folder, 'package-lock.json'))
}

// Waits while another process installs: two at once delete each other's files. Linux takes the name back from a process that ends.
let isAlone = process.platform !== 'linux'
async function waitForOthers() {
  const name = `\0tipfy-setup-${createHash('sha256').update(root).digest('hex')}`
  for (let tries = 0; !isAlone; tries++) {
    if (tries === 1) console.log('Another process installs packages here: waiting for it …')
    const server = createServer().listen(name).unref()
    isAlone = await once(server, 'listening').then(
      () => true,
      ({ code }) => code !== 'EADDRINUSE' || setTimeout(200, false),
    )
  }
}

// Installs what the lock file in a folder asks for, unless that was done.
async function install(folder) {
  if (isInstalled(folder)) return
  await waitForOthers()
  if (isInstalled(folder)) return
  console.log(`Installing packages ${folder === '' ? '' : `of ${folder}/ `}(npm ci) …`)
  // The Node and npm that started this script: node_modules/.bin/node is about to be deleted by npm ci.
  const npm = process.env.npm_execpath
  const node = process.env.npm_node_execpath ?? process.execPath
  const args = ['ci', ...npmOptions]
  const cwd = join(root, folder)
  useWritableCache()
  if (await (npm ? run(node, [npm, ...args], cwd) : run('npm', args, cwd))) return
  console.error('npm ci failed (see above). Remedy: check the network, then run `npm ci` and this command again.')
  process.exit(1)
}

await install('')
if (process.argv.includes('--bench')) await install('bench/peers')
if (process.argv.includes('--contexts')) await install('bench/contexts')

const runtime = join(root, 'node_modules/.bin/node')
const version = existsSync(runtime)
  ? spawnSync(runtime, ['--version'], { encoding: 'utf8' }).stdout.trim()
  : process.version
const [major = 0, minor = 0] = version.replace('v', '').split('.').map(Number)
if (major < 22 || (major === 22 && minor < 18)) {
  console.error(
    `tipfy needs Node 22.18 or newer, and this is ${version}. Remedy: install Node 24 (https://nodejs.org).`,
  )
  process.exit(1)
}

if (process.argv.includes('--tests')) {
  // With saslpasswd2 a memcached of the tests' own is made to ask for a password.
  const parts = {
    memcached: 'memcached',
    'redis-server': 'redis-server',
    chromium: 'chromium',
    saslpasswd2: 'sasl2-bin libsasl2-modules',
  }
  const missing = () => Object.entries(parts).flatMap(([command, names]) => (found(command) ? [] : names.split(' ')))
  const packages = missing()
  if (packages.length > 0 && found('apt-get') && process.getuid?.() === 0) {
    console.log(`Installing ${packages.join(' and ')} for the tests (apt-get) …`)
    await run('apt-get', ['update', '-qq'])
    await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages])
  }
  const still = missing()
  if (still.length > 0) {
    const text = `The tests also want ${still.join(' and ')}. Remedy: sudo apt-get install ${still.join(' ')}`
    if (process.env.CI === 'true') {
      console.error(text)
      process.exit(1)
    }
    console.warn(`${text}. Tests of those parts are left out and listed as skipped.`)
  }
}
