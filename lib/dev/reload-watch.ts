// Watches the code of an application, folder by folder: to watch the whole tree would include node_modules, file by file, and
// reach the system's limit of watches.
import { type FSWatcher, readdirSync, statSync, watch } from 'node:fs'
import { join, relative, sep } from 'node:path'

const ignoredFolder = /^(?:\..*|node_modules|dist|build|coverage|tests?|__tests__)$/
const code = /(?:\.(?:[cm]?[jt]s|json)|^\.env.*)$/
// Editors keep hidden files beside one that they change: .#home.ts, .home.ts.swp.
const notCode = /^\.(?!env)|\.(?:test|spec)\.[cm]?[jt]s$|^package-lock\.json$/

/** Milliseconds without a change that end a series: editors write a file in several steps. */
const quiet = 40

export interface Watch {
  close(): void
}

const isFolder = (path: string) => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true

/** Calls `changed` with the files that were written, made or removed, as paths from `root`. */
export function watchCode(root: string, changed: (files: string[]) => void): Watch {
  const watchers = new Map<string, FSWatcher>()
  const files = new Set<string>()
  let timer: NodeJS.Timeout | undefined

  function report(): void {
    const written = [...files].sort()
    files.clear()
    changed(written)
  }

  function note(path: string): void {
    files.add(relative(root, path).split(sep).join('/'))
    clearTimeout(timer)
    timer = setTimeout(report, quiet)
  }

  function seen(folder: string, name: string): void {
    const path = join(folder, name)
    if (isFolder(path)) {
      if (!ignoredFolder.test(name)) add(path, true)
    } else if (code.test(name) && !notCode.test(name)) {
      note(path)
    }
  }

  /** Watches a folder and its folders; the files of a `fresh` one count as written. */
  function add(folder: string, fresh: boolean): void {
    if (watchers.has(folder)) return
    const watcher = watch(folder, (_, name) => {
      if (name !== null) seen(folder, name)
    })
    watchers.set(folder, watcher)
    watcher.on('error', () => {
      watcher.close()
      watchers.delete(folder)
    })
    watcher.on('close', () => watchers.delete(folder))
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (entry.isDirectory() && !ignoredFolder.test(entry.name)) add(join(folder, entry.name), fresh)
      else if (fresh && entry.isFile()) seen(folder, entry.name)
    }
  }

  add(root, false)
  return {
    close() {
      clearTimeout(timer)
      for (const watcher of watchers.values()) watcher.close()
    },
  }
}
