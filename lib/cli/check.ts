// `tipfy check`: finds mistakes before a request does. It starts nothing, and connects to the cache only with --cache.
import { resolve } from 'node:path'
import { methodsOf } from '../app/handler.ts'
import { ownHookName } from '../app/own-hooks.ts'
import { loadSections } from '../app/sections.ts'
import { checkProtectedRules, loadErrorHandlers, loadRules } from '../app/setup.ts'
import { assertFolder, staticFolders } from '../app/static-files.ts'
import type { App } from '../app/types.ts'
import { loadClient, resolveClient } from '../datastore/google/load-client.ts'
import { datastoreMode } from '../datastore/mode.ts'
import { setDatastoreSession, setSecureCookieSession } from '../ext/session/index.ts'
import { loadRepository } from '../ext/session/session-interface.ts'
import { HTTPException } from '../http/exceptions.ts'
import { TipfyError } from '../internal/errors.ts'
import { type Match, RequestRedirect, type Rule, type UrlMap } from '../routing/index.ts'
import { describeFailure } from './failure.ts'
import { withApp } from './load-app.ts'
import { counted, paint, print, printError, printJson } from './output.ts'
import { sampleFor } from './samples.ts'

interface Problem {
  /** The rule, hook or section. */
  where: string
  problem: string
}

const textOf = (error: unknown) => describeFailure(error).replace(/^tipfy: /, '')

/** Follows a built URL to the rule that matches it; returns the reason if none does. */
function follow(map: UrlMap, domain: string, path: string, method: string): Match | string {
  const place = map.hostMatching ? { serverName: domain } : { serverName: 'localhost', subdomain: domain }
  const adapter = map.bind(place)
  let target = path
  for (let redirects = 0; redirects < 5; redirects++) {
    try {
      return adapter.match(target, method)
    } catch (error) {
      if (error instanceof RequestRedirect) target = new URL(error.location).pathname
      else if (error instanceof HTTPException) return `is a ${error.code} ${error.name}`
      else throw error
    }
  }
  return 'is redirected endlessly'
}

/** Checks that a URL built from the rule matches it, or another rule of the same endpoint or handler. */
function checkRule(map: UrlMap, rule: Rule): string | null {
  const values: Record<string, unknown> = { ...rule.defaults }
  for (const [name, converter] of rule.compiled.converters) {
    if (Object.hasOwn(values, name)) continue
    const sample = sampleFor(converter)
    if (sample === undefined) return null // cannot be checked without a value that its converter accepts
    values[name] = sample.value
  }
  const built = rule.compiled.builder.build(values, false)
  if (built === null) return `cannot be built with ${JSON.stringify(values)}`
  if (!rule.hasHandler) return null
  const method = [...(rule.methods ?? ['GET'])][0]!
  const found = follow(map, built.domain, built.path.startsWith('/') ? built.path : `/${built.path}`, method)
  if (typeof found === 'string') return `its own URL ${built.path} ${found}`
  const other = found.rule
  if (other === rule || other.endpoint === rule.endpoint || handlerOf(other) === handlerOf(rule)) return null
  return `its own URL ${built.path} goes to the rule "${other.path}" (${other.endpoint})`
}

const handlerOf = ({ handler, endpoint }: Rule): unknown => handler ?? endpoint

async function checkHandler(app: App, rule: Rule): Promise<string | null> {
  if (!rule.hasHandler) return null
  const handler = await app.handlers.load(rule)
  const folder = staticFolders.get(handler)
  if (folder !== undefined) assertFolder(resolve(app.root, folder))
  const methods = methodsOf(handler).filter((method) => method !== 'OPTIONS')
  if (methods.length === 0) return 'its handler has no method: write get(), post() …'
  if (rule.methods === null || methods.some((method) => rule.methods!.has(method))) return null
  return `takes ${[...rule.methods].join(', ')}, and its handler has only ${methods.join(', ')}`
}

/** Throws for session hooks and settings that would fail the start. */
function checkSessions(app: App): void {
  const hooks = app.hooks.get('posInitApp').filter((hook) => sessionHooks.includes(hook))
  if (hooks.length > 1) throw new TipfyError('TIPFY_E_SESSION_HOOKS')
  const module = 'tipfy/ext/session'
  if (hooks.length === 0) return
  app.modules[module]!.checkConfig(app.getConfig(module), app)
  const { datastore } = app.getConfig(module)
  if (!hooks.includes(setDatastoreSession) || typeof datastore !== 'string') return
  if (datastoreMode(datastore, app.dev) === 'cloud') resolveClient()
}

