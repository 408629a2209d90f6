// Serves an application under Deno and Bun. They are not installed with this repository: `npm run test:runtimes` fetches them, and
// TEST_DENO and TEST_BUN name them. Without, these tests are listed as skipped: they were not run.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { afterAll, describe, expect, test } from '@jest/globals'
import { Visitor } from '../support/browser.ts'
import { bin, project, removeProjects } from '../support/project.ts'

afterAll(removeProjects)

const { TEST_DENO, TEST_BUN } = process.env
const runtimes: [name: string, file: string | undefined, flags: string[]][] = [
  ['Deno', TEST_DENO, ['run', '--allow-all', '--conditions=tipfy-source', '--node-modules-dir=manual']],
  ['Bun', TEST_BUN, ['--conditions=tipfy-source']],
]

const files = (hook: string) => ({
  'config.ts': `export const config = {
  tipfy: { hooks: { posInitApp: ['tipfy/ext/session:${hook}'] } },
}
`,
  'app/home.ts': `import { app, RequestHandler, request } from 'tipfy'
import { session } from 'tipfy/ext/session'

app.onClose(() => console.log('closed'))

export class Home extends RequestHandler {
  get() {
    const visits = Number(session.get('visits') ?? 0) + 1
    session.set('visits', visits)
    return \`visit \${visits}\`
  }

  async post() {
    return (await request.form()).get('name') ?? ''
  }
}
`,
})

for (const [name, file, flags] of runtimes) {
  const where = file === undefined ? describe.skip : describe
  where(`under ${name}`, () => {
    test.each([
      'setDatastoreSession',
      'setSecureCookieSession',
    ])('an application is served, keeps its sessions and stops: %s', async (hook) => {
      const cwd = project(files(hook))
      const child = spawn(file!, [...flags, bin, 'serve', '--port', '0'], { cwd, stdio: ['ignore', 'pipe', 'inherit'] })
      const lines: string[] = []
      const port = await new Promise<number>((resolve, reject) => {
        createInterface({ input: child.stdout }).on('line', (line) => {
          lines.push(line)
          const [, found] = line.match(/^Serving on http:\/\/localhost:(\d+)$/) ?? []
          if (found !== undefined) resolve(Number(found))
        })
        child.once('exit', () => reject(new Error(`It ended: ${lines.join('\n')}`)))
      })
      const ended = once(child, 'close')
      const visitor = new Visitor(port)
      for (const n of [1, 2, 3]) expect((await visitor.ask('/')).text).toBe(`visit ${n}`)
      const headers = { 'content-type': 'application/x-www-form-urlencoded' }
      expect(await visitor.ask('/', { method: 'POST', headers, body: 'name=ann' })).toMatchObject({ text: 'ann' })
      expect(await visitor.ask('/none')).toMatchObject({ status: 404 })
      child.kill('SIGTERM')
      expect(await ended).toEqual([0, null])
      expect(lines.at(-1)).toBe('closed')
    })
  })
}
