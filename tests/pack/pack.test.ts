import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Visitor } from '../support/browser.ts'
import { execute, initProject, leaveWorld, pack, repository, serve, succeed, world } from './world.ts'

// One pack and one install for all: they take most of the time.
let tarball: string
let shop: string
beforeAll(async () => {
  tarball = await pack()
  shop = await initProject(tarball, 'my-shop')
}, 300_000)
afterAll(leaveWorld)

const binary = (name: string) => join(repository, 'node_modules/.bin', name)

const compiler = () => join(shop, 'node_modules/.bin/tsc')
const command = () => join(shop, 'node_modules/.bin/tipfy')

/** A folder that has what the shop has installed, and these files. */
function folder(name: string, files: Record<string, string>): string {
  const path = join(world, name)
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(path, file)), { recursive: true })
    writeFileSync(join(path, file), text)
  }
  symlinkSync(join(shop, 'node_modules'), join(path, 'node_modules'))
  return path
}

async function serveDatastore() {
  // It prints no line about sessions: the shell adds one when the port is open.
  const served = await serve(
    'sh',
    [
      '-c',
      "npx tipfy datastore --memory --port $PORT & while ! node -e \"require('net').connect($PORT).on('connect', () => process.exit(0)).on('error', () => process.exit(1))\"; do :; done; echo \"Sessions: none\"; wait",
    ],
    shop,
  )
  return { ...served, env: { DATASTORE_EMULATOR_HOST: `127.0.0.1:${served.port}`, GOOGLE_CLOUD_PROJECT: 'tipfy' } }
}

async function walkTheCart(port: number): Promise<void> {
  const visitor = new Visitor(port)
  const ask = async (query: string) => (await visitor.ask(`/session-test${query}`)).text
  expect(await ask('?add-product=foo')).toBe('Products in cart: foo')
  expect(await ask('?add-product=bar')).toBe('Products in cart: foo, bar')
  expect(await ask('?remove-product=foo')).toBe('Products in cart: bar')
  expect(await ask('?remove-product=bar')).toBe('The cart is empty.')
}

describe('the tarball', () => {
  test('holds the compiled code, its types and the documentation, and nothing else', async () => {
    const files = (await succeed('tar', ['-tzf', tarball])).trim().split('\n')
    const other = files.filter((file) => !/^package\/dist\/[\w/-]+(\.js|\.d\.ts)$/.test(file))
    const pages = readdirSync(join(repository, 'docs')).filter((name) => name.endsWith('.md'))
    expect(other.sort()).toEqual(
      ['AGENTS.md', 'CHANGELOG.md', 'LICENSE', 'README.md', ...pages.map((name) => `docs/${name}`), 'package.json']
        .map((name) => `package/${name}`)
        .sort(),
    )
    expect(readFileSync(tarball).byteLength).toBeLessThan(800_000)
  })

  test('is well for publint and arethetypeswrong', async () => {
    const lint = await execute(binary('publint'), ['--strict', tarball], repository)
    expect(lint.status === 0 ? '' : lint.stdout).toBe('')
    // The package is ESM only, which require() of any supported Node loads.
    const types = await execute(binary('attw'), ['--profile', 'esm-only', '--format', 'ascii', tarball], repository)
    expect(types.status === 0 ? '' : types.stdout).toBe('')
  }, 60_000)

  test('says on an old Node which one it needs', async () => {
    const bin = join(shop, 'node_modules/tipfy/dist/cli/bin.js')
    // The parser must be old too: the machine's own, where that is Node 20.
    const old = await execute('node', ['--version'], world, { PATH: '/usr/local/bin:/usr/bin' })
    if (!/^v(18|20|21)\./.test(old.stdout)) return
    const { status, stderr } = await execute('node', [bin, 'serve'], shop, { PATH: '/usr/local/bin:/usr/bin' })
    const version = old.stdout.trim().slice(1)
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: `tipfy needs Node 22.18 or newer, and this is ${version}. Install Node 24: https://nodejs.org\n`,
    })
  })
})