/** Imports what a start imports besides, here or in production: its compiled code is then in Node's cache when that starts. */
async function importForStart(app: App): Promise<void> {
  await import('./serve.ts')
  if (!(app.hooks.get('posInitApp') as unknown[]).includes(setDatastoreSession)) return
  await loadRepository()
  await import('../datastore/client.ts')
  const { datastore } = app.getConfig('tipfy/ext/session')
  if (datastore === 'auto' || datastore === 'cloud') await loadClient().catch(() => {}) // where it is installed
}

/** Throws for rules that nothing protects, and warns where a hook of the application might add what does. */
function checkProtection(app: App): void {
  const posInitApp = app.hooks.get('posInitApp')
  const hasSessions = posInitApp.some((hook) => sessionHooks.includes(hook))
  try {
    checkProtectedRules(app, hasSessions && app.getConfig('tipfy/ext/session').deviceBound !== false)
  } catch (error) {
    const mayAdd = [...posInitApp, ...app.hooks.get('preRunApp')].some((hook) => ownHookName(hook) === undefined)
    if (!mayAdd) throw error
    app.log.warn(`Unless a hook of the application adds it: ${textOf(error)}`)
  }
}

const sessionHooks: unknown[] = [setDatastoreSession, setSecureCookieSession]

/** Collects all problems; `attempt` turns an error of a step into one. */
async function problemsOf(app: App): Promise<{ problems: Problem[]; rules: number }> {
  const problems: Problem[] = []
  async function attempt<T>(where: string, step: () => T | Promise<T>): Promise<T | undefined> {
    try {
      return await step()
    } catch (error) {
      const problem = textOf(error)
      // A module that cannot be imported is one problem, however many rules name it.
      if (!problems.some((known) => known.problem === problem)) problems.push({ where, problem })
      return undefined
    }
  }
  await attempt('config', () => loadSections(app))
  const areLoaded = await attempt('hooks', async () => {
    await app.hooks.load()
    return true
  })
  await attempt('error pages', () => loadErrorHandlers(app))
  await attempt('sessions', () => checkSessions(app))
  const map = await attempt('urls', () => loadRules(app))
  if (map !== undefined) {
    app.urlMap = map
    if (areLoaded) await attempt('urls', () => checkProtection(app))
    for (const [module, { start }] of Object.entries(app.modules)) {
      await attempt(module, () => start?.(app.getConfig(module), app))
    }
  }
  for (const rule of map?.rules() ?? []) {
    const where = `rule "${rule.path}"`
    for (const step of [() => checkRule(map!, rule), () => checkHandler(app, rule)]) {
      const problem = await attempt(where, step)
      if (typeof problem === 'string') problems.push({ where, problem })
    }
  }
  return { problems, rules: map?.rules().length ?? 0 }
}

/** Connects to the servers of the cache; returns a description of each, or adds a problem. */
async function checkCache(app: App, problems: Problem[]): Promise<string[]> {
  const section = app.getConfig('tipfy/ext/session')
  const { cacheLinks, retiringLinks } = await import('../ext/session/cache/links.ts')
  const found: string[] = []
  const main = await cacheLinks(section)
  for (const link of new Set([...main, ...(await retiringLinks(section, main))])) {
    try {
      await link.prepare?.()
      const { cacheConnectTimeout: wait } = section
      for (const line of (await link.describe?.(wait)) ?? []) found.push(`${link.name}: ${line}`)
    } catch (error) {
      problems.push({ where: `cache ${link.name}`, problem: (error as Error).message })
    }
  }
  return found
}

export function checkCommand({ json, cache }: { json?: boolean; cache?: boolean }): Promise<void> {
  return withApp(
    async (app) => {
      const { problems, rules } = await problemsOf(app)
      const servers = cache ? await checkCache(app, problems) : []
      if (problems.length > 0) process.exitCode = 1
      else await importForStart(app)
      if (json) return printJson({ ok: problems.length === 0, rules, problems, ...(cache && { cache: servers }) })
      for (const server of servers) print(`cache ${server}`)
      if (cache && servers.length === 0 && problems.length === 0) print('No cache is configured.')
      for (const { where, problem } of problems) print(`${paint('red', where)}: ${problem}`)
      if (problems.length > 0) printError(`tipfy: ${counted(problems.length, 'problem')} found.`)
      else
        print(
          `${paint('green', 'No mistakes')} in ${counted(rules, 'rule')}, ${rules === 1 ? 'its handler' : 'their handlers'}, the hooks and the configuration.`,
        )
    },
    json ? 'error' : 'warn',
  )
}
