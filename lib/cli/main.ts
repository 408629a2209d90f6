// The start and end of every command. Exit status: 0, 1 (it failed), 2 (wrong usage).
import cluster from 'node:cluster'
import type { WorkerFailure } from '../server/workers.ts'
import { describeFailure, reportFailure, UsageError } from './failure.ts'

/** Hides Node's warning before an error that says the same, with its remedy: TIPFY_E_MODULE_TYPE. */
function quietWarnings(): void {
  const listeners = process.listeners('warning')
  process.removeAllListeners('warning')
  process.on('warning', (warning) => {
    if (warning.message.startsWith('Failed to load the ES module')) return
    for (const listener of listeners) listener(warning)
  })
}

async function run(argv: string[]): Promise<void> {
  // The usual start of a server does without a parser of options, which would stay in memory: 1.8 MB.
  if (argv.length === 3 && argv[2] === 'serve') await (await import('./serve.ts')).serveCommand({})
  else await (await import('./command-line.ts')).runCommandLine(argv)
}

/** Runs the command line `argv`. */
export async function main(argv: string[]): Promise<void> {
  quietWarnings()
  try {
    await run(argv)
  } catch (error) {
    const status = error instanceof UsageError ? 2 : 1
    const withStack = argv.includes('--stack')
    if (cluster.isWorker && !withStack) {
      // The primary process reports it, once for all workers.
      const line = describeFailure(error).replace(/^tipfy: /, '')
      process.send!({ tipfy: 'failed', line } satisfies WorkerFailure, () => process.exit(status))
      return
    }
    reportFailure(error, withStack)
    process.exit(status)
  }
}
