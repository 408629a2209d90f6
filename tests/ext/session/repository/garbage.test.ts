import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'

test('a change leaves nothing in the old generation, where it would hold what it refers to until a full collection', () => {
  const flags = ['--expose-gc', '-C', 'tipfy-source', '--disable-warning=ExperimentalWarning']
  const child = join(import.meta.dirname, 'garbage-child.ts')
  const bytes = Number(execFileSync(process.execPath, [...flags, child], { encoding: 'utf8' }))
  expect(bytes).toBeLessThan(1000)
})
