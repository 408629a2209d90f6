import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { cases } from '../../bench/cases.ts'
import { withFigures } from '../../bench/markdown.ts'
import { root } from './blocks.ts'

const recorded = JSON.parse(readFileSync(join(root, 'bench/recorded.json'), 'utf8'))

test('every case of the bench has been measured', () => {
  expect(Object.keys(recorded.figures).sort()).toEqual(cases.map(({ name }) => name).sort())
})

test.each([
  ['README.md', false],
  ['docs/performance.md', true],
])('the figures of %s are those that were measured', (name, isLong) => {
  const page = readFileSync(join(root, name), 'utf8')
  expect(page).toBe(withFigures(page, recorded, isLong))
})
