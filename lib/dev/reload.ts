// `tipfy dev`: one process watches the code, another serves it. On a change a new one is started, and takes over when it is
// ready; the old one finishes what it has begun. So no request is lost, and what is wrong with new code is told while the
// old still runs, or, once there is none, in the page itself.
import cluster from 'node:cluster'
import { makeLog } from '../internal/log.ts'
import { Workers } from '../server/workers.ts'
import { keepRecordings } from './console/sharing.ts'
import { watchCode } from './reload-watch.ts'

/** What a worker tells besides that it is ready. */
export type DevMessage =
  /** Why the application cannot start; it serves a page that says so. */
  | { tipfy: 'broken' }
  /** An error that nobody caught: another process is to take its place. */
  | { tipfy: 'uncaught' }
  /** The rules by the file of their handler. */
  | { tipfy: 'handlers'; rules: Record<string, string[]> }

/** Milliseconds that a process which was replaced has for its last requests. */
const patience = 15_000

/** Milliseconds: one that fails so soon after the last start is not replaced before `pause` is over. */
const [soon, pause] = [5000, 1000]

export interface Supervisor {
  readonly url: string
  readonly sessions: string
  close(): Promise<void>
}

/**
 * Starts this program again as a worker, and anew on every change below `root`.
 *
 * @param tell shows a line
 */
export async function supervise(root: string, tell: (line: string) => void): Promise<Supervisor> {
  let rules: Record<string, string[]> = {}
  let broken = false
  let uncaught = false
  let began = performance.now()
  cluster.on('message', (_, message: DevMessage) => {
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

  const changed = new Set<string>()
  let reloading = false
  async function reload(): Promise<void> {
    reloading = true
    while (changed.size > 0 || uncaught) {
      const files = [...changed].map((file) => described(file, rules))
      const why = files.length === 0 ? 'an error that nobody caught' : files.join(', ')
      changed.clear()
      broken = false
      uncaught = false
      began = performance.now()
      await workers.reload({ wait: false })
      const took = ((performance.now() - began) / 1000).toFixed(2)
      if (!broken) tell(`Reloaded in ${took} s: ${why}`)
    }
  }
  function reloadUnlessReloading(): void {
    if (reloading) return
    reload()
      .catch((error: Error) => tell(`Not reloaded: ${error.message}`))
      .finally(() => {
        reloading = false
      })
  }
  const watch = watchCode(root, (files) => {
    for (const file of files) changed.add(file)
    reloadUnlessReloading()
  })
  return {
    url,
    sessions,
    close() {
      watch.close()
      return workers.close()
    },
  }
}

/** A file, with the rules whose handler it holds. */
function described(file: string, rules: Record<string, string[]>): string {
  const own = rules[file]
  return own === undefined ? file : `${file} (handler of ${own.join(', ')})`
}
