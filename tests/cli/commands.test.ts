import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Datastore } from '@google-cloud/datastore'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { makeApp } from 'tipfy'
import { createClient } from 'tipfy/testing'
import { Memcached } from '../support/memcached.ts'
import { startProgram } from '../support/process.ts'
import { bin, type Files, project, removeProjects, tipfy } from '../support/project.ts'
import { Valkey } from '../support/valkey.ts'

afterAll(removeProjects)

const run = promisify(execFile)

const rules = (...lines: string[]): Files => ({
  'urls.ts': `import { RequestHandler, Rule } from 'tipfy'
class Own extends RequestHandler { post() {} }
class Empty extends RequestHandler {}
export const getRules = () => [${lines.map((line) => `new Rule(${line})`).join(', ')}]
`,
})

describe('routes', () => {
  const files = rules(
    "'/', { endpoint: 'home', handler: 'home:Home' }",
    "'/own/<int:id>', { endpoint: 'own', handler: Own, methods: ['POST'], session: false }",
    "'/old', { endpoint: 'old', redirectTo: '/' }",
    "'/lazy', { endpoint: 'lazy', handler: () => import('./app/home.ts').then((m) => m.Home) }",
    "'/gone', { endpoint: 'gone', handler: 'nowhere:X', subdomain: 'www' }",
  )

  test('lists the rules, with the methods their classes have', async () => {
    const { status, stdout, stderr } = await tipfy(['routes'], { cwd: project(files) })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout.split('\n').map((line) => line.trimEnd())).toEqual([
      'rule           methods  endpoint  handler',
      '/              GET      home      home:Home',
      '/own/<int:id>  POST     own       class Own  no session',
      '/old           any      old                  redirects to /',
      '/lazy          GET      lazy      import(…)',
      'www./gone      any      gone      nowhere:X',
      '',
      '5 rules',
      '',
    ])
  })

  test('tells which rule takes a URL, with what, and else why none does', async () => {
    const cwd = project(files)
    const ask = async (...args: string[]) => {
      const { status, stdout } = await tipfy(['routes', '--json', ...args], { cwd })
      return { exit: status, ...JSON.parse(stdout) }
    }
    expect(await ask('/own/7', '--method', 'post')).toMatchObject({
      exit: 0,
      args: { id: 7 },
      route: { endpoint: 'own' },
    })
    expect(await ask('/own/7')).toMatchObject({ exit: 1, status: 405, allow: ['POST'] })
    expect(await ask('/lazy', '--method', 'PUT')).toMatchObject({
      exit: 1,
      status: 405,
      allow: ['GET', 'HEAD', 'OPTIONS'],
    })
    expect(await ask('/nowhere')).toMatchObject({ exit: 1, status: 404, route: null })
    expect(await ask('/old?a=1')).toMatchObject({ exit: 0, status: 308, location: 'http://localhost/' })
    expect((await tipfy(['routes', '/own/x'], { cwd })).stdout).toBe('No rule matches GET /own/x (404)\n')
  })
})

describe('openapi', () => {
  test('writes the document, and on standard error what it had to leave open', async () => {
    const cwd = project(
      rules(
        "'/own/<int:id>', { endpoint: 'own', handler: Own }",
        "'/gone', { endpoint: 'gone', handler: 'nowhere:X' }",
      ),
    )
    const { status, stdout, stderr } = await tipfy(['openapi'], { cwd })
    expect(JSON.parse(stdout)).toMatchObject({
      openapi: '3.1.1',
      paths: { '/own/{id}': { post: { operationId: 'own.post', parameters: [{ name: 'id', in: 'path' }] } } },
    })
    expect(stderr).toMatch(/^Left open: \/gone: There is no module "nowhere"/)
    expect(status).toBe(0)
  })
})

