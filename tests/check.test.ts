import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from '@jest/globals'

// The checks of `npm run check` beside the tests of the layers.
const run = promisify(execFile)
const root = join(import.meta.dirname, '..')

test.each([
  ['the types of the library and the example are right', 'tsc', []],
  ['the types of the tests are right', 'tsc', ['-p', 'tests']],
  ['the types of the site are right', 'tsc', ['-p', 'docs/.vitepress']],
  ['the code is formatted and has no lint', 'biome', ['check', '--colors=off']],
  ['no code and no package is unused', 'knip', ['--no-progress']],
  ['no package has a licence that an application could not take on', 'node', ['tools/licences.js']],
])(
  '%s',
  async (_, command, args) => {
    const file = command === 'node' ? process.execPath : join(root, 'node_modules/.bin', command)
    const failed = await run(file, args, { cwd: root, env: { ...process.env, NODE_OPTIONS: '' } }).then(
      () => '',
      (error: { stdout: string; stderr: string }) => error.stdout + error.stderr,
    )
    expect(failed).toBe('')
  },
  120_000,
)
