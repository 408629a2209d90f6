// Loaded before all else in the processes that `tipfy dev` starts (`node --import`): reports the files that the application
// imports, reads or looks for, to be watched, and those that it writes, which are not.
import cluster from 'node:cluster'
import { subscribe } from 'node:diagnostics_channel'
import fs from 'node:fs'
import { registerHooks, syncBuiltinESMExports } from 'node:module'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { BroadcastChannel, isMainThread } from 'node:worker_threads'
import { lookups } from '../internal/import-string.ts'
import { type FileState, stateOf } from './reload-watch.ts'

/** A message of a worker about a file. The state is that before the use. */
export type FileMessage = { tipfy: 'used'; file: string; state: FileState } | { tipfy: 'written'; file: string }

const isReported = cluster.isWorker && isMainThread
// Threads of the application have no way to the primary process but through the thread that has one.
const threads = isReported || !isMainThread ? new BroadcastChannel('tipfy.files') : null
threads?.unref()
if (isReported) {
  threads!.onmessage = (event) => send((event as { data: FileMessage }).data)
}

const known = new Set<string>()

/** Returns true for the first message of a kind about a file. */
function isNew(kind: string, file: string): boolean {
  const { size } = known
  return known.add(`${kind} ${file}`).size > size
}

function send(message: FileMessage): void {
  if (!isReported) threads?.postMessage(message)
  else if (process.connected) process.send!(message)
}

/** Returns the path that a function of `fs` was given; undefined for an open file, and for files of packages. */
function pathOf(given: unknown): string | undefined {
  const isPath = typeof given === 'string' || Buffer.isBuffer(given)
  if (!isPath && !(given instanceof URL && given.protocol === 'file:')) return undefined
  const path = resolve(isPath ? String(given) : fileURLToPath(given as URL))
  return /[\\/]node_modules[\\/]/.test(path) ? undefined : path
}

function noteUse(given: unknown, by: FileState['by']): void {
  const file = pathOf(given)
  if (file !== undefined && isNew(by, file)) send({ tipfy: 'used', file, state: stateOf(file, by) })
}

function noteWrite(given: unknown): void {
  const file = pathOf(given)
  if (file !== undefined && isNew('written', file)) send({ tipfy: 'written', file })
}

registerHooks({
  resolve(specifier, context, next) {
    const isFile = /^(?:\.{0,2}\/|file:)/.test(specifier)
    try {
      const found = next(specifier, context)
      if (found.url.startsWith('file:')) noteUse(new URL(found.url), 'stamp')
      return found
    } catch (error) {
      // Watched all the same: the application works once the file is there.
      if (isFile && URL.canParse(specifier, context.parentURL)) noteUse(new URL(specifier, context.parentURL), 'stamp')
      throw error
    }
  },
})
subscribe(lookups.name, (file) => noteUse(file, 'stamp'))

type Functions = Record<string, (...args: unknown[]) => unknown>

/** Calls `before` with the arguments of each call of a function. */
function observe(owner: object, name: string, before: (...args: unknown[]) => void): void {
  const functions = owner as Functions
  const original = functions[name]
  if (original === undefined) return
  function observed(this: unknown, ...args: unknown[]): unknown {
    before(...args)
    return Reflect.apply(original!, this, args)
  }
  functions[name] = Object.defineProperties(observed, Object.getOwnPropertyDescriptors(original))
}

/** The position of the paths that a function writes, or removes. */
const writers: Record<string, readonly number[]> = {
  writeFile: [0],
  appendFile: [0],
  truncate: [0],
  createWriteStream: [0],
  rm: [0],
  unlink: [0],
  rename: [0, 1],
  copyFile: [1],
  cp: [1],
  link: [1],
  symlink: [1],
}

const { O_WRONLY, O_RDWR } = fs.constants
const isWriting = (flags: unknown) =>
  typeof flags === 'number' ? (flags & (O_WRONLY | O_RDWR)) !== 0 : typeof flags === 'string' && /[aw+]/.test(flags)

for (const owner of [fs, fs.promises]) {
  for (const end of owner === fs ? ['', 'Sync'] : ['']) {
    observe(owner, `readFile${end}`, (path) => noteUse(path, 'text'))
    observe(owner, `open${end}`, (path, flags) => isWriting(flags) && noteWrite(path))
    for (const [name, positions] of Object.entries(writers)) {
      observe(owner, name + end, (...args) => {
        for (const at of positions) noteWrite(args[at])
      })
    }
  }
}
observe(process, 'loadEnvFile', (path = '.env') => noteUse(path, 'stamp'))
syncBuiltinESMExports()