describe('a project that tipfy init made', () => {
  test('starts, serves the cart, and keeps it over a restart', async () => {
    const first = await serve('npm', ['start'], shop)
    await walkTheCart(first.port)
    const visitor = new Visitor(first.port)
    await visitor.ask('/session-test?add-product=kept')
    expect((await visitor.ask('/')).text).toContain('<li>kept')
    await first.stop()
    const second = await serve('npm', ['start'], shop)
    visitor.port = second.port
    expect((await visitor.ask('/session-test')).text).toBe('Products in cart: kept')
    await second.stop()
  }, 60_000)

  test('passes its own tests, and its check of types, rules and configuration', async () => {
    const tests = await execute('npm', ['test'], shop)
    expect(tests).toMatchObject({ status: 0, stdout: expect.stringContaining('pass 4') })
    expect(await execute('npm', ['run', 'check'], shop)).toMatchObject({ status: 0 })
    const exact = await execute(compiler(), ['--exactOptionalPropertyTypes'], shop)
    expect(exact).toMatchObject({ status: 0, stdout: '' })
  }, 60_000)

  test.each(['password', 'google'])('compiles with a login by %s', async (login) => {
    const name = `${login}-shop`
    await succeed('node', [join(repository, 'dist/cli/bin.js'), 'init', name, '--login', login])
    symlinkSync(join(shop, 'node_modules'), join(world, name, 'node_modules'))
    expect(await execute(compiler(), [], join(world, name))).toMatchObject({ status: 0, stdout: '' })
  }, 60_000)

  test('starts in production with a key and a Datastore, and says what is missing without', async () => {
    const production = { NODE_ENV: 'production' }
    const nothing = await execute(command(), ['serve'], shop, production)
    expect(nothing.status).toBe(1)
    expect(nothing.stderr).toMatch(
      /^tipfy: 'tipfy\/ext\/session': `secretKey` cannot be used: it is missing\. .*SECRET_KEY\.\n$/,
    )
    const key = { ...production, SECRET_KEY: (await succeed(command(), ['secret'], shop)).trim() }
    const keyOnly = await execute(command(), ['serve'], shop, key)
    expect(keyOnly.stderr).toMatch(/^tipfy: There is no Datastore.*GOOGLE_CLOUD_PROJECT.*\n$/)
    const datastore = await serveDatastore()
    const app = await serve('npx', ['tipfy', 'serve'], shop, { ...key, ...datastore.env })
    await walkTheCart(app.port)
    await app.stop()
    await datastore.stop()
  }, 90_000)

  test.each([
    ['bare', 'cookie', 'ts', 'pass 1'],
    ['bare', 'datastore', 'js', 'pass 1'],
    ['cart', 'cookie', 'js', 'pass 4'],
  ])(
    'with --example %s --sessions %s --language %s passes its tests and its check',
    async (example, sessions, language, passed) => {
      const name = `${example}-${sessions}-${language}`
      const options = ['--example', example, '--sessions', sessions, '--language', language]
      await succeed('node', [join(repository, 'dist/cli/bin.js'), 'init', name, ...options])
      const cwd = folder(name, {})
      expect(await execute('npm', ['test'], cwd)).toMatchObject({ status: 0, stdout: expect.stringContaining(passed) })
      expect(await execute('npm', ['run', 'check'], cwd)).toMatchObject({ status: 0 })
    },
    60_000,
  )
})

describe('a project whose sessions are cookies', () => {
  let cwd: string
  beforeAll(async () => {
    cwd = await initProject(tarball, 'cookie-shop', '--example', 'bare', '--sessions', 'cookie')
  }, 120_000)

  test('installs no package of Google, and few others', () => {
    const { packages } = JSON.parse(readFileSync(join(cwd, 'package-lock.json'), 'utf8')) as { packages: object }
    const names = Object.entries(packages)
      .filter(([path, { dev, peer }]) => path !== '' && !dev && !peer)
      .map(([path]) => path)
    expect(names.filter((name) => /google|grpc|protobuf/.test(name))).toEqual([])
    expect(names.length).toBeLessThanOrEqual(35)
  })

  test('serves sessions of the embedded Datastore all the same, and says what others need', async () => {
    writeFileSync(join(cwd, 'app/session_test.ts'), handler(true))
    writeFileSync(join(cwd, 'urls.ts'), urls)
    writeFileSync(join(cwd, 'config.ts'), config(true))
    const { port, stop } = await serve('npx', ['tipfy', 'serve'], cwd)
    await walkTheCart(port)
    await stop()
    const needed = /@google-cloud\/datastore is not installed.*npm install '@google-cloud\/datastore@~/
    const cloud = { DATASTORE_EMULATOR_HOST: '127.0.0.1:1' }
    expect((await execute('npx', ['tipfy', 'check'], cwd)).status).toBe(0)
    const checked = await execute('npx', ['tipfy', 'check'], cwd, cloud)
    expect({ ...checked, stdout: '' }).toMatchObject({ status: 1 })
    expect(checked.stdout).toMatch(needed)
    expect((await execute('npx', ['tipfy', 'serve'], cwd, cloud)).stderr).toMatch(needed)
    expect((await execute('npx', ['tipfy', 'datastore', '--memory'], cwd)).stderr).toMatch(needed)
  }, 60_000)

  test('compiles with all libraries checked', async () => {
    const options = { target: 'es2023', lib: ['es2024'], types: ['node'], strict: true, noEmit: true }
    const compilerOptions = { ...options, module: 'nodenext', skipLibCheck: false }
    mkdirSync(join(cwd, 'types'))
    writeFileSync(join(cwd, 'types/tsconfig.json'), JSON.stringify({ compilerOptions }))
    writeFileSync(join(cwd, 'types/use.ts'), usedTypes)
    const { status, stdout } = await execute(join(cwd, 'node_modules/.bin/tsc'), ['-p', 'types'], cwd)
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' })
  }, 60_000)
})

