// The configuration of the application's own modules: their sections, over the `defaultConfig` that they export.
import { readdirSync, readFileSync } from 'node:fs'
import { join, sep } from 'node:path'
import { importModule } from '../internal/import-string.ts'
import { defaultConfig, validateSection } from './config.ts'
import type { App } from './types.ts'

const codeFile = /(?<!\.d|\.test|\.spec)\.(?:[mc]?ts|m?js)$/
const exportsDefaults = /^export\s+(?:(?:const|let|var|function|class)\s+defaultConfig\b|\{[^}]*\bdefaultConfig\b)/m

/** Finds the modules of a folder that export a `defaultConfig`: it counts also if config.ts has no section for it. */
function findModules(folder: string): string[] {
  let files: string[]
  try {
    files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  } catch {
    return [] // no such folder
  }
  const found = files.filter((file) => codeFile.test(file) && !file.split(sep).includes('node_modules'))
  return found
    .filter((file) => exportsDefaults.test(readFileSync(join(folder, file), 'utf8')))
    .map((file) =>
      file
        .split(sep)
        .join('/')
        .replace(codeFile, '')
        .replace(/\/index$/, ''),
    )
}

/** Imports the modules that have a section, are installed or export a `defaultConfig`, and sets their sections. */
export async function loadSections(app: App): Promise<void> {
  const named = new Set([...Object.keys(app.config), ...app.settings.appsInstalled])
  for (const module of named) await loadSection(app, module)
  for (const module of findModules(app.folders[0]!)) {
    if (named.has(module) || named.has(module.replaceAll('/', '.'))) continue
    try {
      await loadSection(app, module)
    } catch (error) {
      // A request that needs the module meets the same error.
      app.log.error({ err: error }, `The module '${module}' cannot be imported for its defaultConfig`)
    }
  }
}

async function loadSection(app: App, module: string): Promise<void> {
  if (module === 'tipfy' || Object.hasOwn(app.modules, module)) return
  const found = await importModule(module, app)
  if (found === undefined && Object.hasOwn(defaultConfig, module)) {
    app.log.warn(
      `The configuration has a section '${module}', but there is no module of that name. Keys of the application belong in its own section: tipfy: { ${module}: … }`,
    )
  }
  const defaults = found?.exports.defaultConfig
  if (typeof defaults !== 'object' || defaults === null) return
  app.setSection(module, validateSection(module, app.config[module], defaults))
}
