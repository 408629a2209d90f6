// Runs the tests of other runtimes, Deno and Bun, which it fetches from the npm registry into a folder of its own. One that cannot
// be had is reported as not run: `npm run test:runtimes`
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const folder = mkdtempSync(join(tmpdir(), 'tipfy-runtimes-'))
const found = {}
const missing = []
for (const name of ['deno', 'bun']) {
  const home = join(folder, name)
  mkdirSync(home)
  const args = ['install', '--prefix', home, '--no-audit', '--no-fund', '--loglevel=error', name]
  const bin = join(home, 'node_modules/.bin', name)
  const isInstalled = spawnSync('npm', args, { cwd: home, stdio: 'inherit' }).status === 0 && existsSync(bin)
  const version = isInstalled ? spawnSync(bin, ['--version'], { encoding: 'utf8' }) : { status: 1, stdout: '' }
  if (version.status !== 0) {
    missing.push(name)
    continue
  }
  console.log(`${name}: ${version.stdout.split('\n')[0]}`)
  found[`TEST_${name.toUpperCase()}`] = bin
}
const jest = join(root, 'node_modules/jest/bin/jest.js')
const { status } = spawnSync(process.execPath, [jest, 'tests/cli/runtimes'], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, ...found },
})
rmSync(folder, { recursive: true })
for (const name of missing) console.warn(`Not run under ${name}: it could not be installed (see above).`)
process.exit(status ?? 1)
