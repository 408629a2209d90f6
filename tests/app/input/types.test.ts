// This folder is a project of its own, with lines in handlers.ts that must not compile; TypeScript itself is the judge.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from '@jest/globals'

const tsc = fileURLToPath(new URL('../../../node_modules/typescript/bin/tsc', import.meta.url))

test('the input of a method has the types of its schemas, and what is wrong does not compile', async () => {
  const checking = promisify(execFile)(process.execPath, [tsc, '--pretty', 'false', '-p', import.meta.dirname])
  expect((await checking.catch((error: { stdout: string }) => error)).stdout).toBe('')
}, 120_000)
