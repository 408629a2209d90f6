import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterAll, beforeEach, describe, expect, test } from '@jest/globals'
import { type Answers, askAll } from '../../lib/cli/init/questions.ts'
import { bin, run, tipfy } from '../support/project.ts'

// The projects that it makes are installed, started and tested in tests/pack.

const world = mkdtempSync(join(tmpdir(), 'tipfy-init-'))
let cwd: string
beforeEach(() => {
  cwd = mkdtempSync(join(world, 'x-'))
})
afterAll(() => rmSync(world, { recursive: true }))

test('without a terminal it asks nothing, and says what it made and what to do next', async () => {
  const { status, stdout, stderr } = await tipfy(['init', 'My Shop!'], { cwd })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  expect(stdout).toBe(`Made My Shop!: a shopping cart, datastore sessions, no cache, no login, TypeScript.
Now: cd 'My Shop!' && npm install && npm start
`)
  expect(JSON.parse(readFileSync(join(cwd, 'My Shop!/package.json'), 'utf8'))).toMatchObject({ name: 'my-shop' })
})

test('the help says what --yes chooses, in words that tell one none from another', async () => {
  const { stdout } = await tipfy(['init', '--help'], { cwd })
  expect(stdout.replace(/\s+/g, ' ')).toContain(
    'ask nothing: a shopping cart, datastore sessions, no cache, no login, TypeScript by default',
  )
})

test.each([
  ['datastore', 'in Datastore', /getDatastore/],
  ['cookie', 'in a file: in production use a database', /writeFileSync/],
])('users are kept where the sessions let them: %s', async (sessions, where, code) => {
  await tipfy(['init', 'shop', '--login', 'password', '--sessions', sessions], { cwd })
  const readme = readFileSync(join(cwd, 'shop/README.md'), 'utf8')
  expect(readme).toContain(`\`app/users\` keeps them ${where}`)
  expect(readme).toContain('The documentation is in `node_modules/tipfy/docs/`')
  expect(readFileSync(join(cwd, 'shop/app/users.ts'), 'utf8')).toMatch(code)
})

test('it takes an empty folder, and one in which git has begun', async () => {
  mkdirSync(join(cwd, '.git'))
  const { status, stdout } = await tipfy(['init', '.', '--language', 'js', '--example', 'bare'], { cwd })
  expect({ status, last: stdout.split('\n').at(-2) }).toEqual({ status: 0, last: 'Now: npm install && npm start' })
  expect(readdirSync(cwd).sort()).toEqual(
    [
      '.dockerignore',
      '.gcloudignore',
      '.git',
      '.github',
      '.gitignore',
      'Dockerfile',
      'README.md',
      'app',
      'app.yaml',
      'config.js',
      'package.json',
      'pnpm-workspace.yaml',
      'tests',
      'urls.js',
    ].sort(),
  )
})

test('it takes a new repository, and keeps its README and its licence', async () => {
  mkdirSync(join(cwd, '.git'))
  const kept = ['README.md', 'LICENSE.txt', '.gitattributes', '.editorconfig', 'CONTRIBUTING.md', '.DS_Store']
  for (const name of kept) writeFileSync(join(cwd, name), 'mine')
  for (const folder of ['.github/workflows', '.vscode']) mkdirSync(join(cwd, folder), { recursive: true })
  writeFileSync(join(cwd, '.github/workflows/ci.yml'), 'mine')
  writeFileSync(join(cwd, '.gitignore'), 'dist/\nnode_modules/')
  expect(await tipfy(['init', '.'], { cwd })).toMatchObject({ status: 0, stderr: '' })
  for (const name of [...kept, '.github/workflows/ci.yml']) expect(readFileSync(join(cwd, name), 'utf8')).toBe('mine')
  expect(readFileSync(join(cwd, '.gitignore'), 'utf8')).toBe(
    'dist/\nnode_modules/\n.tipfy/\n.env\n.env.*\n!.env.example\n',
  )
})

