// The commands and their options, in this place only, so that help and completion cannot lag behind. The file of a command is
// imported when it runs.
import { Argument, Command, InvalidArgumentError, Option } from 'commander'
import { defaults, questions } from './init/questions.ts'
import { print } from './output.ts'
import { version } from './version.ts'

function port(text: string): number {
  const value = Number(text)
  if (!/^\d+$/.test(text) || value > 65_535) throw new InvalidArgumentError('A port is a number from 0 to 65535')
  return value
}

function count(text: string): number {
  const value = Number(text)
  if (!/^\d+$/.test(text) || value < 1) throw new InvalidArgumentError('Give a whole number from 1')
  return value
}

const collect = (value: string, earlier: string[]): string[] => [...earlier, value]

const json = () => new Option('--json', 'as one JSON document')

export function makeProgram(): Command {
  const tipfy = new Command('tipfy')
    .description('A small web framework for Node')
    .version(version, '-v, --version', 'the version of tipfy')
    .helpOption('-h, --help', 'this help')
    .helpCommand(false)
    .option('--stack', 'show the whole stack of an error')
    .configureHelp({ showGlobalOptions: true })

  tipfy
    .command('serve')
    .description('serve the application in this folder')
    .option('--port <number>', 'default: $PORT, else 8080', port)
    .option('--host <address>', 'default: loopback in development, else every address')
    .option('--workers <number>', 'processes that share the work', count)
    .action(async (options) => (await import('./serve.ts')).serveCommand(options))

  tipfy
    .command('dev')
    .description('serve it and restart on every change, with error pages and the console at /_tipfy/')
    .option('--port <number>', 'default: $PORT, else 8080', port)
    .option('--host <address>', 'default: loopback')
    .action(async (options) => (await import('./dev.ts')).devCommand(options))

  tipfy
    .command('routes')
    .description('list the rules, or find the one that matches a URL')
    .argument('[url]', 'a path, or a whole URL')
    .option('--method <name>', 'the method to ask with', 'GET')
    .addOption(json())
    .action(async (url, options) => (await import('./routes.ts')).routesCommand(url, options))

  tipfy
    .command('openapi')
    .description('write the rules, and the schemas of their handlers, as an OpenAPI 3.1 document')
    .action(async () => (await import('./openapi.ts')).openapiCommand())

  tipfy
    .command('check')
    .description('check that every rule builds and matches itself, every handler imports, every config key is known')
    .option('--cache', 'connect to the cache as well, and describe its servers')
    .addOption(json())
    .action(async (options) => (await import('./check.ts')).checkCommand(options))

  tipfy
    .command('init')
    .description('make a new project; asks for missing options at a terminal')
    .argument('<folder>', 'where to put it; must be empty or new')
    .option('-y, --yes', `ask nothing: ${defaults} by default`)
    .option('--install', 'run npm install in it')
    .addOption(new Option('--tarball <file>', 'a packed tipfy to depend on').hideHelp())
    .addOption(new Option('--node <folder>', 'a package that brings Node').hideHelp())
    .action(async (folder, options) => (await import('./init.ts')).initCommand(folder, options))
  const init = tipfy.commands.at(-1)!
  for (const { option, choices } of questions) {
    const [flags = '', description] = option.split('  ')
    init.addOption(new Option(flags, description).choices(Object.keys(choices)))
  }
  init.hook('preAction', (command) => {
    const { sessions, cache = 'none' } = command.opts()
    if (sessions === 'cookie' && cache !== 'none') command.error('error: --cache is for datastore sessions')
  })

  tipfy
    .command('secret')
    .description('make a key for config.ts: SECRET_KEY')
    .addOption(json())
    .action(async (options) => (await import('./secret.ts')).secretCommand(options))

  tipfy
    .command('datastore')
    .description('run a local Datastore for any Datastore client')
    .option('--port <number>', 'where to listen', port, 8081)
    .option('--host <address>', 'where to listen', '127.0.0.1')
    .option('--data <folder>', 'where to keep the data', '.tipfy')
    .option('--memory', 'keep nothing')
    .addOption(
      new Option('--concurrency <mode>', 'how transactions that meet are kept apart; pessimistic for new data').choices(
        ['pessimistic', 'optimistic', 'optimistic-with-entity-groups'],
      ),
    )
    .option('--allow-host <name>', 'a host name that HTTP requests may carry; repeatable', collect, [])
    .action(async (options) => (await import('./datastore.ts')).datastoreCommand(options))

  addSessions(tipfy.command('sessions').description('look at the stored sessions, and end them'))

  tipfy
    .command('completion')
    .description('print a script that completes commands and options; see its first lines for where it goes')
    .addArgument(new Argument('<shell>').choices(['bash', 'zsh', 'fish']))
    .action(async (shell) => (await import('./completion.ts')).completionCommand(shell, makeProgram()))

  quiet(tipfy)
  return tipfy
}

function addSessions(sessions: Command): void {
  // Without a command commander would show the whole help: command-line.ts lists the commands in one line.
  sessions.helpCommand(false).configureOutput({ writeErr: () => {} })
  sessions
    .command('ls')
    .description('list the live sessions')
    .option('--user <id>', 'only those of one user')
    .option('--all', 'expired and ended ones too')
    .option('--limit <number>', 'at most this number', count, 100)
    .addOption(json())
    .action(async (options) => (await import('./sessions.ts')).listCommand(options))
  sessions
    .command('show')
    .description('show the data of a session')
    .argument('<id>', 'as `sessions ls` gives it, or its beginning')
    .addOption(json())
    .action(async (id, options) => (await import('./sessions.ts')).showCommand(id, options))
  sessions
    .command('revoke')
    .description('end one session, or all of a user')
    .argument('[id]', 'as `sessions ls` gives it, or its beginning')
    .option('--user <id>', 'all sessions of this user')
    .addOption(json())
    .action(async (id, options) => (await import('./sessions.ts')).revokeCommand(id, options))
  sessions
    .command('purge')
    .description('delete the records of sessions that have expired or ended')
    .option('--dry-run', 'only count them')
    .addOption(json())
    .action(async (options) => (await import('./sessions.ts')).purgeCommand(options))
}

// Makes commander throw instead of printing: command-line.ts reports its errors in one line.
function quiet(command: Command): void {
  command.exitOverride().configureOutput({ writeOut: (text) => print(text.trimEnd()), outputError: () => {} })
  for (const sub of command.commands) quiet(sub)
}
