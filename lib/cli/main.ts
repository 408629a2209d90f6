// The commands of `tipfy`, one file each, imported when asked for.
import { Command, CommanderError, InvalidArgumentError } from 'commander'

function port(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 0 || value > 65_535) {
    throw new InvalidArgumentError('a port is a number from 0 to 65535')
  }
  return value
}

function count(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('want a whole number from 1')
  return value
}

function program(): Command {
  const tipfy = new Command('tipfy').description('A small web framework for Node').exitOverride()
  tipfy
    .command('serve')
    .description('serve the application in this folder')
    .option('--port <number>', 'default: $PORT, else 8080', port)
    .option('--host <address>', 'default: loopback in development, else every address')
    .option('--workers <number>', 'processes that share the work', count)
    .action(async (options) => (await import('./serve.ts')).serveCommand(options))
  tipfy
    .command('datastore')
    .description('serve a local Datastore to any Datastore client (DATASTORE_EMULATOR_HOST)')
    .option('--port <number>', 'default: 8081', port)
    .option('--host <address>', 'default: 127.0.0.1; whoever reaches it may read and write everything')
    .option('--data <folder>', 'where the data lies, .tipfy by default')
    .option('--memory', 'keep nothing')
    .action(async (options) => (await import('./datastore.ts')).datastoreCommand(options))
  for (const command of tipfy.commands) command.exitOverride()
  return tipfy
}

/** Runs the command line. Exit status: 0, 1 (it failed), 2 (wrong usage); an error is one line, with its remedy. */
export async function main(argv: string[]): Promise<void> {
  try {
    await program().parseAsync(argv)
  } catch (error) {
    if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? 0 : 2)
    const known = String((error as { code?: unknown }).code).startsWith('TIPFY_E_')
    console.error(known ? `tipfy: ${(error as Error).message}` : error)
    process.exit(1)
  }
}
