import { realpathSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, expect, test } from '@jest/globals'
import { Visitor } from '../support/browser.ts'
import { type Program, startProgram } from '../support/process.ts'
import { bin, project, removeProjects, write } from '../support/project.ts'

const counter = (text: string) => `import { RequestHandler } from 'tipfy'
import { session } from 'tipfy/ext/session'
export class Home extends RequestHandler {
  get() {
    session.set('n', Number(session.get('n', 0)) + 1)
    return \`${text} \${session.get('n')}\`
  }
}
`
const failing = (code: string) => `import { RequestHandler, request } from 'tipfy'
export class Home extends RequestHandler {
  get() {
    if (request.args.has('fail')) ${code}
    return 'fails by ' + process.pid
  }
}
`
const config = `export const config = {
  tipfy: { accessLog: false, hooks: { posInitApp: ['tipfy/ext/session:setDatastoreSession'] } },
}
`

let cwd: string
let program: Program
let visitor: Visitor

beforeEach(async () => {
  cwd = project({ 'app/home.ts': counter('one'), 'config.ts': config })
  program = startProgram(bin, ['dev', '--port', '0'], {}, cwd)
  const [, port] = await program.line(/^Serving on http:\/\/localhost:(\d+), restarting on every change$/)
  visitor = new Visitor(Number(port))
})
afterEach(() => program.end())
afterAll(removeProjects)

/** Asks until the answer is as wanted: what a person at a browser does. */
async function until(wanted: RegExp, headers: Record<string, string> = {}) {
  for (;;) {
    const answer = await visitor.ask('/', { headers })
    if (wanted.test(answer.text)) return answer
  }
}

test('a change is served without losing a request or a session, and its file is named', async () => {
  expect((await visitor.ask('/')).text).toBe('one 1')
  write(cwd, { 'app/home.ts': counter('two') })
  const texts = []
  while (!texts.at(-1)?.startsWith('two')) {
    const answers = await Promise.all([
      visitor.ask('/'),
      new Visitor(visitor.port).ask('/'),
      new Visitor(visitor.port).ask('/'),
    ])
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
    texts.push(answers[0]!.text)
  }
  // Every request counted, over both processes.
  expect(texts.map((text) => Number(text.slice(4)))).toEqual(texts.map((_, at) => at + 2))
  const [, seconds] = await program.line(/^Reloaded in (\d+\.\d\d) s: app\/home\.ts \(handler of \/\)$/)
  expect(Number(seconds)).toBeGreaterThan(0)
})

test('what keeps the application from starting is shown in page and terminal, until it is mended', async () => {
  write(cwd, { 'urls.ts': 'enum Color { Red }' })
  const page = await until(/cannot strip/, { accept: 'text/html' })
  expect(page).toMatchObject({ status: 500, headers: { 'cache-control': 'no-store' } })
  expect(page.text).toContain('urls.ts:1 uses TypeScript that Node cannot strip: TypeScript enum')
  expect(page.headers.refresh).toBe('1')
  expect((await visitor.ask('/')).text).toMatch(/^urls\.ts:1 uses TypeScript.*\n$/)
  expect(program.errors()).toMatch(/^tipfy: urls\.ts:1 uses TypeScript that Node cannot strip: TypeScript enum.*$/m)
  write(cwd, {
    'urls.ts': `import { Rule } from 'tipfy'
export const getRules = () => [new Rule('/', { handler: 'home:Home' })]
`,
  })
  await until(/^one \d/)
})

test.each([
  ['is thrown later', "setTimeout(() => { throw new Error('nobody') })"],
  ['is a rejection', "void Promise.reject(new Error('nobody'))"],
  ['comes again', "for (const later of [0, 5]) setTimeout(() => { throw new Error('nobody') }, later)"],
  [
    'cannot be looked at',
    'setTimeout(() => { const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); throw proxy })',
  ],
])('the port stays open over an uncaught error: %s', async (_, code) => {
  write(cwd, { 'app/home.ts': failing(code) })
  await until(/^fails/)
  await program.line(/^Reloaded .*app\/home\.ts/)
  const { text } = await visitor.ask('/?fail')
  expect(text).toMatch(/^fails by \d+/)
  // Asked without a pause until another process answers: none is refused.
  let now = text
  while (now === text) {
    const answer = await new Visitor(visitor.port).ask('/')
    expect(answer.status).toBe(200)
    now = answer.text
  }
  await program.line(/^Reloaded in \S+ s: an uncaught error$/)
  expect(program.errors()).toMatch(
    /^An uncaught error, which in production ends the process:\n(Error: nobody\n +at|<Revoked)/m,
  )
})

