// The imports from outside the folder: it is private but for its entry points.
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { expect, test } from '@jest/globals'

const lib = join(import.meta.dirname, '../../../../lib')
const repository = 'ext/session/repository/'
const cache = 'ext/session/cache/'

/** All imports of lib/, those of types included. */
const imports = readdirSync(lib, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .flatMap((file) => {
    const text = readFileSync(join(lib, file), 'utf8')
    return [...text.matchAll(/(?:from |import\(|^import )'(\.[^']+)'/gm)].map(([, target]) => ({
      file,
      target: relative(lib, join(lib, file, '..', target!)),
    }))
  })

test('tools reach the stored sessions through admin.ts alone', () => {
  const outside = imports.filter(
    ({ file, target }) => target.startsWith(repository) && !file.startsWith('ext/session/'),
  )
  expect(new Set(outside.map(({ target }) => target))).toEqual(new Set([`${repository}admin.ts`]))
})

test('the session layer reaches the repository through four files', () => {
  const fromSessions = imports.filter(
    ({ file, target }) => target.startsWith(repository) && /^ext\/session\/(?!repository\/)/.test(file),
  )
  const entries = ['counters.ts', 'open-datastore.ts', 'open.ts', 'repository.ts'].map((name) => repository + name)
  expect([...new Set(fromSessions.map(({ target }) => target))].sort()).toEqual(entries)
})

test('the cache knows nothing of the repository; open.ts uses it, rate limits and check --cache its servers', () => {
  const up = imports.filter(({ file, target }) => file.startsWith(cache) && target.startsWith(repository))
  expect(up).toEqual([])
  const users = imports.filter(({ file, target }) => target.startsWith(cache) && !file.startsWith(cache))
  const chosen = users.filter(({ target }) => target !== `${cache}ports.ts`)
  expect(new Set(chosen.map(({ file }) => file))).toEqual(
    new Set([`${repository}open.ts`, 'cli/check.ts', 'ext/security/rate-limit/open.ts']),
  )
})
