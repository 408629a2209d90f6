import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
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

test.each<[string, () => void, string]>([
  ['the data', () => mkdirSync(join(folder, 'datastore.sqlite')), 'datastore.sqlite is a folder, and must be a file'],
  [
    'the log of the data',
    () => mkdirSync(join(folder, 'datastore.sqlite-wal')),
    'datastore.sqlite-wal is a folder, and must be a file',
  ],
  ['the key', () => mkdirSync(join(folder, 'secret')), 'secret is a folder, and must be a file'],
  ['the locks', () => writeFileSync(join(folder, 'locks'), ''), '/locks cannot be used: there is a file of that name'],
  [
    'a link',
    () => symlinkSync(join(parent, 'none/none'), join(folder, 'datastore.sqlite')),
    'datastore.sqlite is a link that leads nowhere',
  ],
])('%s of the wrong kind is told as what it is, not as a missing permission', (_, make, why) => {
  mkdirSync(folder)
  make()
  const open = () => {
    secretKeys(null, true, folder)
    return new Engine({ dataFolder: folder })
  }
  expect(open).toThrow(why)
})

test('a folder that is a link which leads nowhere is told so', () => {
  symlinkSync(join(parent, 'none'), folder)
  expect(() => makeDataFolder(folder)).toThrow('it is a link that leads nowhere')
})
