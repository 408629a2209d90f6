// Watches files by the folders that they are in, or will be in: a watch of the file itself would end when an editor replaces it.
import { hash } from 'node:crypto'
import { type FSWatcher, readFileSync, realpathSync, statSync, watch } from 'node:fs'
import { basename, dirname, join, relative, sep } from 'node:path'
import { TipfyError } from '../internal/errors.ts'

/** Milliseconds without a change that end a series: editors write a file in several steps. */
const quiet = 40

/**
 * A file as it was used. By its stamp every write is a change. By its text only another text is: what a start builds, by a program
 * that it runs, would start the application for ever.
 */
export interface FileState {
  by: 'stamp' | 'text'
  /** Changes with the file; '' for one that does not exist or cannot be read. */
  value: string
}

export interface Watch {
  /**
   * Watches a file, which need not exist. One that has changed since its use counts as changed now.
   *
   * @param state of the file when it was used; default: it has not changed since
   */
  use(file: string, state?: FileState): void
  /** Ignores what happens to a file, or below a folder, from now on. */
  ignore(path: string): void
  close(): void
}

interface WatchedFolder {
  watcher: FSWatcher
  inode: number
  /** The files to watch, by the names in this folder on the way to them. */
  files: Map<string, Set<string>>
}

const statOf = (path: string) => statSync(path, { throwIfNoEntry: false })

function realPath(file: string): string {
  try {
    return realpathSync(file)
  } catch {
    return file
  }
}

/** The nearest folder above a path that exists, and the name there on the way to it. */
function nearestFolder(path: string): [folder: string, name: string] {
  const above = dirname(path)
  if (above === path || statOf(above)?.isDirectory()) return [above, basename(path)]
  return nearestFolder(above)
}

/** Returns the state of a file now. */
export function stateOf(file: string, by: FileState['by']): FileState {
  const stat = statOf(file)
  if (stat === undefined || !stat.isFile()) return { by, value: '' }
  return { by, value: by === 'text' ? digestOf(file) : `${stat.mtimeMs} ${stat.size} ${stat.ino}` }
}

function digestOf(file: string): string {
  try {
    return hash('sha1', readFileSync(file))
  } catch {
    return ''
  }
}

/**
 * Calls `changed` with the watched files that were written, made or removed, as paths from `root`.
 *
 * @param failed called once if a folder cannot be watched
 */
export function watchFiles(root: string, changed: (files: string[]) => void, failed: (error: Error) => void): Watch {
  const folders = new Map<string, WatchedFolder>()
  const ignored = new Set<string>()
  /** Digests by file; null for one whose every change counts. */
  const digests = new Map<string, string | null>()
  const noted = new Set<string>()
  let timer: NodeJS.Timeout | undefined
  let hasFailed = false

  function isIgnored(path: string): boolean {
    return ignored.has(path) || (dirname(path) !== path && isIgnored(dirname(path)))
  }

  /** Returns true for a file whose change counts, and remembers its text. */
  function isChanged(file: string): boolean {
    const known = digests.get(file)
    if (known === undefined || known === null) return true
    const now = stateOf(file, 'text').value
    digests.set(file, now)
    return now !== known
  }

  function report(): void {
    // The files that the application writes are known by now: it names them before it writes.
    const written = [...noted].filter((file) => !isIgnored(file) && isChanged(file))
    noted.clear()
    if (written.length > 0) changed(written.map((file) => relative(root, file).split(sep).join('/')).sort())
  }

  function note(file: string): void {
    noted.add(file)
    clearTimeout(timer)
    timer = setTimeout(report, quiet)
  }

  function seen(folder: string, name: string): void {
    for (const file of [...(folders.get(folder)?.files.get(name) ?? [])]) {
      const isItself = file === join(folder, name)
      if (!isItself) add(file) // a folder on the way has come or gone
      if (isItself || statOf(file) !== undefined) note(file)
    }
  }

  function open(folder: string, files: WatchedFolder['files']): void {
    try {
      const watcher = watch(folder, (_, name) => {
        if (name !== null) seen(folder, name)
      })
      watcher.on('error', () => watcher.close())
      folders.set(folder, { watcher, inode: statOf(folder)?.ino ?? 0, files })
    } catch (error) {
      const { message: why } = error as Error
      if (!hasFailed) failed(new TipfyError('TIPFY_E_WATCH', { folder, why }, { cause: error }))
      hasFailed = true
    }
  }

  function add(file: string): void {
    const [folder, name] = nearestFolder(file)
    const known = folders.get(folder)
    const files = known?.files ?? new Map<string, Set<string>>()
    files.set(name, (files.get(name) ?? new Set()).add(file))
    if (known !== undefined && known.inode === statOf(folder)?.ino) return
    known?.watcher.close() // of a folder that was replaced
    open(folder, files)
  }

  return {
    use(file, state) {
      if (statOf(file)?.isFile() === false) return
      const digest = state?.by === 'text' ? state.value : null
      for (const path of new Set([file, realPath(file)])) {
        if (digests.get(path) !== null) digests.set(path, digest)
        add(path)
      }
      // The file may have changed before it was watched.
      if (state !== undefined && stateOf(file, state.by).value !== state.value) note(file)
    },
    ignore: (path) => void ignored.add(path),
    close() {
      clearTimeout(timer)
      for (const { watcher } of folders.values()) watcher.close()
    },
  }
}
