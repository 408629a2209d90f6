// `npm run bench -- --start`: the time that an application takes from nothing to its first response, and the memory it has then.
// It is run as others run it: compiled, in a folder of its own, in production, with Node's compile cache warm.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { endWithUs } from './guard.ts'
import { median } from './measure.ts'
import { freePort } from './processes.ts'

interface Started {
  /** ms from the start of the process to the first response. */
  readonly wall: number
  /** ms of CPU until then; NaN where the system does not tell. */
  readonly cpu: number
  /** MB a moment later; NaN where the system does not tell. */
  readonly resident: number
}

const root = join(import.meta.dirname, '..')

const config = (hook: string) => `export const config = {
  tipfy: { accessLog: false, hooks: { posInitApp: ['tipfy/ext/session:${hook}'] } },
  'tipfy/ext/session': { secretKey: 'w3HsG0TzqvXKJbM5ncYf9RaLpZ2UxE7dBk4NoQ1t', datastore: 'embedded' },
}
`
const urls = `import { Rule } from 'tipfy'
export const getRules = () => [new Rule('/session-test', { endpoint: 'session', handler: 'session_test:MyHandler' })]
`
const bare = `import { createServer } from 'node:http'
createServer((_, response) => response.end('The cart is empty.')).listen(process.env.PORT, '127.0.0.1')
`

/** An application of three files, as somebody's own would be. */
function makeFolder(hook: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'tipfy-start-'))
  mkdirSync(join(folder, 'app'))
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(root, join(folder, 'node_modules/tipfy'))
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  writeFileSync(join(folder, 'config.ts'), config(hook))
  writeFileSync(join(folder, 'urls.ts'), urls)
  writeFileSync(join(folder, 'bare.mjs'), bare)
  writeFileSync(join(folder, 'app/session_test.ts'), readFileSync(join(root, 'app/session_test.ts')))
  return folder
}

/** Resolves when a server on `port` has responded. */
async function firstAnswer(port: number): Promise<void> {
  for (;;) {
    const socket = connect(port, '127.0.0.1')
    const responded = await new Promise<boolean>((resolve) => {
      socket.on('error', () => resolve(false))
      socket.on('data', () => resolve(true))
      socket.write('GET /session-test?add-product=foo HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
    })
    socket.destroy()
    if (responded) return
    await delay(2)
  }
}

function look({ pid }: ChildProcess): { cpu: number; resident: number } {
  try {
    // After the name, in parentheses, utime and stime are the 12th and 13th: in hundredths of a second.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
    const pages = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]
    return { cpu: 10 * (Number(stat[11]) + Number(stat[12])), resident: Number(pages) / 1024 }
  } catch {
    return { cpu: Number.NaN, resident: Number.NaN }
  }
}

async function start(folder: string, args: readonly string[], node: string): Promise<Started> {
  const port = await freePort()
  const env = { ...process.env, NODE_ENV: 'production', PORT: String(port) }
  const from = performance.now()
  const child = spawn(node, args, { cwd: folder, env, stdio: ['ignore', 'ignore', 'inherit'] })
  child.once('exit', endWithUs(child.pid!))
  await firstAnswer(port)
  const wall = performance.now() - from
  const { cpu } = look(child)
  await delay(300)
  const { resident } = look(child)
  child.kill()
  await once(child, 'exit')
  return { wall, cpu, resident }
}

/** Prints a line for bare node:http, and one for each kind of session. */
export async function measureStarts(node: string, times: number): Promise<void> {
  execFileSync('npm', ['run', '--silent', 'build'], { cwd: root, stdio: 'inherit' })
  console.log(`first response of an application of three files, from the start of its process (medians of ${times})`)
  console.log(`  ${''.padEnd(24)}${'ms'.padStart(8)}${'ms CPU'.padStart(10)}${'MB'.padStart(8)}`)
  const serve = ['node_modules/tipfy/dist/cli/bin.js', 'serve']
  const cases = [
    { name: 'bare node:http', hook: 'setSecureCookieSession', args: ['bare.mjs'], target: '' },
    { name: 'cookie sessions', hook: 'setSecureCookieSession', args: serve, target: '≤ 250 ms, ≤ 70 MB' },
    { name: 'datastore sessions', hook: 'setDatastoreSession', args: serve, target: '≤ 750 ms, ≤ 110 MB' },
  ]
  for (const { name, hook, args, target } of cases) {
    const folder = makeFolder(hook)
    // Twice unseen: the first fills the compile cache, which is written a second later or at the end.
    for (let time = 0; time < 2; time++) await start(folder, args, node)
    const runs: Started[] = []
    for (let time = 0; time < times; time++) runs.push(await start(folder, args, node))
    rmSync(folder, { recursive: true })
    const figure = (key: keyof Started, width: number) =>
      median(runs.map((run) => run[key]))
        .toFixed(0)
        .padStart(width)
    console.log(`  ${name.padEnd(24)}${figure('wall', 8)}${figure('cpu', 10)}${figure('resident', 8)}   ${target}`)
  }
}
