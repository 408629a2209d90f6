// The start of an application: the configuration of its modules, its rules, error pages and hooks.
import { Draining } from '../http/request/draining.ts'
import { compileTrust, withoutDefaultPort } from '../http/request/origin.ts'
import { limitsOf, type RequestSettings } from '../http/request/settings.ts'
import { TipfyError } from '../internal/errors.ts'
import { importModule, importString, parseImportString } from '../internal/import-string.ts'
import { isDictionary, typeOf } from '../internal/settings.ts'
import { mustBeTheOnlyCopy } from '../internal/single-copy.ts'
import { didYouMean } from '../internal/suggest.ts'
import { findDoubtful, findIndistinguishable, UrlMap } from '../routing/index.ts'
import { validateSection } from './config.ts'
import { checkHook, hookNames } from './hooks.ts'
import { collectAppRules } from './installed-apps.ts'
import type { App, Config, ConfigModule, ErrorHandler, TipfyConfig } from './types.ts'

/** Throws for sections that look like tipfy's and are not: `tipfy.ext.session`, as it was called in 2009, would be ignored. */
export function checkSectionNames(config: Config, modules: Readonly<Record<string, ConfigModule>>): void {
  if (!isDictionary(config)) {
    const given = typeOf(config)
    throw new TipfyError('TIPFY_E_CONFIG_VALUE', { key: 'sections', wanted: 'a dictionary by module', given })
  }
  const known = ['tipfy', ...Object.keys(modules)]
  for (const section of Object.keys(config)) {
    if (!/^tipfy(?:[./]|$)/i.test(section) || known.includes(section)) continue
    throw new TipfyError('TIPFY_E_CONFIG_SECTION', { section, meant: didYouMean(section, known, "'") })
  }
}

/** Checks the sections of modules that come with tipfy, so that `makeApp` throws for a wrong value and not a later hook. */
export function checkModules(app: App): void {
  for (const [module, { defaultConfig, configTypes, checkConfig }] of Object.entries(app.modules)) {
    const given = app.config[module]
    const section = validateSection(module, given, defaultConfig, configTypes)
    if (given !== undefined) checkConfig(section, app)
    app.setSection(module, section)
  }
}

/** Throws for events in config.ts that are not tipfy's: hooks of others are added by code. */
export function checkHookNames(hooks: object): void {
  const wrong = Object.keys(hooks).find((name) => !(hookNames as readonly string[]).includes(name))
  if (wrong !== undefined)
    throw new TipfyError('TIPFY_E_HOOK_NAME', { name: wrong, meant: didYouMean(wrong, hookNames) })
}

/** Imports the functions that make error pages. */
export async function loadErrorHandlers(app: App): Promise<void> {
  for (const [status, handler] of Object.entries(app.settings.errorHandlers)) {
    const event = `errorHandlers.${status}`
    const found = typeof handler === 'string' ? await importHook(app, event, handler) : checkHook(event, handler)
    app.errorHandlers.set(Number(status), found as ErrorHandler)
  }
}

/** Imports the function that 'module:function' names in the configuration, as handlers are: of app/, the root or a package. */
export async function importHook(app: App, event: string, text: string): Promise<Function> {
  const { root, folders } = app
  const wantedBy = `the configuration's ${event}`
  return checkHook(event, await importString(parseImportString(text, wantedBy), { root, folders, wantedBy }), text)
}

/** Makes the map of the application's rules and those of installed applications. */
export async function loadRules(app: App): Promise<UrlMap> {
  const { urls, urlMap, serverName, appsInstalled, appsEntryPoints } = app.settings
  const rules: unknown = await (await rulesFunction(app, urls))(app)
  mustBeTheOnlyCopy()
  const fail = (given: string) =>
    new TipfyError('TIPFY_E_URLS', { urls: typeof urls === 'string' ? urls : 'tipfy.urls', given })
  if (!Array.isArray(rules)) throw fail(typeOf(rules))
  const wrong = rules.findIndex((rule) => typeof rule?.getRules !== 'function')
  if (wrong !== -1) throw fail(`a list whose item ${wrong + 1} is ${typeOf(rules[wrong])}`)
  const importUrls = async (module: string) => {
    const found = await importModule(module, app)
    const owner = module.replace(/\/urls$/, '')
    if (found === undefined && (await importModule(owner, app)) === undefined) {
      app.log.warn(`tipfy.appsInstalled names '${owner}', but there is neither such a module nor ${module}.`)
    }
    return found?.exports
  }
  const installed = await collectAppRules(appsInstalled, appsEntryPoints, importUrls)
  const map = new UrlMap([...rules, ...installed], { ...urlMap, serverName })
  for (const { message } of [...findDoubtful(map), ...findIndistinguishable(map)]) app.log.warn(message)
  map.compile()
  return map
}

type RulesFunction = Exclude<TipfyConfig['urls'], string>

async function rulesFunction({ root }: App, urls: TipfyConfig['urls']): Promise<RulesFunction> {
  if (typeof urls === 'function') return urls
  const wantedBy = 'the configuration key tipfy.urls'
  const given = await importString(parseImportString(urls, wantedBy, 'getRules'), { root, folders: [root], wantedBy })
  if (typeof given !== 'function') throw new TipfyError('TIPFY_E_URLS', { urls, given: typeOf(given) })
  return given as RulesFunction
}

/** The settings that all requests of an application share. */
export function requestSettings(tipfy: TipfyConfig): RequestSettings {
  const serverName = tipfy.serverName === null ? null : withoutDefaultPort(tipfy.serverName)
  const { trustedProxies, trustedHeaders, compress, apiPaths } = tipfy
  const trust = compileTrust(trustedProxies, trustedHeaders)
  return { ...limitsOf(tipfy), serverName, trust, compress, apiPaths, draining: new Draining() }
}

/** Throws for rules whose protection nothing checks: they must not be open to all. */
export function checkProtectedRules({ urlMap, hooks }: App, bindsDevices: boolean): void {
  const isChecked = hooks.get('preDispatchHandler').some((hook) => (hook as { guards?: string }).guards === 'auth')
  for (const rule of urlMap!.addedRules) {
    if (rule.auth !== null && !isChecked) throw new TipfyError('TIPFY_E_RULE_AUTH', { rule: rule.path })
    if (rule.deviceBound !== null && !bindsDevices) throw new TipfyError('TIPFY_E_RULE_DEVICE', { rule: rule.path })
  }
}
