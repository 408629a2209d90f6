// Applications in folders of their own, which see this repository as the installed package, and the command line run there.
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

const repository = join(import.meta.dirname, '../..')

export const bin = join(repository, 'lib/cli/bin.ts')

/** Files by path; an object becomes JSON. */
export type Files = Record<string, string | object>

export const shopFiles: Files = {
  'package.json': { type: 'module', dependencies: { tipfy: '*' } },
  'config.ts': `import type { Config } from 'tipfy'
export const config: Config = { tipfy: { dev: true, accessLog: false } }
`,
  'urls.ts': `import { Rule } from 'tipfy'
export const getRules = () => [new Rule('/', { endpoint: 'home', handler: 'home:Home' })] as const
`,
  'app/home.ts': `import { RequestHandler } from 'tipfy'
export class Home extends RequestHandler {
  get() {
    return 'home'
  }
}
`,
}

const made: string[] = []

export function write(folder: string, files: Files): void {
  for (const [name, content] of Object.entries(files)) {
    const file = join(folder, name)
    mkdirSync(dirname(file), { recursive: true })
    // In one step, as a watcher would see an empty file first: two changes, where the machine is busy.
    writeFileSync(`${file}.part`, typeof content === 'string' ? content : JSON.stringify(content))
    renameSync(`${file}.part`, file)
  }
}

/** A folder with the files of a small application, `files` over them. */
export function project(files: Files = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'tipfy-project-'))
  made.push(folder)
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(repository, join(folder, 'node_modules/tipfy'))
  write(folder, { ...shopFiles, ...files })
  return folder
}

/** Removes what `project` made. */
export function removeProjects(): void {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true })
}

export interface Outcome {
  status: number | null
  stdout: string
  stderr: string
}

export interface RunOptions {
  cwd: string
  env?: Record<string, string | undefined>
  /** Node's own options. */
  flags?: readonly string[]
  uid?: number
  /** Ended when it has written this. */
  until?: RegExp
}

/** Runs `node file …args` to its end. */
export function run(
  file: string,
  args: readonly string[],
  { cwd, env, flags = ['-C', 'tipfy-source'], uid, until }: RunOptions,
): Promise<Outcome> {
  const child = spawn(process.execPath, [...flags, '--disable-warning=ExperimentalWarning', file, ...args], {
    cwd,
    uid,
    // jest's own options (vm modules), and its colours, are no business of the child.
    env: { ...process.env, NODE_OPTIONS: '', FORCE_COLOR: undefined, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const outcome: Outcome = { status: null, stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      outcome[name] += text
      if (until?.test(outcome[name])) child.kill()
    })
  }
  return new Promise((resolve) => {
    child.on('close', (status) => resolve({ ...outcome, status }))
  })
}

/** Runs `tipfy …args` in a folder. */
export const tipfy = (args: readonly string[], options: RunOptions): Promise<Outcome> => run(bin, args, options)
