// Finds the application that a command is about: the one whose config is in the current folder.
import type { App } from '../app.ts'
import type { Config } from '../config.ts'
import { TipfyError } from '../errors.ts'
import { findModule, importFile } from '../import-string.ts'
import { makeApp } from '../make-app.ts'

/**
 * The application of a folder, made but not started.
 *
 * @throws {TipfyError} TIPFY_E_CONFIG_FILE, TIPFY_E_CONFIG_EXPORT, and what `makeApp` throws
 */
export async function loadApp(root: string = process.cwd()): Promise<App> {
  const file = findModule('config', [root])
  if (file === undefined) throw new TipfyError('TIPFY_E_CONFIG_FILE', { folder: root })
  const { config } = await importFile(file, root)
  if (typeof config !== 'object' || config === null) throw new TipfyError('TIPFY_E_CONFIG_EXPORT', { file })
  return makeApp(config as Config, { root })
}
