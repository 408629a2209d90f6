// `tipfy dev`: one process watches the files, another serves them. After a change a new process starts and takes over when it is
// ready, while the old one finishes its requests: none is lost. Errors in new code appear in the terminal while the old code
// still runs, or on the page if no process does.
import cluster from 'node:cluster'
import { join } from 'node:path'
import { makeLog } from '../internal/log.ts'
import { Workers } from '../server/workers.ts'
import { keepRecordings } from './console/sharing.ts'
import type { FileMessage } from './reload-report.ts'
import { watchFiles } from './reload-watch.ts'

/** Messages of a worker, beside that it is ready. */
export type DevMessage =
  | FileMessage
  /** The application cannot start; the worker serves a page that says why. */
  | { tipfy: 'broken' }
  /** An error was not caught: another process has to take over. */
  | { tipfy: 'uncaught' }
  /** The rules by the file of their handler. */
  | { tipfy: 'handlers'; rules: Record<string, string[]> }

/** Files that count although no code may have asked for them yet. */
const ownFiles = ['package.json', '.env', '.env.local', '.env.development', '.env.development.local']

/** The module that a worker loads first. */
const report = new URL(`./reload-report.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url)

/** Milliseconds that a replaced process has for its last requests. */
const patience = 15_000

/** Milliseconds: a process that fails this `soon` after its start is replaced after a `pause`. */
const [soon, pause] = [5000, 1000]

export interface Supervisor {
  readonly url: string
  readonly sessions: string
  close(): Promise<void>
}

/**
 * Starts this program again as a worker, and again after every change of a file that it uses.
 *
 * @param print shows a line
 */
export async function supervise(root: string, print: (line: string) => void): Promise<Supervisor> {
  let rules: Record<string, string[]> = {}
  let isStarted = false
  let reloading = false
  let broken = false
  let uncaught = false
  let began = performance.now()
  const changed = new Set<string>()
  const onChange = (files: string[]) => {
    for (const file of files) changed.add(file)
    reloadUnlessReloading()
  }
  const watch = watchFiles(root, onChange, (error) => print(error.message))
  for (const file of ownFiles) watch.use(join(root, file))
  cluster.setupPrimary({ execArgv: ['--import', report.href, ...process.execArgv] })
  cluster.on('message', (_, message: DevMessage) => {
    if (message.tipfy === 'used') watch.use(message.file, message.state)
    if (message.tipfy === 'written') watch.ignore(message.file)
    if (message.tipfy === 'broken') broken = true
    if (message.tipfy === 'handlers') rules = message.rules
    if (message.tipfy === 'uncaught') {
      uncaught = true
      if (performance.now() - began > soon) reloadUnlessReloading()
      else setTimeout(reloadUnlessReloading, pause).unref()
    }
  })
  keepRecordings()
  const workers = new Workers({ ...makeLog({ dev: true, level: 'info' }), info: () => {} }, patience)
  const { url, sessions } = await workers.start(1)
  isStarted = true
  reloadUnlessReloading()

  async function reload(): Promise<void> {
    reloading = true
    while (changed.size > 0 || uncaught) {
      const files = [...changed].map((file) => described(file, rules))
      const why = files.length === 0 ? 'an uncaught error' : files.join(', ')
      changed.clear()
      broken = false
      uncaught = false
      began = performance.now()
      await workers.reload({ wait: false })
      const took = ((performance.now() - began) / 1000).toFixed(2)
      if (!broken) print(`Reloaded in ${took} s: ${why}`)
    }
  }
  function reloadUnlessReloading(): void {
    if (!isStarted || reloading) return
    reload()
      .catch((error: Error) => print(`Not reloaded: ${error.message}`))
      .finally(() => {
        reloading = false
      })
  }
  return {
    url,
    sessions,
    close() {
      watch.close()
      return workers.close()
    },
  }
}

/** Describes a file, with the rules whose handler it holds. */
function described(file: string, rules: Record<string, string[]>): string {
  const own = rules[file]
  return own === undefined ? file : `${file} (handler of ${own.join(', ')})`
}