test('secrets in .env files are in no repository, image or upload', async () => {
  await tipfy(['init', 'shop'], { cwd })
  for (const name of ['.gitignore', '.dockerignore', '.gcloudignore']) {
    expect(readFileSync(join(cwd, 'shop', name), 'utf8').split('\n')).toEqual(
      expect.arrayContaining(['.env', '.env.*']),
    )
  }
})

test('a packed tipfy, and a package that brings Node, lie in the project that depends on them', async () => {
  writeFileSync(join(cwd, 'tipfy-1.2.3.tgz'), 'packed')
  mkdirSync(join(cwd, 'runtime'))
  writeFileSync(join(cwd, 'runtime/package.json'), '{}')
  const options = ['--tarball', 'tipfy-1.2.3.tgz', '--node', 'runtime', '--language', 'js']
  expect(await tipfy(['init', 'shop', ...options], { cwd })).toMatchObject({ status: 0 })
  expect(JSON.parse(readFileSync(join(cwd, 'shop/package.json'), 'utf8'))).toMatchObject({
    dependencies: { tipfy: 'file:vendor/tipfy-1.2.3.tgz' },
    devDependencies: { 'node-runtime': 'file:vendor/node' },
  })
  expect(readFileSync(join(cwd, 'shop/vendor/tipfy-1.2.3.tgz'), 'utf8')).toBe('packed')
  expect(readdirSync(join(cwd, 'shop/vendor/node'))).toEqual(['package.json'])
  expect(readFileSync(join(cwd, 'shop/Dockerfile'), 'utf8')).toContain('COPY vendor vendor\nRUN npm ci')
})

test.each([
  ['password', 'ts', 'cart'],
  ['password', 'js', 'bare'],
  ['google', 'ts', 'bare'],
  ['google', 'js', 'cart'],
])('a project with a login by %s in %s passes its tests', async (login, language, example) => {
  const options = ['--login', login, '--language', language, '--example', example, '--sessions', 'cookie']
  expect(await tipfy(['init', 'shop', ...options], { cwd })).toMatchObject({ status: 0 })
  mkdirSync(join(cwd, 'shop/node_modules'))
  symlinkSync(join(import.meta.dirname, '../..'), join(cwd, 'shop/node_modules/tipfy'))
  const outcome = await run(`tests/home.test.${language}`, [], { cwd: join(cwd, 'shop') })
  expect(outcome).toMatchObject({ status: 0, stdout: expect.stringMatching(/fail 0/) })
  const pages = ['home', 'layout', 'login'].map((name) =>
    readFileSync(join(cwd, `shop/app/${name}.${language}`), 'utf8'),
  )
  expect(pages[0]).toContain('<a href="/login">')
  expect(pages.map((text) => text.includes('<style>'))).toEqual([false, true, false])
  const { dependencies } = JSON.parse(readFileSync(join(cwd, 'shop/package.json'), 'utf8'))
  expect('openid-client' in dependencies).toBe(login === 'google')
})

test.each([
  ['valkey', 'ts', 'CACHE=valkey://host:6379'],
  ['memcached', 'js', 'CACHE=memcached://host:11211'],
])('a project with a cache in %s and %s reads its address from a variable, and passes its tests without', async (cache, language, named) => {
  const made = await tipfy(['init', 'shop', '--cache', cache, '--language', language], { cwd })
  expect(made.stdout.toLowerCase()).toContain(`datastore sessions, a cache in ${cache}, no login`)
  const [config, readme] = [`config.${language}`, 'README.md'].map((name) =>
    readFileSync(join(cwd, 'shop', name), 'utf8'),
  )
  expect(config).toContain(' cache: process.env.CACHE ?? null,')
  expect(readme).toContain(named)
  mkdirSync(join(cwd, 'shop/node_modules'))
  symlinkSync(join(import.meta.dirname, '../..'), join(cwd, 'shop/node_modules/tipfy'))
  const outcome = await run(`tests/home.test.${language}`, [], { cwd: join(cwd, 'shop') })
  expect(outcome).toMatchObject({ status: 0, stdout: expect.stringMatching(/fail 0/) })
})

