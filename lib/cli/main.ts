// The command line: what commands there are, and how they end. Exit status: 0, 1 (it failed), 2 (wrong usage).
import cluster from 'node:cluster'
import { type Command, CommanderError } from 'commander'
import type { WorkerFailure } from '../server/workers.ts'
import { describeFailure, reportFailure, UsageError } from './failure.ts'
import { makeProgram } from './program.ts'

/** What commander found wrong, in one line that says where to look. */
function usageOf(error: CommanderError, names: readonly string[], { commands }: Command): string {
  const text =
    error.code === 'commander.help'
      ? `missing command: ${commands.map((command) => command.name()).join(', ')}`
      : error.message.replace(/^error: /, '').replace(/\s*\n\s*/g, ' ')
  return describeFailure(new UsageError(`${text.replace(/\.?$/, '.')} See: ${names.join(' ')} --help`))
}

/** Keeps back the warning that Node puts before an error which says the same, with its remedy: TIPFY_E_MODULE_TYPE. */
function quietWarnings(): void {
  const listeners = process.listeners('warning')
  process.removeAllListeners('warning')
  process.on('warning', (warning) => {
    if (warning.message.startsWith('Failed to load the ES module')) return
    for (const listener of listeners) listener(warning)
  })
}

/** Runs the command line that `argv` is. */
export async function main(argv: string[]): Promise<void> {
  quietWarnings()
  const program = makeProgram()
  try {
    await program.parseAsync(argv)
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return
      const [names, command] = commandOf(program, argv)
      // `tipfy` alone: commander has printed the help already.
      if (command !== program || error.code !== 'commander.help') {
        process.stderr.write(`${usageOf(error, names, command)}\n`)
      }
      process.exit(2)
    }
    const status = error instanceof UsageError ? 2 : 1
    const withStack = Boolean(program.opts().stack)
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

/** The command that was meant, as one would ask for its help. */
function commandOf(program: Command, argv: readonly string[]): [names: string[], command: Command] {
  const names = ['tipfy']
  let command = program
  for (const word of argv.slice(2).filter((one) => !one.startsWith('-'))) {
    const found = command.commands.find((one) => one.name() === word)
    if (found === undefined) break
    names.push(word)
    command = found
  }
  return [names, command]
}