describe('check', () => {
  test('finds nothing wrong with the example', async () => {
    const cwd = new URL('../..', import.meta.url).pathname
    expect(await tipfy(['check', '--json'], { cwd })).toMatchObject({ status: 0, stderr: '' })
  })

  test('takes every converter, alias and redirect for what it is', async () => {
    const files = rules(
      "'/<int(min=30, max=39):a>/<float:b>/<uuid:c>/<any(x,yy):d>/<path:e>', { endpoint: 'a', handler: Own }",
      "'/n/<int(fixedDigits=4):a>/<string(length=2):b>', { endpoint: 'b', handler: Own, subdomain: '<tenant>' }",
      "'/page/', { endpoint: 'p', handler: Own, defaults: { n: 1 } }",
      "'/page/<int:n>', { endpoint: 'p', handler: Own }",
      "'/pages/<int:n>', { endpoint: 'p', handler: Own, alias: true }",
      "'/old/<int:n>', { endpoint: 'o', redirectTo: '/page/<n>' }",
      "'//cdn/<x>', { endpoint: 'cdn', buildOnly: true }",
    )
    const { stdout, stderr, status } = await tipfy(['check', '--json'], { cwd: project(files) })
    expect({ ...JSON.parse(stdout), stderr, status }).toEqual({
      ok: true,
      rules: 7,
      problems: [],
      stderr: '',
      status: 0,
    })
  })

  test('tells what can hardly be meant, and calls it no problem', async () => {
    const files = {
      ...rules("'/users/:id', { endpoint: 'one', handler: Own }"),
      'config.ts': "export const config = { tipfy: { appsInstalled: ['nope'] }, hooks: { posInitApp: [] } }",
    }
    const { stderr, status } = await tipfy(['check'], { cwd: project(files) })
    expect(status).toBe(0)
    expect(stderr).toMatch(/^warn: The configuration has a section 'hooks', .*: tipfy: \{ hooks: … \}$/m)
    expect(stderr).toMatch(
      /^warn: tipfy.appsInstalled names 'nope', but there is neither such a module nor nope\/urls\.$/m,
    )
    expect(stderr).toMatch(/^warn: The rule `\/users\/:id` has `:id`, .* written `<id>`$/m)
  })

  test('finds what `serve` would refuse or answer with a 500', async () => {
    const files = {
      'config.ts': `import { setSecureCookieSession } from 'tipfy/ext/session'
export const config = {
  tipfy: {
    dev: false,
    errorHandlers: { 404: 'pages:missing' },
    hooks: { posInitApp: ['tipfy/ext/session:setDatastoreSession', setSecureCookieSession] },
  },
}
`,
      'pages.ts': 'export const missing = 404\n',
      'urls.ts': `import { getConfig, Rule, staticRule } from 'tipfy'
export const getRules = () => [
  new Rule('/', { endpoint: 'home', handler: 'home:Home' }),
  new Rule(getConfig('shop', 'path'), { endpoint: 'home:Home' }),
  new Rule('/shop', { endpoint: 'home:Other' }),
  staticRule('/static', 'nowhere'),
]
`,
      'app/shop.ts': "export const defaultConfig = { path: '/shop' }\n",
      'app/home.ts': `import { RequestHandler } from 'tipfy'
export class Home extends RequestHandler { get() { return 'home' } }
export class Other extends Home {}
`,
    }
    const cwd = project(files)
    const { stdout } = await tipfy(['check', '--json'], { cwd })
    expect(JSON.parse(stdout).problems).toEqual([
      { where: 'error pages', problem: expect.stringContaining('pages:missing') },
      { where: 'sessions', problem: expect.stringMatching(/^Two hooks choose/) },
      { where: 'rule "/shop"', problem: 'its own URL /shop goes to the rule "/shop" (home:Home)' },
      { where: 'rule "/static/<path:file>"', problem: expect.stringContaining('nowhere to serve files from') },
    ])
    expect(JSON.parse((await tipfy(['routes', '--json'], { cwd })).stdout)).toHaveLength(4)
    const cookie =
      "export const config = { tipfy: { dev: false, hooks: { posInitApp: ['tipfy/ext/session:setSecureCookieSession'] } } }\n"
    const keyless = await tipfy(['check', '--json'], { cwd: project({ 'config.ts': cookie }) })
    expect(JSON.parse(keyless.stdout).problems).toEqual([
      { where: 'sessions', problem: expect.stringContaining('it is missing') },
    ])
  })

  test('finds what is wrong, all of it', async () => {
    const files = rules(
      "'/<name>', { endpoint: 'one', handler: Own }",
      "'/<other>', { endpoint: 'two', handler: 'home:Home', methods: ['POST'] }",
      "'/get', { endpoint: 'three', handler: 'home:Nothing' }",
      "'/empty', { endpoint: 'four', handler: Empty }",
      "'/missing', { endpoint: 'five', handler: 'missing:X' }",
    )
    const { stdout, stderr, status } = await tipfy(['check', '--json'], { cwd: project(files) })
    expect({ stderr, status }).toEqual({ stderr: '', status: 1 })
    expect(JSON.parse(stdout)).toEqual({
      ok: false,
      rules: 5,
      problems: [
        { where: 'rule "/<other>"', problem: 'its own URL /tipfy-check goes to the rule "/<name>" (one)' },
        { where: 'rule "/<other>"', problem: 'takes POST, and its handler has only GET, HEAD' },
        { where: 'rule "/get"', problem: expect.stringContaining('app/home.ts has no export "Nothing"') },
        { where: 'rule "/empty"', problem: 'its handler has no method: write get(), post() …' },
        { where: 'rule "/missing"', problem: expect.stringContaining('There is no module "missing"') },
      ],
    })
  })

  test('finds `input` that is not made of schemas', async () => {
    const files = rules("'/', { endpoint: 'one', handler: 'form:Form' }")
    const form = `import { RequestHandler } from 'tipfy'
export class Form extends RequestHandler {
  static input = { post: { form: { title: 'string' } } }
  post() {}
}
`
    const { stdout, status } = await tipfy(['check'], { cwd: project({ ...files, 'app/form.ts': form }) })
    expect({ stdout, status }).toEqual({
      stdout: expect.stringContaining(
        'rule "/": `input.post.form` of the handler Form is object, not a Standard Schema. Pass a schema of zod',
      ),
      status: 1,
    })
  })

  test("finds hooks that are not there, and wrong keys of the application's own modules", async () => {
    const cwd = project({
      'shop.ts': 'export const defaultConfig = { currency: "EUR" }',
      'config.ts': `export const config = {
  tipfy: { hooks: { posInitApp: ['nowhere:start'] } },
  shop: { curency: 'USD' },
}
`,
    })
    const { stdout, stderr, status } = await tipfy(['check'], { cwd })
    expect(stdout).toMatch(/^config: The configuration of shop has no key "curency"\. Did you mean "currency"\?/)
    expect(stdout).toMatch(/^hooks: There is no module "nowhere"/m)
    expect({ stderr, status }).toEqual({ stderr: 'tipfy: 2 problems found.\n', status: 1 })
  })
})