test('a project without a cache says how to add one, where its sessions can have one', async () => {
  for (const sessions of ['datastore', 'cookie']) {
    await tipfy(['init', sessions, '--sessions', sessions], { cwd })
    const [config, readme] = ['config.ts', 'README.md'].map((name) => readFileSync(join(cwd, sessions, name), 'utf8'))
    expect(config).not.toContain('cache')
    expect(/`cache: 'valkey:/.test(readme!)).toBe(sessions === 'datastore')
  }
  expect(await tipfy(['init', 'both', '--sessions', 'cookie', '--cache', 'valkey'], { cwd })).toEqual({
    status: 2,
    stdout: '',
    stderr: 'tipfy: --cache is for datastore sessions. See: tipfy init --help\n',
  })
})

test('pnpm and npm know the install script that is not needed, where there is one', async () => {
  for (const sessions of ['datastore', 'cookie']) {
    await tipfy(['init', sessions, '--sessions', sessions], { cwd })
    const { allowScripts } = JSON.parse(readFileSync(join(cwd, sessions, 'package.json'), 'utf8'))
    const forPnpm = readdirSync(join(cwd, sessions)).includes('pnpm-workspace.yaml')
    expect([allowScripts?.protobufjs, forPnpm]).toEqual(sessions === 'datastore' ? [false, true] : [undefined, false])
  }
})

describe('npm run new', () => {
  const tool = join(import.meta.dirname, '../../tools/new.js')

  test('tells its options without packing anything', async () => {
    const { status, stdout, stderr } = await run(tool, ['--help'], { cwd })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toMatch(/^Usage: npm run new -- \[options\] <folder>\n/)
    expect(stdout).toContain('--sessions <kind>')
    expect(stdout).not.toContain('Packing')
  })

  test.each([
    [[], /missing required argument 'folder'/],
    [['shop', '--sesions', 'cookie'], /unknown option '--sesions'/],
    [['shop', '--sessions', 'redis'], /'redis' is invalid/],
    [['shop', '--sessions', 'cookie', '--cache', 'valkey'], /--cache is for datastore sessions/],
    [['shop', 'other'], /too many arguments/],
  ])('finds the mistake in %j before it packs anything', async (args, mistake) => {
    const { status, stdout, stderr } = await run(tool, args, { cwd })
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(stderr).toMatch(mistake)
    expect(stderr).toContain('npm run new -- --help')
  })
})

test('it writes over nothing', async () => {
  writeFileSync(join(cwd, 'file'), 'mine')
  const told = (folder: string, why: string) => ({
    status: 1,
    stdout: '',
    stderr: `tipfy: No project can be made in ${folder}: ${why}. Name a folder that is new or empty, where this user may write.\n`,
  })
  expect(await tipfy(['init', '.'], { cwd })).toEqual(told(cwd, 'it holds file'))
  expect(await tipfy(['init', 'file'], { cwd })).toEqual(told(join(cwd, 'file'), 'it is a file'))
  const below = await tipfy(['init', 'file/shop'], { cwd })
  expect(below).toMatchObject({
    status: 1,
    stderr: expect.stringContaining(`No project can be made in ${cwd}/file/shop: ENOTDIR`),
  })
  expect(readFileSync(join(cwd, 'file'), 'utf8')).toBe('mine')
})

describe('at a terminal', () => {
  /** Runs the command at a terminal of its own, which `script` gives it, and types there. */
  async function atTerminal(...typed: [question: string, keys: string][]) {
    const command = `"${process.execPath}" -C tipfy-source --disable-warning=ExperimentalWarning "${bin}" init shop`
    const child = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
      cwd,
      env: { ...process.env, NODE_OPTIONS: '', SHELL: '/bin/sh', TERM: 'xterm' },
    })
    let shown = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      shown += text
      if (typed[0] !== undefined && shown.includes(typed[0][0])) child.stdin.write(typed.shift()![1])
    })
    const [status] = await once(child, 'close')
    return { status, shown }
  }

  test('the command asks on it, and writes what was answered', async () => {
    const typed: [string, string][] = [
      ['[cart]: ', 'bare\n'],
      ['[datastore]: ', 'cookie\n'],
      ['[none]: ', 'password\n'],
      ['[ts]: ', 'js\n'],
    ]
    expect(await atTerminal(...typed)).toEqual({
      status: 0,
      shown: expect.stringContaining('Made shop: one page, cookie sessions, login by password, JavaScript.'),
    })
    expect(readdirSync(join(cwd, 'shop/app'))).toEqual(['home.js', 'layout.js', 'login.js', 'users.js'])
    expect(readFileSync(join(cwd, 'shop/config.js'), 'utf8')).toContain('setSecureCookieSession')
  })

  test.each([
    ['Ctrl+C', '\x03'],
    ['Ctrl+D', '\x04'],
  ])('%s makes nothing, and says so in a line of its own', async (_, key) => {
    const { status, shown } = await atTerminal(['[cart]: ', 'bare\n'], ['[datastore]: ', key])
    expect(status).toBe(1)
    expect(shown).toMatch(
      /\r\ntipfy: No project was made: the questions were not answered\. Answer them, or use --yes for the defaults\.\r\n$/,
    )
    expect(readdirSync(cwd)).toEqual([])
  })

  /** The answers when a person types these lines, and what was shown. */
  async function typed(given: Partial<Answers>, lines: string[]) {
    const input = new PassThrough()
    const output = new PassThrough()
    let shown = ''
    output.on('data', (text: Buffer) => {
      shown += text
      // The next line is typed when the next question is there.
      if (shown.endsWith(': ')) input.write(`${lines.shift()}\n`)
    })
    const answers = await askAll(given, { input, output })
    return { answers, shown }
  }

  test('every question has a default, and takes the beginning of an answer', async () => {
    const { answers, shown } = await typed({}, ['', 'c', 'g', 'JS'])
    expect(answers).toEqual({ example: 'cart', sessions: 'cookie', login: 'google', language: 'js' })
    expect(shown).toBe(
      'Begin with (cart or bare) [cart]: Keep sessions in (datastore or cookie) [datastore]: Users log in (none or password or google) [none]: Write (ts or js) [ts]: ',
    )
  })

  test('a cache that was given leaves no question where the sessions are', async () => {
    const given: Partial<Answers> = { example: 'bare', cache: 'valkey', login: 'none', language: 'ts' }
    expect(await typed(given, [])).toEqual({ answers: { ...given, sessions: 'datastore' }, shown: '' })
    const { answers, shown } = await typed({ ...given, cache: 'none' }, ['c'])
    expect([answers.sessions, shown]).toEqual(['cookie', 'Keep sessions in (datastore or cookie) [datastore]: '])
  })

  test('datastore sessions are asked for their cache', async () => {
    const { answers, shown } = await typed({ example: 'bare', login: 'none', language: 'ts' }, ['', 'v'])
    expect(answers).toMatchObject({ sessions: 'datastore', cache: 'valkey' })
    expect(shown).toBe(
      'Keep sessions in (datastore or cookie) [datastore]: Cache them in (none or valkey or memcached) [none]: ',
    )
  })

  test('what was said by an option is not asked, and what is no answer is asked again', async () => {
    const given = { example: 'bare', cache: 'none', login: 'none', language: 'ts' } as const
    const { answers, shown } = await typed(given, ['redis', 'datastore'])
    expect(answers).toEqual({ ...given, sessions: 'datastore' })
    expect(shown.match(/Keep sessions in/g)).toHaveLength(2)
  })
})
