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
  expect(page.text).toContain('<meta http-equiv="refresh" content="1">')
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

test('files that come in new folders are seen, tests, packages and what editors keep beside them are not', async () => {
  write(cwd, {
    'tests/x.test.ts': '',
    'node_modules/p/index.js': '',
    'app/x.spec.ts': '',
    'app/.#home.ts': '',
    'app/.home.tmp.ts': '',
    'notes.md': '',
    '.tipfy/x.json': {},
  })
  write(cwd, { 'app/parts/deep/text.ts': "export const text = 'deep'" })
  await program.line(/^Reloaded in \S+ s: app\/parts\/deep\/text\.ts$/)
})
