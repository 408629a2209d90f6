import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { Engine } from '../../lib/datastore/engine/engine.ts'
import { secretKeys } from '../../lib/ext/session/config/keys.ts'
import { makeDataFolder } from '../../lib/internal/data-folder.ts'

let parent: string
let folder: string
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'tipfy-data-'))
  folder = join(parent, '.tipfy')
})
afterEach(() => rmSync(parent, { recursive: true }))

const mode = (path: string) => (statSync(path).mode & 0o777).toString(8)
const modes = () =>
  Object.fromEntries([['.', mode(folder)], ...readdirSync(folder).map((name) => [name, mode(join(folder, name))])])

test('the folder and all files in it are for this user alone, whatever the umask allows', () => {
  const code = `process.umask(0)
    const { Engine } = await import('${join(import.meta.dirname, '../../lib/datastore/engine/engine.ts')}')
    const { secretKeys } = await import('${join(import.meta.dirname, '../../lib/ext/session/config/keys.ts')}')
    secretKeys(null, true, process.argv[1])
    new Engine({ dataFolder: process.argv[1] })
    process.exit()`
  const { stderr } = spawnSync(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', code, folder],
    {
      env: { ...process.env, NODE_OPTIONS: '' },
      encoding: 'utf8',
    },
  )
  expect(stderr).toBe('')
  expect(modes()).toEqual({
    '.': '700',
    'datastore.sqlite': '600',
    'datastore.sqlite-shm': '600',
    'datastore.sqlite-wal': '600',
    locks: '700',
    secret: '600',
  })
})

test('an older folder is closed to others, with its files', async () => {
  secretKeys(null, true, folder)
  await new Engine({ dataFolder: folder }).close()
  for (const name of readdirSync(folder)) chmodSync(join(folder, name), name === 'locks' ? 0o755 : 0o644)
  chmodSync(folder, 0o755)
  makeDataFolder(folder)
  expect(modes()).toEqual({ '.': '700', 'datastore.sqlite': '600', locks: '700', secret: '600' })
})

test('of a folder with other files only our own files are closed, and of one that is empty nothing', () => {
  mkdirSync(folder)
  chmodSync(folder, 0o755)
  makeDataFolder(folder)
  expect(modes()).toEqual({ '.': '755' })
  for (const name of ['package.json', 'secret', 'secret.txt']) writeFileSync(join(folder, name), '', { mode: 0o644 })
  makeDataFolder(folder)
  expect(modes()).toEqual({ '.': '755', 'package.json': '644', secret: '600', 'secret.txt': '644' })
})
