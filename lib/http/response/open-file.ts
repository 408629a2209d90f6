// Files as responses: located without leaving their folder, described by their own size and time, opened only when sent.
import { constants, type Stats } from 'node:fs'
import { type FileHandle, open, realpath, stat } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { NotFound } from '../exceptions.ts'
import type { FileBody } from './body.ts'
import type { Response } from './response.ts'

const missing = new Set(['ENOENT', 'ENOTDIR', 'EISDIR', 'ENAMETOOLONG', 'ELOOP', 'EACCES', 'ERR_INVALID_ARG_VALUE'])

async function orNotFound<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (missing.has((error as NodeJS.ErrnoException).code ?? '')) throw new NotFound(undefined, { cause: error })
    throw error
  }
}

/** Finds the real path of a file. Throws NotFound if it does not exist, or is not under its root. */
async function locate(file: FileBody): Promise<string> {
  const { root, dotfiles = false } = file.options
  if (root === undefined) return file.path
  const segments = file.path.split('/')
  const isForbidden = (segment: string) =>
    segment === '' || segment === '.' || segment === '..' || (!dotfiles && segment.startsWith('.'))
  if (/[\\\0]/.test(file.path) || segments.some(isForbidden)) throw new NotFound()
  return realPathUnder(root, join(root, file.path))
}

/** Throws NotFound for a path that does not exist, or that a link leads out of `root`. */
async function realPathUnder(root: string, path: string): Promise<string> {
  const [top, real] = await orNotFound(Promise.all([realpath(root), realpath(path)]))
  if (!real.startsWith(top.endsWith(sep) ? top : top + sep)) throw new NotFound()
  return real
}

/** Locates the file that is the body of `response`, and describes it in the headers. Throws NotFound. */
export async function prepareFile(response: Response): Promise<Response> {
  const file = response.body as FileBody
  const path = await locate(file)
  describe(response, await orNotFound(stat(path)))
  file.located = path
  return response
}

// Headers set by the handler stay. Called twice: the file may change before it is sent.
function describe(response: Response, stats: Stats): void {
  if (!stats.isFile()) throw new NotFound()
  const file = response.body as FileBody
  file.needs ??= { etag: response.etag === null, lastModified: !response.headers.has('last-modified') }
  if (file.needs.etag) response.etag = `${stats.mtimeMs.toString(36)}-${stats.size.toString(36)}`
  if (file.needs.lastModified) response.lastModified = stats.mtime
}

export interface OpenFile {
  handle: FileHandle
  size: number
  /** The coding of the file's own bytes; null for none. */
  encoding: 'br' | 'gzip' | null
}

const endings = { br: '.br', gzip: '.gz' } as const

// A pipe would keep an `open` without it waiting for a writer.
const flags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)

/** Opens the body of `response`: a precompressed file beside it in one of `codings` if there is one, else the file itself. */
export async function openFile(response: Response, codings: readonly string[]): Promise<OpenFile> {
  const file = response.body as FileBody
  const path = file.located ?? (await locate(file))
  if (file.options.precompressed) {
    for (const encoding of codings) {
      if (encoding !== 'br' && encoding !== 'gzip') continue
      const opened = await openPrecompressed(file, path, encoding)
      if (opened === null) continue
      describe(response, opened.stats)
      response.etag = response.etag!.replace(/"$/, `-${encoding}"`)
      return { handle: opened.handle, size: opened.stats.size, encoding }
    }
  }
  const { handle, stats } = await orNotFound(openRegular(path))
  describe(response, stats)
  return { handle, size: stats.size, encoding: null }
}

/** Null without a file of that name, or with one that is not to be sent: outside the root, a folder, a pipe. */
async function openPrecompressed({ options: { root } }: FileBody, path: string, encoding: 'br' | 'gzip') {
  try {
    const name = path + endings[encoding]
    return await openRegular(root === undefined ? name : await realPathUnder(root, name))
  } catch {
    return null
  }
}

/** Opens a file. Throws NotFound for anything else: a folder, a pipe, a device. */
async function openRegular(path: string): Promise<{ handle: FileHandle; stats: Stats }> {
  const handle = await open(path, flags)
  try {
    const stats = await handle.stat()
    if (!stats.isFile()) throw new NotFound()
    return { handle, stats }
  } catch (error) {
    await handle.close()
    throw error
  }
}
