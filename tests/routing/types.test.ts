// Each folder of tests/routing/types is an application with lines that must not compile; TypeScript itself is the judge.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from '@jest/globals'

const pathOf = (relative: string) => fileURLToPath(new URL(relative, import.meta.url))

async function check(folder: string): Promise<string> {
  const tsc = pathOf('../../node_modules/typescript/bin/tsc')
  const checked = promisify(execFile)(process.execPath, [tsc, '--pretty', 'false', '-p', pathOf(`types/${folder}`)])
  return (await checked.catch((error: { stdout: string }) => error)).stdout
}

test('endpoints and values are typed by the literals of urls.ts, and what is wrong does not compile', async () => {
  expect(await check('told')).toBe('')
}, 120_000)

test('converters of one’s own are typed if they are told', async () => {
  expect(await check('own-converters')).toBe('')
}, 120_000)

test('an application that does not tell its rules may build any URL', async () => {
  expect(await check('untold')).toBe('')
}, 120_000)
