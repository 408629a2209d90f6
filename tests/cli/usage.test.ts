import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { project, removeProjects, tipfy } from '../support/project.ts'

let cwd = ''
beforeAll(() => {
  cwd = project()
})
afterAll(removeProjects)

// Calls of commands, their messages, and the places that these point to.
const wrong: [string, string, string][] = [
  ['srve', "unknown command 'srve' (Did you mean serve?).", 'tipfy'],
  ['--prot', "unknown option '--prot'.", 'tipfy'],
  ['serve --prot 80', "unknown option '--prot' (Did you mean --port?).", 'tipfy serve'],
  ['serve --port', "option '--port <number>' argument missing.", 'tipfy serve'],
  [
    'serve --port http',
    "option '--port <number>' argument 'http' is invalid. A port is a number from 0 to 65535.",
    'tipfy serve',
  ],
  [
    'serve --port 65536',
    "option '--port <number>' argument '65536' is invalid. A port is a number from 0 to 65535.",
    'tipfy serve',
  ],
  [
    'serve --workers 0',
    "option '--workers <number>' argument '0' is invalid. Give a whole number from 1.",
    'tipfy serve',
  ],
  ['serve app', "too many arguments for 'serve'. Expected 0 arguments but got 1: app.", 'tipfy serve'],
  ['dev --workers 2', "unknown option '--workers'.", 'tipfy dev'],
  ['routes /a /b', "too many arguments for 'routes'. Expected 1 argument but got 2: /a, /b.", 'tipfy routes'],
  ['routes cart', 'cart is not a URL: write a path like /cart, or a whole URL.', ''],
  ['check --fix', "unknown option '--fix'.", 'tipfy check'],
  ['init', "missing required argument 'folder'.", 'tipfy init'],
  [
    'init x --example shop',
    "option '--example <name>' argument 'shop' is invalid. Allowed choices are cart, bare.",
    'tipfy init',
  ],
  ['secret 32', "too many arguments for 'secret'. Expected 0 arguments but got 1: 32.", 'tipfy secret'],
  [
    'datastore --port x',
    "option '--port <number>' argument 'x' is invalid. A port is a number from 0 to 65535.",
    'tipfy datastore',
  ],
  ['sessions', 'missing command: ls, show, revoke, purge.', 'tipfy sessions'],
  ['--stack sessions', 'missing command: ls, show, revoke, purge.', 'tipfy sessions'],
  ['sessions list', "unknown command 'list' (Did you mean ls?).", 'tipfy sessions'],
  [
    'sessions ls --limit many',
    "option '--limit <number>' argument 'many' is invalid. Give a whole number from 1.",
    'tipfy sessions ls',
  ],
  ['sessions show', "missing required argument 'id'.", 'tipfy sessions show'],
  ['sessions revoke', 'Give an id, as `tipfy sessions ls` shows it, or --user <id>.', ''],
  ['sessions revoke abcd --user ann', 'Give an id, as `tipfy sessions ls` shows it, or --user <id>.', ''],
  [
    'sessions purge now',
    "too many arguments for 'purge'. Expected 0 arguments but got 1: now.",
    'tipfy sessions purge',
  ],
  [
    'completion tcsh',
    "command-argument value 'tcsh' is invalid for argument 'shell'. Allowed choices are bash, zsh, fish.",
    'tipfy completion',
  ],
]

test.concurrent.each(wrong)('`tipfy %s` is told in one line, and ends with 2', async (command, told, see) => {
  const { status, stdout, stderr } = await tipfy(command.split(' '), { cwd })
  expect({ status, stdout, stderr }).toEqual({
    status: 2,
    stdout: '',
    stderr: `tipfy: ${told}${see === '' ? '' : ` See: ${see} --help`}\n`,
  })
})

test.concurrent('tipfy alone shows the help, as an error', async () => {
  const { status, stdout, stderr } = await tipfy([], { cwd })
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
  expect(stderr).toMatch(/^Usage: tipfy \[options\] \[command\]/)
})

describe.each([
  'serve',
  'dev',
  'routes',
  'check',
  'init',
  'secret',
  'datastore',
  'sessions',
  'completion',
])('%s', (name) => {
  test.concurrent('has help', async () => {
    const { status, stdout, stderr } = await tipfy([name, '--help'], { cwd })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toMatch(new RegExp(`^Usage: tipfy ${name} `))
  })
})

test.concurrent("every command is in the help, and in every shell's completion", async () => {
  const { stdout } = await tipfy(['--help'], { cwd })
  const commands = stdout
    .split('Commands:')[1]!
    .match(/^ {2}[a-z]+/gm)!
    .map((name) => name.trim())
  expect(commands).toEqual([
    'serve',
    'dev',
    'routes',
    'openapi',
    'check',
    'init',
    'secret',
    'datastore',
    'sessions',
    'completion',
  ])
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { stdout: script, status } = await tipfy(['completion', shell], { cwd })
    expect(status).toBe(0)
    for (const name of [...commands, 'purge', shell === 'fish' ? '-l workers' : '--workers'])
      expect(script).toContain(name)
  }
})

test.concurrent('nothing is coloured unless it goes to a terminal, or colour is asked for', async () => {
  const plain = await tipfy(['routes'], { cwd })
  expect(plain.stdout).not.toContain('\x1b')
  const forced = await tipfy(['routes'], { cwd, env: { FORCE_COLOR: '1' } })
  expect(forced.stdout).toContain('\x1b')
})