test('a handler that cannot be read is told before it is asked for, and shown when it is', async () => {
  write(cwd, { 'app/home.ts': 'export class {' })
  await program.line(/^Reloaded .*app\/home\.ts/)
  const page = await until(/cannot be read/, { accept: 'text/html' })
  expect(page.status).toBe(500)
  expect(page.text).toContain('app/home.ts')
  expect(program.errors()).toMatch(/^tipfy: app\/home\.ts:1 cannot be read: /m)
  write(cwd, { 'app/home.ts': counter('mended') })
  await until(/^mended/)
})

/** A handler that responds with what `code` returns, of modules that are named by `imports`. */
const using = (imports: string, code: string) => `import { RequestHandler, request } from 'tipfy'
${imports}
export class Home extends RequestHandler {
  async get() {
    ${code}
  }
}
`

/** Replaces the handler, and waits until it is served. */
async function serving(handler: string) {
  write(cwd, { 'app/home.ts': handler })
  await program.line(/^Reloaded in \S+ s: app\/home\.ts/)
}

/** Changes a file that is watched, and waits until that alone is the cause of a reload. */
async function onlyReloadedFor(file: string) {
  write(cwd, { [file]: "export const text = 'changed'" })
  const [, files] = await program.line(new RegExp(`^Reloaded in \\S+ s: (.*${file.replaceAll('.', '\\.')}.*)$`))
  expect(files).toBe(file)
}

test('an imported file counts wherever it is: outside the folder, linked into it, in a folder that comes later', async () => {
  const outside = realpathSync(project({ 'text.ts': "export const text = 'outside'" }))
  symlinkSync(outside, join(cwd, 'linked'))
  await serving(using("import { text } from '../linked/text.ts'", 'return text'))
  await until(/^outside$/)
  write(outside, { 'text.ts': "export const text = 'from elsewhere'" })
  await program.line(/^Reloaded in \S+ s: \.\.\/tipfy-project-\w+\/text\.ts$/)
  await until(/^from elsewhere$/)
  await serving(using("import { text } from './parts/deep/text.ts'", 'return text'))
  await until(/parts\/deep\/text\.ts/)
  write(cwd, { 'app/parts/deep/text.ts': "export const text = 'deep'" })
  await program.line(/^Reloaded in \S+ s: app\/parts\/deep\/text\.ts$/)
  await until(/^deep$/)
})

test('an import in a request counts, and so does what a thread imports', async () => {
  write(cwd, {
    'app/late.ts': "export const text = 'late'",
    'app/thread.ts': `import { parentPort } from 'node:worker_threads'
import { text } from './thread-text.ts'
parentPort!.postMessage(text)
`,
    'app/thread-text.ts': "export const text = 'threaded'",
  })
  await serving(
    using(
      "import { once } from 'node:events'\nimport { Worker } from 'node:worker_threads'",
      `if (request.args.has('late')) return (await import('./late.ts')).text
    const [text] = await once(new Worker(new URL('./thread.ts', import.meta.url)), 'message')
    return text`,
    ),
  )
  expect((await visitor.ask('/?late')).text).toBe('late')
  await onlyReloadedFor('app/late.ts')
  expect((await visitor.ask('/')).text).toBe('threaded')
  await onlyReloadedFor('app/thread-text.ts')
})

test('a file that was read whole counts, by each way of readFile, and a file that was only opened does not', async () => {
  write(cwd, {
    'views/a.html': 'a',
    'views/b.html': 'b',
    'views/c.html': 'c',
    'views/d.html': 'd',
    'public/e.css': 'e',
  })
  const imports = `import fs, { readFileSync } from 'node:fs'
import { open, readFile } from 'node:fs/promises'`
  const code = `const d = await new Promise((resolve) => fs.readFile('views/d.html', 'utf8', (_, text) => resolve(text)))
    const file = await open('public/e.css')
    const { text } = { text: await file.readFile('utf8') }
    await file.close()
    return readFileSync(new URL('../views/a.html', import.meta.url), 'utf8') + fs.readFileSync(Buffer.from('views/b.html'), 'utf8') + await readFile('views/c.html', 'utf8') + d + text`
  await serving(using(imports, code))
  await until(/^abcde$/)
  write(cwd, { 'public/e.css': 'E' })
  for (const name of ['a', 'b', 'c', 'd']) {
    write(cwd, { [`views/${name}.html`]: name.toUpperCase() })
    const [, files] = await program.line(new RegExp(`^Reloaded in \\S+ s: (.*views/${name}\\.html)$`))
    expect(files).toBe(`views/${name}.html`)
    await until(new RegExp(name.toUpperCase()))
  }
  await until(/^ABCDE$/)
})