describe('the Dockerfile of a project that tipfy init made', () => {
  test('installs what it copies, and serves as Cloud Run wants it, keeping nothing on its disk', async () => {
    const image = join(world, 'image')
    mkdirSync(image)
    let variables: Record<string, string> = {}
    let command: string[] = []
    let user = 'root'
    let checkedBy = ''
    for (const [, word, rest] of readFileSync(join(shop, 'Dockerfile'), 'utf8').matchAll(/^([A-Z]+) (.*)$/gm)) {
      if (word === 'COPY' && rest === '. .') cpSync(shop, image, { recursive: true, filter: isCopied })
      else if (word === 'COPY')
        for (const file of rest!.split(' ').slice(0, -1)) cpSync(join(shop, file), join(image, file))
      else if (word === 'USER') user = rest!
      else if (word === 'RUN') {
        const line = rest!.replace('npm ci', 'npm ci --prefer-offline').replace('-o node', '')
        const output = await succeed('sh', ['-c', line], image)
        if (/^No mistakes in /m.test(output)) checkedBy = user
      } else if (word === 'ENV') variables = { ...variables, ...Object.fromEntries([rest!.split('=')]) }
      else if (word === 'CMD') command = JSON.parse(rest!)
    }
    expect(readdirSync(join(image, 'node_modules'))).not.toContain('typescript')
    // Node uses no code that it has compiled for another user.
    expect([checkedBy, user]).toEqual(['node', 'node'])
    expect(readdirSync(join(image, 'node_modules/.cache/tipfy'))).toHaveLength(1)
    const datastore = await serveDatastore()
    const key = (await succeed(join(image, command[0]!), ['secret'])).trim()
    const cloudRun = {
      ...variables,
      ...datastore.env,
      SECRET_KEY: key,
      K_SERVICE: 'shop',
      GOOGLE_CLOUD_PROJECT: 'my-project',
    }
    const app = await serve(command[0]!, command.slice(1), image, cloudRun)
    const visitor = new Visitor(app.port)
    const answer = await visitor.ask('/session-test?add-product=foo', {
      headers: {
        host: 'shop-abc.a.run.app',
        'x-forwarded-for': '203.0.113.9',
        'x-forwarded-proto': 'https',
        'x-cloud-trace-context': '105445aa7843bc8bf206b12000100000/1;o=1',
      },
    })
    expect(answer.text).toBe('Products in cart: foo')
    expect(String(answer.headers['set-cookie'])).toContain('; Secure')
    expect((await visitor.ask('/_tipfy/')).status).toBe(404)
    expect(await app.stop()).toBe(0)
    const line = app.output().match(/^\{.*add-product=foo.*\}$/m)![0]
    expect(JSON.parse(line)).toMatchObject({
      severity: 'INFO',
      httpRequest: { remoteIp: '203.0.113.9', status: 200 },
      'logging.googleapis.com/trace': 'projects/my-project/traces/105445aa7843bc8bf206b12000100000',
    })
    expect(readdirSync(image)).not.toContain('.tipfy')
    await datastore.stop()
  }, 180_000)

  /** The files that .dockerignore leaves in. */
  const ignored = () => readFileSync(join(shop, '.dockerignore'), 'utf8').trim().split('\n')
  const isCopied = (path: string) => !ignored().includes(relative(shop, path))
})

// The three files of README.md.
const handler = (ts: boolean) => `import { html, RequestHandler, request, response } from 'tipfy'
import { session } from 'tipfy/ext/session'
${ts ? "\ndeclare module 'tipfy/ext/session' { interface SessionData { products: string[] } }\n" : ''}
export class MyHandler extends RequestHandler {
  get() {
    response.headers.set('x-pid', String(process.pid))
    const toAdd = request.args.get('add-product')
    if (toAdd !== null) session.setDefault('products', []).push(toAdd)
    const toRemove = request.args.get('remove-product')
    if (toRemove !== null) {
      const products = session.setDefault('products', [])
      const at = products.indexOf(toRemove)
      if (at !== -1) products.splice(at, 1)
    }
    const products = session.get('products')
    response.data = products?.length ? html\`Products in cart: \${products.join(', ')}\` : 'The cart is empty.'
    return response
  }
}
`
const urls = `import { Rule } from 'tipfy'
export const getRules = () => [new Rule('/session-test', { endpoint: 'session', handler: 'session_test:MyHandler' })]
`
const config = (ts: boolean) => `${ts ? "import type { Config } from 'tipfy'\n" : ''}
export const config${ts ? ': Config' : ''} = {
  tipfy: { hooks: { posInitApp: ['tipfy/ext/session:setDatastoreSession'] } },
  'tipfy/ext/session': { secretKey: process.env.SECRET_KEY, expiration: 86400 },
}
`

