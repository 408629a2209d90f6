// A place for npm's cache. Plain JavaScript for Node 20, as setup.js uses it.
import { accessSync, constants, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Gives npm another folder, until this process ends, if its own in the home of the user cannot be written: npm fails without. */
export function useWritableCache() {
  const cache = process.env.npm_config_cache
  if (cache === undefined) return
  try {
    mkdirSync(cache, { recursive: true })
    accessSync(cache, constants.W_OK)
  } catch {
    const own = mkdtempSync(join(tmpdir(), 'tipfy-npm-'))
    process.env.npm_config_cache = own
    process.on('exit', () => rmSync(own, { recursive: true, force: true }))
  }
}
