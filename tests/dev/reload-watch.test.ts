import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, expect, test } from '@jest/globals'
import { stateOf, watchFiles } from '../../lib/dev/reload-watch.ts'
import { Visitor } from '../support/browser.ts'
import { startProgram } from '../support/process.ts'
import { bin, project, removeProjects, write } from '../support/project.ts'

afterAll(removeProjects)

test('where the system watches no more folders, that is told once, and the application is served', async () => {
  const cwd = project({
    'full.mjs': `import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
fs.watch = () => {
  throw new Error('ENOSPC: System limit for number of file watchers reached')
}
syncBuiltinESMExports()
`,
  })
  const full = pathToFileURL(join(cwd, 'full.mjs'))
  const program = startProgram(bin, ['dev', '--port', '0'], { NODE_OPTIONS: `--import=${full}` }, cwd)
  try {
    const told: string[] = []
    program.child.stdout!.on('data', (text) => told.push(...(`${text}`.match(/The folder .*\n/g) ?? [])))
    const [, port] = await program.line(/^Serving on http:\/\/localhost:(\d+), restarting on every change$/)
    expect(await new Visitor(Number(port)).ask('/')).toMatchObject({ status: 200, text: 'home' })
    expect(told).toEqual([
      expect.stringMatching(/cannot be watched for changes: ENOSPC: .*fs\.inotify\.max_user_watches/),
    ])
  } finally {
    await program.end()
  }
})

test.each([
  'stamp',
  'text',
] as const)('a file that changes after its use, before it is watched, counts: by %s', async (by) => {
  const cwd = project({ 'a.ts': '1', 'b.ts': '1', 'c.ts': '1' })
  const files = ['a.ts', 'b.ts', 'c.ts', 'later.ts'].map((name) => join(cwd, name))
  const states = files.map((file) => stateOf(file, by))
  write(cwd, { 'b.ts': 'changed', 'later.ts': 'new' })
  const reports = Promise.withResolvers<string[]>()
  const watch = watchFiles(cwd, reports.resolve, reports.reject)
  for (const [at, file] of files.entries()) watch.use(file, states[at])
  expect(await reports.promise).toEqual(['b.ts', 'later.ts'])
  watch.close()
})
