// Runs commander; mistakes in the command line are reported in one line.
import { type Command, CommanderError } from 'commander'
import { describeFailure, UsageError } from './failure.ts'
import { printError } from './output.ts'
import { makeProgram } from './program.ts'

/** Describes commander's error in one line that names the help to read. */
function usageOf(error: CommanderError, names: readonly string[], { commands }: Command): string {
  const text =
    error.code === 'commander.help'
      ? `missing command: ${commands.map((command) => command.name()).join(', ')}`
      : error.message.replace(/^error: /, '').replace(/\s*\n\s*/g, ' ')
  return describeFailure(new UsageError(`${text.replace(/\.?$/, '.')} See: ${names.join(' ')} --help`))
}

/** Runs the command of `argv`; exits with 2 if there is none. Throws what the command throws. */
export async function runCommandLine(argv: string[]): Promise<void> {
  const program = makeProgram()
  try {
    await program.parseAsync(argv)
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0) return
    const [names, command] = commandOf(program, argv)
    // `tipfy` alone: commander has printed the help already.
    if (command !== program || error.code !== 'commander.help') {
      printError(usageOf(error, names, command))
    }
    process.exit(2)
  }
}

/** Finds the command of `argv`, and the words that ask for its help. */
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