describe('check --cache', () => {
  const config = (cache: string) => ({
    'config.ts': `export const config = {
  tipfy: { hooks: { posInitApp: ['tipfy/ext/session:setDatastoreSession'] } },
  'tipfy/ext/session': { cache: ${JSON.stringify(cache)} },
}`,
    'urls.ts': 'export const getRules = () => []',
  })

  test('describes the servers, and connects to none without the option', async () => {
    const [server, memcached] = [await Valkey.start(), await Memcached.start()]
    const cwd = project(config(`redis://127.0.0.1:${server.port}`))
    const { stdout, stderr, status } = await tipfy(['check', '--cache'], { cwd })
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 })
    expect(stdout).toMatch(/^cache 127\.0\.0\.1:\d+: Redis \d[\d.]+, primary, no replicas\n/)
    const other = project(config(`memcached://${memcached.address}`))
    const { stdout: found } = await tipfy(['check', '--cache'], { cwd: other })
    expect(found).toMatch(/^cache 127\.0\.0\.1:\d+: memcached \d[\d.]+\n/)
    await Promise.all([server.kill(), memcached.kill()])
    const { stdout: json, status: failed } = await tipfy(['check', '--cache', '--json'], { cwd })
    expect(failed).toBe(1)
    expect(JSON.parse(json).problems).toEqual([
      { where: `cache 127.0.0.1:${server.port}`, problem: expect.stringContaining('ECONNREFUSED') },
    ])
    expect(await tipfy(['check'], { cwd })).toMatchObject({ status: 0 })
  })

  test('says what is wrong with a replica', async () => {
    const [primary, replica] = [await Valkey.start(), await Valkey.start()]
    await replica.follow(primary.port)
    const cwd = project(config(`redis://127.0.0.1:${replica.port}`))
    expect((await tipfy(['check', '--cache'], { cwd })).stdout).toContain('it is a replica; name the primary')
    await Promise.all([primary.kill(), replica.kill()])
  })
})

test('secret makes keys that the check of keys takes, each another', async () => {
  const made = await Promise.all([tipfy(['secret'], { cwd: '/' }), tipfy(['secret', '--json'], { cwd: '/' })])
  const keys = [made[0]!.stdout.trim(), JSON.parse(made[1]!.stdout).key]
  expect(keys[0]).not.toBe(keys[1])
  for (const key of keys) expect(key).toMatch(/^[\w-]{43}$/)
})

