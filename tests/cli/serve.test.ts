import { afterEach, expect, test } from '@jest/globals'
import { ask } from '../support/application.ts'
import { type Program, startProgram } from '../support/process.ts'
import { bin, project, removeProjects } from '../support/project.ts'

let program: Program
afterEach(async () => {
  await program.end('SIGKILL')
  removeProjects()
})

const files = {
  'config.ts': 'export const config = { tipfy: { dev: false, accessLog: false } }\n',
  'urls.ts': `import { Rule } from 'tipfy'
export const getRules = () => [
  new Rule('/', { endpoint: 'home', handler: 'home:Home' }),
  new Rule('/broken', { endpoint: 'broken', handler: 'broken:Broken' }),
  new Rule('/too', { endpoint: 'too', handler: 'broken:Broken' }),
]
`,
  'app/home.ts': `import { RequestHandler } from 'tipfy'
console.log('home was imported')
export class Home extends RequestHandler {
  get() {
    return 'home'
  }
}
`,
  'app/broken.ts': "throw new Error('not today')\n",
}

test.each([
  [[]],
  [['--workers', '2']],
])('handlers are imported before the first request; one that cannot be is logged and stops nothing: serve %s', async (args) => {
  program = startProgram(bin, ['serve', '--port', '0', ...args], {}, project(files))
  await program.line(/^home was imported$/)
  const [, port] = await program.line(/^Serving on http:\/\/localhost:(\d+)$/)
  expect(program.errors()).toMatch(/"message":"The handler of rule \\"\/broken\\" cannot be imported".*not today/)
  expect(program.errors()).not.toContain('The handler of rule \\"/too')
  expect(await ask(Number(port), '/')).toMatchObject({ status: 200, text: 'home' })
  expect(await ask(Number(port), '/broken')).toMatchObject({ status: 500 })
  expect(await program.end('SIGTERM')).toBe(0)
})
