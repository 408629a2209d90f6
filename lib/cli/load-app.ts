// Loads the application of a command: that of the current folder.
import { relative } from 'node:path'
import type { App, Config, TipfyConfig } from '../app/types.ts'
import { TipfyError } from '../internal/errors.ts'
import { findModule, importFile } from '../internal/import-string.ts'
import { makeApp } from '../make-app.ts'

/**
 * Makes the application of this folder, without starting it.
 *
 * @param settings override those of config.ts
 * @throws {TipfyError} TIPFY_E_CONFIG_FILE, TIPFY_E_CONFIG_EXPORT, and what `makeApp` throws
 */
export async function loadApp(settings: Partial<TipfyConfig> = {}): Promise<App> {
  const root = process.cwd()
  const file = configFile(root)
  const { config } = await importFile(file, root)
  if (typeof config !== 'object' || config === null) {
    throw new TipfyError('TIPFY_E_CONFIG_EXPORT', { file: relative(root, file) })
  }
  const given = config as Config
  return makeApp({ ...given, tipfy: { ...given.tipfy, ...settings } }, { root })
}

/** Returns the file of the configuration. */
export function configFile(root: string): string {
  const file = findModule('config', [root])
  if (file === undefined) throw new TipfyError('TIPFY_E_CONFIG_FILE', { folder: root })
  return file
}

/** Runs `fn` with the application of this folder, not started, and closes it. */
export async function withApp<T>(
  fn: (app: App) => Promise<T>,
  logLevel: TipfyConfig['logLevel'] = 'error',
): Promise<T> {
  const app = await loadApp({ logLevel })
  try {
    return await fn(app)
  } finally {
    await app.close()
  }
}
