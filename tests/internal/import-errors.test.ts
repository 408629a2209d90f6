import { expect, test } from '@jest/globals'
import { homes } from '../../lib/internal/import-errors.ts'

test.each(Object.entries(homes))('%s exports what the message about a wrong import says', async (module, names) => {
  const exported = Object.keys((await import(module)) as object)
  expect(names.filter((name) => !exported.includes(name))).toEqual([])
})