describe('sessions', () => {
  const config = {
    tipfy: { dev: true, logLevel: 'silent', hooks: { posInitApp: ['tipfy/ext/session:setDatastoreSession'] } },
    'tipfy/ext/session': { secretKey: 'only for tests: 0123456789 abcdefghijk', expiration: 1000 },
  } as const
  let cwd: string
  let now = Date.now()
  const realNow = Date.now

  beforeAll(async () => {
    cwd = project({ 'config.ts': `export const config = ${JSON.stringify(config)}` })
    const app = makeApp(config, { root: cwd })
    const fill = async (user: string | null, data: Record<string, unknown>) => {
      await createClient(app).session((session, store) => {
        session.assign(data)
        store.user = user
      })
    }
    await fill('ann', { products: ['tea'], at: new Date(0), tags: new Set(['x']) })
    await fill('ann', { n: 12345678901234567890n })
    await fill(null, { visitor: true })
    now -= 2_000_000
    Date.now = () => now
    await fill('old \x1b[2J\x9b31m', { n: 1 })
    Date.now = realNow
    await app.close()
  })
  afterAll(() => {
    Date.now = realNow
  })

  const json = async (...args: string[]) => JSON.parse((await tipfy(['sessions', ...args, '--json'], { cwd })).stdout)

  test('are listed, those of a user too, and with --all those that are over', async () => {
    expect((await json('ls')).map(({ user }: { user: unknown }) => user).sort()).toEqual(['ann', 'ann', null])
    expect(await json('ls', '--user', 'ann')).toHaveLength(2)
    expect((await json('ls', '--all')).filter(({ state }: { state: string }) => state === 'expired')).toHaveLength(1)
    const { stdout } = await tipfy(['sessions', 'ls', '--limit', '2'], { cwd })
    expect(stdout).toMatch(
      /^id {12}user {2}device {2}last change \(UTC\) {2}.*\n([0-9a-f]{12} .*\n){2}\n2 sessions, and more: --limit\n$/,
    )
  })

  test('a user name cannot write an escape sequence to the terminal', async () => {
    const listed = await tipfy(['sessions', 'ls', '--all'], { cwd })
    const { id } = (await json('ls', '--all')).find(({ user }: { user: string }) => user?.startsWith('old'))
    for (const { stdout } of [listed, await tipfy(['sessions', 'show', id], { cwd })]) {
      expect(stdout).toContain('old \\x1b[2J\\x9b31m')
      expect(stdout).not.toMatch(/[\x1b\x9b]/)
    }
  })

  test('are shown, by the beginning of their id', async () => {
    const all: { id: string; user: string | null }[] = await json('ls')
    const anonymous = all.find(({ user }) => user === null)!
    expect(await json('show', anonymous.id.slice(0, 12))).toMatchObject({
      id: anonymous.id,
      version: 1,
      data: { visitor: true },
    })
    const shown = await Promise.all(all.map(async ({ id }) => (await tipfy(['sessions', 'show', id], { cwd })).stdout))
    const spaced = shown.join('').replace(/\s+/g, ' ')
    expect(spaced).toContain("{ products: [ 'tea' ], at: 1970-01-01T00:00:00.000Z, tags: Set(1) { 'x' } }")
    expect(shown.join('')).toContain('12345678901234567890n')
    const none = await tipfy(['sessions', 'show', '0000000000'], { cwd })
    expect(none).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('There is no session whose id begins with 0000000000'),
    })
  })

  test('that are ended where the cache cannot be told come with the time for which it may serve them', async () => {
    const section = { ...config['tipfy/ext/session'], cache: 'valkey://127.0.0.1:1', cacheTtl: 20 }
    const cached = project({
      'config.ts': `export const config = ${JSON.stringify({ ...config, 'tipfy/ext/session': section })}`,
    })
    const app = makeApp({ ...config, 'tipfy/ext/session': { ...section, cache: null } }, { root: cached })
    await createClient(app).session((_, store) => {
      store.user = 'ann'
    })
    await app.close()
    const { status, stdout, stderr } = await tipfy(['sessions', 'revoke', '--user', 'ann'], { cwd: cached })
    expect({ status, stdout }).toEqual({ status: 0, stdout: '1 session ended.\n' })
    expect(stderr).toContain('The cache could not be told: other processes may serve what it has for 27 s more.')
    expect(stderr).toContain('`tipfy check --cache`')
  })

  test('are ended, one or all of a user, and what is over is purged', async () => {
    const [anonymous] = (await json('ls')).filter(({ user }: { user: unknown }) => user === null)
    expect(await json('revoke', anonymous.id)).toEqual({ revoked: 1 })
    expect(await json('revoke', '--user', 'ann')).toEqual({ revoked: 2 })
    expect(await json('ls')).toEqual([])
    expect(await json('purge', '--dry-run')).toEqual({ purged: 1, dryRun: true })
    expect(await json('purge')).toEqual({ purged: 1, dryRun: false })
    // The record that is left is the tombstone of the one that was ended, for the minute that it is needed.
    expect((await json('ls', '--all')).map(({ state }: { state: string }) => state)).toEqual(['ended'])
  })

  test('of an application that keeps them in cookies are nowhere to be listed', async () => {
    const cookies = project({
      'config.ts': `export const config = ${JSON.stringify({ ...config, tipfy: { dev: true, hooks: { posInitApp: ['tipfy/ext/session:setSecureCookieSession'] } } })}`,
    })
    const { status, stderr } = await tipfy(['sessions', 'ls'], { cwd: cookies })
    expect(status).toBe(1)
    expect(stderr).toMatch(/^tipfy: This application does not store its sessions: .*\n$/)
    const none = await tipfy(['sessions', 'ls'], { cwd: project() })
    expect(none).toMatchObject({ status: 1, stderr: expect.stringContaining('no session is set up') })
  })
})