test('a file that was read does not count while its text is the same: a program of the start may build it each time', async () => {
  write(cwd, { 'built.json': '1', 'app/seen.ts': "export const text = 'seen'" })
  const imports = `import { readFileSync } from 'node:fs'
import { text } from './seen.ts'
const built = readFileSync('built.json', 'utf8')`
  await serving(using(imports, 'return text + built'))
  await until(/^seen1$/)
  write(cwd, { 'built.json': '1', 'app/seen.ts': "export const text = 'again'" })
  const [, files] = await program.line(/^Reloaded in \S+ s: (.*app\/seen\.ts.*)$/)
  expect(files).toBe('app/seen.ts')
  write(cwd, { 'built.json': '2' })
  await until(/^again2$/)
})

test('what the application writes does not count, though it reads or imports it', async () => {
  // Not a file that is watched already: its own reload could come late, and with it the handler once more.
  write(cwd, { 'data/n.json': '0', 'app/shown.ts': "export const text = 'seen'", 'uploads/old.txt': 'x' })
  const imports = `import fs from 'node:fs'
import { appendFile, copyFile, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { text } from './shown.ts'`
  const code = `const n = JSON.parse(await readFile('data/n.json', 'utf8')) + 1
    await writeFile('data/n.json', JSON.stringify(n))
    for (const name of ['uploads/a.json', 'log.txt', 'data/m.json']) fs.existsSync(name) && fs.readFileSync(name)
    fs.writeFileSync('data/.m.tmp', '[]')
    await rename('data/.m.tmp', 'data/m.json')
    await appendFile('log.txt', 'a line')
    fs.createWriteStream('uploads/b.json').end('{}')
    await copyFile('data/n.json', 'uploads/a.json')
    const written = fs.openSync('app/made.ts', 'w')
    fs.writeSync(written, 'export const n = ' + n)
    fs.closeSync(written)
    await import('./made.ts')
    await rm('uploads/old.txt', { force: true })
    return text + ' ' + n`
  await serving(using(imports, code))
  const first = Number((await until(/^seen \d+$/)).text.slice('seen '.length))
  for (const n of [1, 2, 3]) expect((await visitor.ask('/')).text).toBe(`seen ${first + n}`)
  await onlyReloadedFor('app/shown.ts')
  await until(/^changed \d+$/)
})

test('what nothing asked for does not count: tests, packages, notes, data', async () => {
  write(cwd, {
    'tests/x.test.ts': '',
    'node_modules/p/index.js': '',
    'app/x.spec.ts': '',
    'app/unused.ts': '',
    'app/.#home.ts': '',
    'notes.md': '',
    'data.json': {},
    '.tipfy/x.json': {},
  })
  await onlyReloadedFor('.env')
})

test('a handler may come from a file that comes later, or before the one that was found', async () => {
  write(cwd, { 'home.ts': using('', "return 'of the root'"), 'app/home.ts': using('', "return 'of app'") })
  await until(/^of app$/)
  rmSync(join(cwd, 'app/home.ts'))
  await until(/^of the root$/)
  write(cwd, { 'app/home.ts': using('', "return 'of app again'") })
  await until(/^of app again$/)
})

test('a reload tells the streams of the old process by their signal, and ends its events', async () => {
  write(cwd, {
    'app/home.ts': `import { RequestHandler, request, response } from 'tipfy'
export class Home extends RequestHandler {
  async *get() {
    const { signal } = request
    yield 'begun '
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
    yield signal.reason.name
  }
  post() {
    return response.events(async function* () {
      yield 'begun'
      await new Promise(() => {})
    })
  }
}
`,
  })
  await program.line(/^Reloaded in .* app\/home\.ts/)
  const read = async (method: string, begun: () => void) => {
    const page = await fetch(`http://localhost:${visitor.port}/`, { method })
    let text = ''
    for await (const piece of page.body!.pipeThrough(new TextDecoderStream())) {
      text += piece
      if (text.includes('begun')) begun()
    }
    return text
  }
  const begun = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const texts = ['GET', 'POST'].map((method, at) => read(method, begun[at]!.resolve))
  await Promise.all(begun.map(({ promise }) => promise))
  write(cwd, { 'app/home.ts': counter('new') })
  expect(await Promise.all(texts)).toEqual(['begun ServiceUnavailable', ':\n\ndata: begun\n\n'])
})
