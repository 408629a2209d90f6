// The configuration of the application's own modules: their sections, over the `defaultConfig` that they export, checked by its
// types or by the `configSchema` that they export.
import { readdirSync, readFileSync } from 'node:fs'
import { join, sep } from 'node:path'
import { isSchema } from '../http/schema.ts'
import { TipfyError } from '../internal/errors.ts'
import { importModule } from '../internal/import-string.ts'
import { isSecretName } from '../internal/redact.ts'
import { isDictionary, typeOf } from '../internal/settings.ts'
import { defaultConfig, validateSection } from './config.ts'
import type { App } from './types.ts'

const codeFile = /(?<!\.d|\.test|\.spec)\.(?:[mc]?ts|m?js)$/
const exportsDefaults =
  /^export\s+(?:(?:const|let|var|function|class)\s+(?:defaultConfig|configSchema)\b|\{[^}]*\b(?:defaultConfig|configSchema)\b)/m

/** Finds the modules of a folder that export a `defaultConfig` or a `configSchema`: they count also if config.ts has no section for it. */
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

/** Imports the modules that have a section, are installed or export one of the two, and sets their sections. */
export async function loadSections(app: App): Promise<void> {
  const named = new Set([...Object.keys(app.config), ...app.settings.appsInstalled])
  for (const module of named) await loadSection(app, module)
  for (const module of findModules(app.folders[0]!)) {
    if (named.has(module) || named.has(module.replaceAll('/', '.'))) continue
    try {
      await loadSection(app, module)
    } catch (error) {
      if (error instanceof TipfyError && error.code === 'TIPFY_E_CONFIG_SCHEMA') throw error
      // A request that needs the module meets the same error.
      app.log.error({ err: error }, `The module '${module}' cannot be imported for its defaultConfig`)
    }
  }
}

async function loadSection(app: App, module: string): Promise<void> {
  if (module === 'tipfy' || Object.hasOwn(app.modules, module)) return
  const found = await importModule(module, app)
  const ours = Object.keys(app.modules).find((name) => name.endsWith(`/${module}`))
  if (found === undefined && ours !== undefined) {
    app.log.warn(
      `The configuration has a section '${module}', but there is no module of that name. Did you mean '${ours}'?`,
    )
  }
  if (found === undefined && Object.hasOwn(defaultConfig, module)) {
    app.log.warn(
      `The configuration has a section '${module}', but there is no module of that name. Keys of the application belong in its own section: tipfy: { ${module}: … }`,
    )
  }
  const { defaultConfig: defaults, configSchema: schema } = found?.exports ?? {}
  const given = app.config[module]
  const hasDefaults = typeof defaults === 'object' && defaults !== null
  if (schema !== undefined)
    app.setSection(module, await checkSection(module, { ...(hasDefaults ? defaults : {}), ...given }, schema))
  else if (hasDefaults) app.setSection(module, validateSection(module, given, defaults))
}

/** @throws {TipfyError} TIPFY_E_CONFIG_SCHEMA for a section that does not fit the schema, or a schema that is none */
async function checkSection(module: string, section: object, schema: unknown): Promise<object> {
  const fail = (key: string, why: string) => new TipfyError('TIPFY_E_CONFIG_SCHEMA', { key, why })
  if (!isSchema(schema))
    throw fail(module, `\`configSchema\` of the module is ${typeOf(schema)}, not a Standard Schema`)
  const result = await schema['~standard'].validate(section)
  if (result.issues === undefined) {
    if (isDictionary(result.value)) return result.value
    throw fail(module, `\`configSchema\` of the module returns ${typeOf(result.value)}, not an object`)
  }
  const { path = [], message = 'it is not valid' } = result.issues[0] ?? {}
  const keys = path.map((one) => String(typeof one === 'object' ? one.key : one))
  // Some libraries name the value.
  const isSecret = keys.some((key) => isSecretName(key))
  throw fail([module, ...keys].join('.'), isSecret ? 'it is not valid' : message)
}
