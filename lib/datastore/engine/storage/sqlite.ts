// Loads node:sqlite, which on Node 22 announces itself as experimental: that one line, and no other, is kept back.
import type * as Sqlite from 'node:sqlite'

let loaded: typeof Sqlite | undefined

/** The module `node:sqlite`. */
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
