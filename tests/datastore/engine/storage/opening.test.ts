// Opening the data: the folder is made, and what cannot be opened is told with what is wrong and the remedy.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  chownSync,
  closeSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { closeDatastore, openDatastore } from '../../../../lib/datastore/index.ts'
import { folderError } from '../../../../lib/internal/data-folder.ts'

let folder: string
let file: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tipfy-datastore-'))
  file = join(folder, 'datastore.sqlite')
})
afterEach(() => rmSync(folder, { recursive: true }))

const DAMAGED = 'datastore.sqlite is damaged (a copy of it, or an empty folder, is needed)'

const open = (dataFolder = folder) => openDatastore({ mode: 'embedded', dataFolder })

/** Data to spoil. */
async function fill(): Promise<void> {
  const datastore = await open()
  await datastore.save({ key: datastore.key(['K', 'a']), data: { n: 1 } })
  await closeDatastore(datastore)
}

function overwrite(at: number, length: number): void {
  const descriptor = openSync(file, 'r+')
  writeSync(descriptor, Buffer.alloc(length, 0x77), 0, length, at)
  closeSync(descriptor)
}

function refusal(why: string): object {
  return {
    code: 'TIPFY_E_DATA_FOLDER',
    message: expect.stringContaining(`The folder ${folder} cannot be used: ${why}.`),
  }
}

test('a data folder is made with all folders above it', async () => {
  const deep = join(folder, 'a/b/c')
  await closeDatastore(await open(deep))
  await closeDatastore(await open(deep))
})

test.each([
  ['whose first page is damaged', DAMAGED, () => overwrite(100, 3996)],
  ['that was cut off', DAMAGED, () => truncateSync(file, 5000)],
  ['whose header is damaged', 'datastore.sqlite is no database', () => overwrite(0, 100)],
  [
    'that is something else',
    'datastore.sqlite is no database',
    () => writeFileSync(file, 'not a database'.repeat(100)),
  ],
])('a file %s is told', async (_, why, spoil) => {
  await fill()
  spoil()
  await expect(open()).rejects.toMatchObject(refusal(why))
})

test('a file that was cut to nothing beside its log is told, and the log is kept', async () => {
  const elsewhere = mkdtempSync(join(tmpdir(), 'tipfy-datastore-'))
  const datastore = await open(elsewhere)
  await datastore.save({ key: datastore.key(['K', 'a']), data: { n: 1 } })
  // As a process leaves it that is killed.
  copyFileSync(join(elsewhere, 'datastore.sqlite-wal'), `${file}-wal`)
  await closeDatastore(datastore)
  rmSync(elsewhere, { recursive: true })
  const { size } = statSync(`${file}-wal`)
  writeFileSync(file, '')
  await expect(open()).rejects.toMatchObject(refusal(DAMAGED))
  expect([statSync(file).size, statSync(`${file}-wal`).size]).toEqual([0, size])
})

test('an empty file without a log is begun', async () => {
  writeFileSync(file, '')
  await closeDatastore(await open())
})

test('a new file that another process is about to write is waited for', async () => {
  await closeDatastore(await open(join(folder, 'other'))) // loads what that needs
  writeFileSync(file, '')
  // SQLite rejects the change to a log at once then, whatever time it is given.
  const writing = `const db = new (require('node:sqlite').DatabaseSync)(process.argv[1])
db.exec('BEGIN IMMEDIATE')
console.log('writing')
setTimeout(() => db.exec('COMMIT'), 200)`
  const flags = ['--disable-warning=ExperimentalWarning', '-e', writing]
  const writer = spawn(process.execPath, [...flags, file], { env: { ...process.env, NODE_OPTIONS: '' } })
  const ended = once(writer, 'exit')
  await once(writer.stdout, 'data')
  await closeDatastore(await open())
  expect(await ended).toEqual([0, null])
})

test('a folder where the file should be, and a file where the folder should be, are told', async () => {
  mkdirSync(file)
  await expect(open()).rejects.toMatchObject(refusal('datastore.sqlite is a folder, and must be a file'))
  const other = join(folder, 'file')
  writeFileSync(other, 'x')
  await expect(open(other)).rejects.toMatchObject({
    code: 'TIPFY_E_DATA_FOLDER',
    message: expect.stringContaining('there is a file of that name'),
  })
})

test('data of another format is told with its remedy', async () => {
  const { DatabaseSync } = process.getBuiltinModule('node:sqlite')
  new DatabaseSync(file).exec('PRAGMA user_version = 99')
  await expect(open()).rejects.toMatchObject({ code: 'TIPFY_E_DATA_FORMAT' })
})

/** Returns the output of `opening-child.ts` for a folder. */
function openedElsewhere(dataFolder: string): string {
  const flags = ['-C', 'tipfy-source', '--disable-warning=ExperimentalWarning']
  const child = join(import.meta.dirname, 'opening-child.ts')
  const { stdout, stderr } = spawnSync(process.execPath, [...flags, child, dataFolder], {
    env: { ...process.env, NODE_OPTIONS: '' },
    encoding: 'utf8',
    timeout: 50_000,
  })
  return stdout + stderr
}

test('a folder in which none can be made, and one below a file, are told at once', async () => {
  // Node's own recursive mkdir never comes back from there: in a process that can be ended.
  expect(openedElsewhere('/proc/x/y')).toMatch(/^TIPFY_E_DATA_FOLDER The folder \/proc\/x\/y cannot be used: /)
  const other = join(folder, 'file')
  writeFileSync(other, 'x')
  await expect(open(join(other, 'a/b'))).rejects.toMatchObject({
    code: 'TIPFY_E_DATA_FOLDER',
    message: expect.stringContaining('there is a file where a folder should be'),
  })
})

describe('a user who may not write', () => {
  /** The same of `folder`, which is another user's if this process may do anything. */
  function opened(folderMode: number, fileMode: number): string {
    const all = [
      folder,
      ...readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
    ]
    if (process.getuid!() === 0) for (const path of all) chownSync(path, 65_534, 65_534)
    chmodSync(file, fileMode)
    chmodSync(folder, folderMode)
    const told = openedElsewhere(folder)
    chmodSync(folder, 0o700)
    return told
  }

  test.each([
    ['to the folder', 0o555, 0o644, 'this user may not write there'],
    ['to the file', 0o755, 0o444, 'this user may not write to datastore.sqlite'],
    ['nor read the file', 0o755, 0o000, 'this user may not open datastore.sqlite'],
  ])('%s is told so', async (_, folderMode, fileMode, why) => {
    await fill()
    expect(opened(folderMode, fileMode)).toContain(`TIPFY_E_DATA_FOLDER The folder ${folder} cannot be used: ${why}.`)
  })

  test('but who may is not', async () => {
    await fill()
    expect(opened(0o755, 0o644)).toBe('opened')
  })
})

test.each([
  [{ code: 'EROFS' }, 'the file system is read-only'],
  [{ code: 'ENOSPC' }, 'the disk is full'],
  // SQLITE_READONLY_DIRECTORY and SQLITE_FULL.
  [{ errcode: 1544 }, 'this user may not write to datastore.sqlite'],
  [{ errcode: 13 }, 'the disk is full'],
])('the disk says %j, and people are told what that means', (cause, why) => {
  expect(folderError(folder, cause)).toMatchObject(refusal(why))
})