describe.each(['ts', 'js'])('three files in an empty folder, .%s', (suffix) => {
  test('are served, also by several processes that share the embedded Datastore', async () => {
    const ts = suffix === 'ts'
    const cwd = folder(`three-${suffix}`, {
      'package.json': '{ "type": "module" }',
      [`app/session_test.${suffix}`]: handler(ts),
      [`urls.${suffix}`]: urls,
      [`config.${suffix}`]: config(ts),
    })
    const one = await serve('npx', ['tipfy', 'serve'], cwd)
    await walkTheCart(one.port)
    await one.stop()

    const two = await serve('npx', ['tipfy', 'serve', '--workers', '2'], cwd)
    const visitor = new Visitor(two.port)
    const pids = new Set<unknown>()
    const wanted: string[] = []
    while (pids.size < 2 || wanted.length < 10) {
      wanted.push(`p${wanted.length}`)
      const answer = await visitor.ask(`/session-test?add-product=${wanted.at(-1)}`)
      expect(answer.text).toBe(`Products in cart: ${wanted.join(', ')}`)
      pids.add(answer.headers['x-pid'])
    }
    await two.stop()
  }, 60_000)
})

const usedTypes = `import { makeApp, RequestHandler, Rule, request, type Config, urlFor } from 'tipfy'
import { beginPasskey, completeSignIn, iapIdentity, login, type Passkey } from 'tipfy/ext/auth'
import * as security from 'tipfy/ext/security'
import { session, sessionStore } from 'tipfy/ext/session'
import * as messages from 'tipfy/ext/messages'
import { createClient, memoryDatastore, withRequest } from 'tipfy/testing'

declare module 'tipfy/ext/session' { interface SessionData { products: string[] } }
const getRules = () => [new Rule('/p/<int:id>', { endpoint: 'product', handler: 'shop:Product' })] as const
declare module 'tipfy' { interface Register { rules: ReturnType<typeof getRules> } }

export class Product extends RequestHandler {
  get({ id }: { id: number }): string {
    const products: string[] | undefined = session.products
    sessionStore.user = request.args.get('user')
    return urlFor('product', { id }) + products?.join() + messages
  }
}
const config: Config = { 'tipfy/ext/session': { datastore: await memoryDatastore() } }
const client = createClient(makeApp(config))
export const text: string = (await client.get('/', { form: { a: 1 } })).text
export const known: Passkey[] = []
export const auth = [beginPasskey, completeSignIn, iapIdentity, login, security.headers]
export const path: string = await withRequest(makeApp(config), { path: '/x' }, () => request.path)
// @ts-expect-error there is no such endpoint
urlFor('prodct', { id: 1 })
// @ts-expect-error the id is a number
urlFor('product', { id: 'x' })
// @ts-expect-error products are strings
session.products = [1]
`
const datastoreTypes = `import type { Datastore } from '@google-cloud/datastore'
import { openDatastore, startDatastoreServer } from 'tipfy/datastore'
import { memoryDatastore } from 'tipfy/testing'
export const all: Datastore[] = [await openDatastore({ mode: 'embedded' }), await memoryDatastore<Datastore>()]
export const port: number = (await startDatastoreServer()).port
`

describe.each([
  ['nodenext', 'nodenext'],
  ['esnext', 'bundler'],
])('with module %s and resolution %s', (module, moduleResolution) => {
  // The official client's own types do not pass every compiler's check of libraries.
  test.each([
    ['of everything but Datastore, libraries checked', usedTypes, false],
    ['of Datastore', datastoreTypes, true],
  ])(
    'the types are right from outside: %s',
    async (_, text, skipLibCheck) => {
      const options = { target: 'es2023', lib: ['es2024'], types: ['node'], strict: true, noEmit: true }
      const cwd = folder(`types-${moduleResolution}-${skipLibCheck}`, {
        'package.json': '{ "type": "module" }',
        'tsconfig.json': JSON.stringify({ compilerOptions: { ...options, module, moduleResolution, skipLibCheck } }),
        'use.ts': text,
      })
      const { status, stdout } = await execute(compiler(), ['-p', cwd], cwd)
      expect({ status, stdout }).toEqual({ status: 0, stdout: '' })
    },
    60_000,
  )
})

test('the Node that ran all this is the one that was meant', async () => {
  const meant = process.env.TEST_NODE_MAJOR ?? process.versions.node.split('.')[0]
  expect(await succeed('node', ['--version'])).toMatch(new RegExp(`^v${meant}\\.`))
})
