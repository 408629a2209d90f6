// The command line: how commands are started, and how they end. Exit status: 0, 1 (it failed), 2 (wrong usage).
import cluster from 'node:cluster'
import type { WorkerFailure } from '../server/workers.ts'
import { describeFailure, reportFailure, UsageError } from './failure.ts'

/** Keeps back the warning that Node puts before an error which says the same, with its remedy: TIPFY_E_MODULE_TYPE. */
function quietWarnings(): void {
  const listeners = process.listeners('warning')
  process.removeAllListeners('warning')
  process.on('warning', (warning) => {
    if (warning.message.startsWith('Failed to load the ES module')) return
    for (const listener of listeners) listener(warning)
  })
}

async function run(argv: string[]): Promise<void> {
  // As servers start it. It needs no parser of options, which would stay in memory: 1.8 MB.
  if (argv.length === 3 && argv[2] === 'serve') await (await import('./serve.ts')).serveCommand({})
  else await (await import('./command-line.ts')).runCommandLine(argv)
}

/** Runs the command line that `argv` is. */
export async function main(argv: string[]): Promise<void> {
  quietWarnings()
  try {
    await run(argv)
  } catch (error) {
    const status = error instanceof UsageError ? 2 : 1
    const withStack = argv.includes('--stack')
    if (cluster.isWorker && !withStack) {
      // The process that started this one says it, once for all.
      const line = describeFailure(error).replace(/^tipfy: /, '')
      process.send!({ tipfy: 'failed', line } satisfies WorkerFailure, () => process.exit(status))
      return
    }
    reportFailure(error, withStack)
    process.exit(status)
  }
}
