// Makes a project outside this repository that depends on this very checkout, packed: `npm run new -- ../my-shop`.
// Takes the questions and options of `tipfy init`. Paths count from the folder in which the command was typed.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { makeProgram } from '../lib/cli/program.ts'
import { useWritableCache } from './npm-cache.js'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const typedIn = process.env.INIT_CWD ?? process.cwd()
const world = mkdtempSync(join(tmpdir(), 'tipfy-new-'))
process.on('exit', () => rmSync(world, { recursive: true }))

function run(command, args, cwd, stdio) {
  const { status } = spawnSync(command, args, { cwd, stdio })
  if (status !== 0) process.exit(status ?? 1)
}

/** Prints the help, or the first mistake of the command line, and exits: packing takes its time. */
async function checkOptions(args) {
  const init = makeProgram()
    .name('npm run')
    .commands.find((command) => command.name() === 'init')
  try {
    await init
      .name('new --')
      .action(() => {})
      .parseAsync(args, { from: 'user' })
  } catch (error) {
    if (error.exitCode === 0) process.exit(0)
    console.error(`${error.message.replace(/^error: /, '')}. Write, for example: npm run new -- ../my-shop`)
    console.error('All options: npm run new -- --help')
    process.exit(2)
  }
}

/** Tells whether the Node of this machine, not that of node_modules/, is missing or too old to run tipfy. */
function needsNode() {
  const path = (process.env.PATH ?? '').split(delimiter).filter((folder) => !folder.includes('node_modules'))
  const env = { ...process.env, PATH: path.join(delimiter) }
  const version = spawnSync('node', ['--version'], { env, encoding: 'utf8' }).stdout ?? ''
  const [major = 0, minor = 0] = version.replace('v', '').split('.').map(Number)
  return major < 22 || (major === 22 && minor < 18)
}

await checkOptions(process.argv.slice(2))
useWritableCache()
console.log('Packing this checkout (npm pack) …')
run('npm', ['pack', '--loglevel=error', '--pack-destination', world], root, ['ignore', 'ignore', 'inherit'])
const tarball = join(world, readdirSync(world)[0])
const bin = join(root, 'dist/cli/bin.js')
const more = ['--tarball', tarball, '--install']
if (needsNode()) {
  console.log('The Node of this machine is older than 22.18: the project brings its own, as this checkout does.')
  more.push('--node', join(root, 'tools/node'))
}
run(process.execPath, [bin, 'init', ...process.argv.slice(2), ...more], typedIn, 'inherit')
