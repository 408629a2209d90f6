import { afterAll, afterEach, expect, test } from '@jest/globals'
import { Visitor } from '../../support/browser.ts'
import { type Program, startProgram } from '../../support/process.ts'
import { bin, project, removeProjects, write } from '../../support/project.ts'
import { textOf } from './site.ts'

let program: Program
afterEach(() => program.end())
afterAll(removeProjects)

const handler = (text: string) => `import { RequestHandler } from 'tipfy'
export class Home extends RequestHandler {
  get({ name }: { name: string }) {
    return \`${text} \${name} by \${process.pid}\`
  }
}
`
const files = {
  'app/home.ts': handler('hello'),
  'urls.ts': `import { Rule } from 'tipfy'
export const getRules = () => [new Rule('/<name>', { endpoint: 'greet', handler: 'home:Home' })]
`,
}

/** Requests over connections of their own, so that any of the processes may take them. */
function visit(port: string) {
  const ask = async (path: string) => {
    const { status, text } = await new Visitor(Number(port)).ask(path, { headers: { host: `localhost:${port}` } })
    return { status, text }
  }
  return { ask, console: async (path = '') => textOf((await ask(`/_tipfy/${path}`)).text) }
}

test('the console of each worker shows what all of them have served', async () => {
  program = startProgram(bin, ['serve', '--port', '0', '--workers', '2'], {}, project(files))
  const [, port] = await program.line(/^Serving on http:\/\/localhost:(\d+)$/)
  const site = visit(port!)
  const pids = new Set<string>()
  const names: string[] = []
  while (pids.size < 2) {
    names.push(`n${names.length}`)
    pids.add((await site.ask(`/${names.at(-1)}`)).text.split(' ').at(-1)!)
  }
  // Until the last word of one has reached the other; then each of them counts the requests of both.
  const told = new Set<string>()
  while (told.size < 2) {
    const page = await site.console('counters')
    if (page.includes(` greet ${names.length} `)) told.add(page.match(/process id (\d+)/)![1]!)
  }
  expect([...told].sort()).toEqual([...pids].sort())
  const html = (await site.ask('/_tipfy/')).text
  for (const [, path] of html.matchAll(/href="(\/_tipfy\/requests\/\d+)"/g)) {
    const { status, text } = await site.ask(path!)
    expect([path, status, textOf(text)]).toEqual([
      path,
      200,
      expect.stringMatching(/with \{ name: 'n\d+' \}.*Home\.get/),
    ])
  }
})

test('after a restart by `tipfy dev` the console still shows what came before it', async () => {
  const cwd = project(files)
  program = startProgram(bin, ['dev', '--port', '0'], {}, cwd)
  const [, port] = await program.line(/^Serving on http:\/\/localhost:(\d+),/)
  const site = visit(port!)
  await site.ask('/before')
  for (const text of ['hello again', 'hello once more']) {
    write(cwd, { 'app/home.ts': handler(text) })
    await program.line(/^Reloaded .*app\/home\.ts/)
    await site.ask('/again')
  }
  const page = await site.console()
  expect(page).toContain('GET /before 200 greet')
  expect(page.indexOf('GET /before')).toBeGreaterThan(page.indexOf('GET /again'))
})
