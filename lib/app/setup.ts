// What an application needs before its first request: configuration of its modules, rules, hooks.
import type { App } from '../app.ts'
import * as session from '../ext/session/config/config.ts'
import { compileTrust, withoutDefaultPort } from '../http/request/origin.ts'
import { limitsOf, type RequestSettings } from '../http/request/settings.ts'
import { TipfyError } from '../internal/errors.ts'
import { importModule, importString, parseImportString } from '../internal/import-string.ts'
import { mustBeTheOnlyCopy } from '../internal/single-copy.ts'
import { nearest } from '../internal/suggest.ts'
import { findDoubtful, findIndistinguishable, UrlMap } from '../routing/index.ts'
import { type Config, defaultConfig, isDictionary, type TipfyConfig, typeOf, validateSection } from './config.ts'
import type { ErrorHandler } from './error-response.ts'
import type { HookName } from './hooks.ts'
import { collectAppRules } from './installed-apps.ts'

const ownSections = ['tipfy', 'tipfy/ext/session']

/** Refuses sections that look like tipfy's and are not: `tipfy.ext.session`, as it was called in 2009, would be ignored. */
export function checkSectionNames(config: Config): void {
  if (!isDictionary(config)) {
    throw new TipfyError('TIPFY_E_CONFIG_VALUE', {
      key: 'sections',
      wanted: 'a dictionary by module',
      given: typeOf(config),
    })
  }
  for (const section of Object.keys(config)) {
    if (!/^tipfy(?:[./]|$)/i.test(section) || ownSections.includes(section)) continue
    throw new TipfyError('TIPFY_E_CONFIG_SECTION', { section, nearest: nearest(section, ownSections) })
  }
}

/** Checks the section of the sessions, so that `makeApp` refuses what their hook would refuse later. */
export function setSessionSection(app: App): void {
  const given = app.config['tipfy/ext/session']
  const section = validateSection('tipfy/ext/session', given, session.defaultConfig, session.configTypes)
  if (given !== undefined) session.checkConfig(section, app)
  app.setSection('tipfy/ext/session', section)
}

/** Imports the modules that have a section or are installed, for the `defaultConfig` they may export. */
export async function loadSections(app: App): Promise<void> {
  const modules = new Set([...Object.keys(app.config), ...app.settings.appsInstalled])
  for (const module of modules) {
    if (module === 'tipfy' || module === 'tipfy/ext/session') continue
    const found = await importModule(module, { root: app.root, folders: app.folders })
    if (found === undefined && Object.hasOwn(defaultConfig, module)) {
      app.log.warn(
        `The configuration has a section '${module}', and there is no module of that name. Keys of the application stand in its own section: tipfy: { ${module}: … }`,
      )
    }
    const defaults = found?.exports.defaultConfig
    if (typeof defaults !== 'object' || defaults === null) continue
    app.setSection(module, validateSection(module, app.config[module], defaults))
  }
}

/** The function that a hook's string names. */
export function importHook(app: App, event: HookName, text: string): Promise<Function> {
  return importFunction(app, event, text)
}

/** Imports the functions that make error pages. */
export async function loadErrorHandlers(app: App): Promise<void> {
  for (const [status, handler] of Object.entries(app.settings.errorHandlers)) {
    const found = typeof handler === 'string' ? await importFunction(app, `errorHandlers.${status}`, handler) : handler
    app.errorHandlers.set(Number(status), found as ErrorHandler)
  }
}

async function importFunction(app: App, event: string, text: string): Promise<Function> {
  const wantedBy = `the configuration's ${event}`
  const hook = await importString(parseImportString(text), { root: app.root, folders: [app.root], wantedBy })
  if (typeof hook !== 'function') throw new TipfyError('TIPFY_E_NOT_A_HOOK', { hook: text, event, given: typeof hook })
  return hook
}

/** The application's rules, as a map. */
export async function loadRules(app: App): Promise<UrlMap> {
  const { urls, urlMap, serverName, appsInstalled, appsEntryPoints } = app.settings
  const rules: unknown = await (await rulesFunction(app, urls))(app)
  mustBeTheOnlyCopy()
  if (!Array.isArray(rules)) throw new TipfyError('TIPFY_E_URLS', { urls: String(urls), given: typeOf(rules) })
  const wrong = rules.findIndex((rule) => typeof rule?.getRules !== 'function')
  if (wrong !== -1) {
    const given = `a list whose item ${wrong + 1} is ${typeOf(rules[wrong])}`
    throw new TipfyError('TIPFY_E_URLS', { urls: String(urls), given })
  }
  const { root, folders } = app
  const importUrls = async (module: string) => {
    const found = await importModule(module, { root, folders })
    const owner = module.replace(/\/urls$/, '')
    if (found === undefined && (await importModule(owner, { root, folders })) === undefined) {
      app.log.warn(`tipfy.appsInstalled names '${owner}', and there is neither such a module nor ${module}.`)
    }
    return found?.exports
  }
  const installed = await collectAppRules(appsInstalled, appsEntryPoints, importUrls)
  const map = new UrlMap([...rules, ...installed], { ...urlMap, serverName })
  for (const { message } of [...findDoubtful(map), ...findIndistinguishable(map)]) app.log.warn(message)
  map.compile()
  return map
}

async function rulesFunction(app: App, urls: TipfyConfig['urls']): Promise<Exclude<TipfyConfig['urls'], string>> {
  if (typeof urls === 'function') return urls
  const wantedBy = 'the configuration key tipfy.urls'
  const given = await importString(parseImportString(urls, 'getRules'), {
    root: app.root,
    folders: [app.root],
    wantedBy,
  })
  if (typeof given !== 'function') throw new TipfyError('TIPFY_E_URLS', { urls, given: typeof given })
  return given as Exclude<TipfyConfig['urls'], string>
}

/** What an application's requests have in common. */
export function requestSettings(tipfy: TipfyConfig): RequestSettings {
  const { trustedProxies, compress } = tipfy
  const serverName = tipfy.serverName === null ? null : withoutDefaultPort(tipfy.serverName)
  return { ...limitsOf(tipfy), serverName, trust: compileTrust(trustedProxies), compress, isDraining: false }
}
