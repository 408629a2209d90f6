// tests/routing/types holds an application's rules and lines that must not compile; TypeScript itself is the judge.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from '@jest/globals'

const pathOf = (relative: string) => fileURLToPath(new URL(relative, import.meta.url))

test('endpoints and values are typed by urls.ts, and what is wrong does not compile', async () => {
  const tsc = pathOf('../../node_modules/typescript/bin/tsc')
  const checked = promisify(execFile)(process.execPath, [tsc, '--pretty', 'false', '-p', pathOf('types')])
  const said = await checked.catch((error: { stdout: string }) => error)
  expect(said.stdout).toBe('')
}, 60_000)
