import { once } from 'node:events'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { startProgram } from '../support/process.ts'

const child = join(import.meta.dirname, 'guard-child.ts')

test.each([
  ['outlived', 'SIGINT'],
  ['outlived', 'SIGTERM'],
  ['outlived', 'SIGKILL'],
  ['npm', 'SIGKILL'],
] as const)('what a benchmark started ends with it: %s, %s', async (kind, signal) => {
  const program = startProgram(child, [kind])
  // All that it started writes to its output, which closes with the last of them.
  const closed = once(program.child, 'close')
  await program.line(/^up$/)
  expect(await program.end(signal)).toBe(signal)
  await closed
})
