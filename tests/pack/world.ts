// The package as others get it: packed, installed in a folder far from this repository, and run with npm and npx.
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

export const repository = join(import.meta.dirname, '../..')
/** The folder of everything; removed at the end. */
export const world = mkdtempSync(join(tmpdir(), 'tipfy-pack-'))

// The Node to try is that of the tests, or the one that tools/test-nodes.js names. Certificates of a company are kept: the
// registry may be behind them.
const nodeFolder = process.env.TEST_NODE ?? dirname(process.execPath)
const inherited = Object.entries(process.env).filter(
  ([name]) => !/^(npm_|NODE_(?!EXTRA_CA)|JEST_|FORCE_COLOR)/i.test(name),
)
export const env: Record<string, string | undefined> = {
  ...Object.fromEntries(inherited),
  PATH: [nodeFolder, process.env.PATH].join(delimiter),
  CI: 'true',
}

export interface Outcome {
  status: number
  stdout: string
  stderr: string
}

/** Runs a program to its end; never rejects. */
export async function execute(command: string, args: string[], cwd = world, more = {}): Promise<Outcome> {
  try {
    const { stdout, stderr } = await run(command, args, { cwd, env: { ...env, ...more }, maxBuffer: 1 << 26 })
    return { status: 0, stdout, stderr }
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string }
    return { status: code, stdout, stderr }
  }
}

/** The same, where a failure is the test's. */
export async function succeed(command: string, args: string[], cwd = world, more = {}): Promise<string> {
  const { status, stdout, stderr } = await execute(command, args, cwd, more)
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}:\n${stdout}\n${stderr}`)
  return stdout
}

/** Builds and packs the repository; gives the tarball. */
export async function pack(): Promise<string> {
  // Not by npm's scripts, which would bring node_modules up to date below the running tests.
  await succeed('node', ['tools/clean.js', 'dist'], repository)
  await succeed('node_modules/.bin/tsc', ['-p', 'tsconfig.build.json'], repository)
  await succeed('npm', ['pack', '--ignore-scripts', '--loglevel=error', '--pack-destination', world], repository)
  return join(world, readdirSync(world).find((name) => name.endsWith('.tgz'))!)
}

/** Makes a project with `tipfy init`, run from the repository, and installs it with the packed tarball. */
export async function initProject(tarball: string, name: string, ...options: string[]): Promise<string> {
  await succeed('node', [join(repository, 'dist/cli/bin.js'), 'init', name, ...options])
  const folder = join(world, name)
  const file = join(folder, 'package.json')
  const json = JSON.parse(readFileSync(file, 'utf8')) as { dependencies: { tipfy: string } }
  json.dependencies.tipfy = `file:${tarball}`
  writeFileSync(file, JSON.stringify(json, null, 2))
  // A connection to the registry that says nothing holds npm for five minutes.
  const patience = ['--prefer-offline', '--fetch-timeout=60000']
  await succeed('npm', ['install', ...patience, '--no-audit', '--no-fund', '--loglevel=error'], folder)
  return folder
}

const servers: ChildProcess[] = []

/** Starts a server and gives its port once it says where it listens. */
export async function serve(command: string, args: string[], cwd: string, more = {}): Promise<Served> {
  const port = await freePort()
  const child = spawn(command, args, {
    cwd,
    // A group of its own: npm and npx start the program below themselves.
    detached: true,
    env: { ...env, PORT: String(port), ...more },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  servers.push(child)
  let output = ''
  await new Promise<void>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text
        if (output.includes('Sessions: ')) resolve()
      })
    }
    child.once('exit', (code) => reject(new Error(`${command} ${args.join(' ')} ended with ${code}:\n${output}`)))
  })
  return { port, output: () => output, stop: () => stop(child) }
}

export interface Served {
  port: number
  output(): string
  /** Its exit status: null if a signal ended it. */
  stop(): Promise<number | null>
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

async function stop(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
  const exited = once(child, 'exit')
  process.kill(-child.pid!, 'SIGTERM')
  return (await exited)[0]
}

/** Ends and removes everything. */
export async function leaveWorld(): Promise<void> {
  await Promise.all(servers.map(stop))
  rmSync(world, { recursive: true, force: true })
}