test('datastore serves any Datastore client, and stops on a signal', async () => {
  const program = startProgram(bin, ['datastore', '--memory', '--port', '0'])
  const [, host] = await program.line(/^export DATASTORE_EMULATOR_HOST=(\S+) GOOGLE_CLOUD_PROJECT=tipfy$/)
  process.env.METADATA_SERVER_DETECTION = 'none' // there is nobody to ask who we are
  process.env.DATASTORE_EMULATOR_HOST = host
  const datastore = new Datastore({ projectId: 'tipfy' })
  delete process.env.DATASTORE_EMULATOR_HOST
  const key = datastore.key(['Note', 'one'])
  await datastore.save({ key, data: { text: 'kept' } })
  expect((await datastore.get(key))[0]).toMatchObject({ text: 'kept' })
  expect(await program.end()).toBe(0)
})

test('datastore keeps the mode of concurrency that new data was made with, and takes no other', async () => {
  const data = join(project(), '.tipfy')
  const start = (...options: string[]) => startProgram(bin, ['datastore', '--data', data, '--port', '0', ...options])
  const first = start('--concurrency', 'optimistic')
  await first.line(/^export DATASTORE_EMULATOR_HOST=/)
  expect(await first.end()).toBe(0)
  expect(await tipfy(['datastore', '--data', data, '--concurrency', 'pessimistic'], { cwd: '/' })).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('was created with the concurrency mode optimistic'),
  })
  const unknown = await tipfy(['datastore', '--concurrency', 'none'], { cwd: '/' })
  expect(unknown.status).not.toBe(0)
  expect(unknown.stderr).toContain('optimistic-with-entity-groups')
  const same = start()
  await same.line(/^export DATASTORE_EMULATOR_HOST=/)
  expect(await same.end()).toBe(0)
})

test('the completion of bash completes commands, options and choices', async () => {
  const { stdout: script } = await tipfy(['completion', 'bash'], { cwd: '/' })
  const complete = async (line: string) => {
    const words = line.split(' ')
    const set = `COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _tipfy`
    const { stdout } = await run('bash', ['-c', `${script}\n${set}; echo "\${COMPREPLY[@]}"`])
    return stdout.trim().split(' ')
  }
  expect(await complete('tipfy s')).toEqual(['serve', 'secret', 'sessions'])
  expect(await complete('tipfy sessions ')).toEqual(expect.arrayContaining(['ls', 'show', 'revoke', 'purge', '--help']))
  expect(await complete('tipfy sessions ls --l')).toEqual(['--limit'])
  expect(await complete('tipfy init x --sessions ')).toEqual(['datastore', 'cookie'])
  expect(await complete('tipfy init x --l')).toEqual(['--login', '--language'])
  expect(await complete('tipfy sessions revoke abcd --u')).toEqual(['--user'])
})
