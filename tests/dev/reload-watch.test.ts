import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, expect, test } from '@jest/globals'
import { Visitor } from '../support/browser.ts'
import { startProgram } from '../support/process.ts'
import { bin, project, removeProjects } from '../support/project.ts'

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
