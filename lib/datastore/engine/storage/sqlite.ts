// Loads node:sqlite without the warning on Node 22 that it is experimental.
import type * as Sqlite from 'node:sqlite'

let loaded: typeof Sqlite | undefined

/** Returns the module `node:sqlite`. */
export function sqlite(): typeof Sqlite {
  if (loaded) return loaded
  const emitWarning = process.emitWarning
  process.emitWarning = ((warning: string | Error, ...rest: never[]) => {
    if (!String(warning).includes('SQLite is an experimental feature')) emitWarning.call(process, warning, ...rest)
  }) as typeof process.emitWarning
  try {
    loaded = process.getBuiltinModule('node:sqlite')
  } finally {
    process.emitWarning = emitWarning
  }
  return loaded
}
