// `tipfy routes`: lists the rules, or finds the one that matches a URL.
import { methodsFor } from '../app/handler-loader.ts'
import { loadSections } from '../app/sections.ts'
import { loadRules } from '../app/setup.ts'
import type { App } from '../app/types.ts'
import { HTTPException, MethodNotAllowed } from '../http/exceptions.ts'
import { RequestRedirect, type Rule, type UrlMap } from '../routing/index.ts'
import { UsageError } from './failure.ts'
import { withApp } from './load-app.ts'
import { counted, paint, print, printJson, table } from './output.ts'

interface Route {
  methods: string[] | null
  rule: string
  endpoint: string
  handler: string
  /** Unusual options. */
  notes: string[]
}

/** Names a handler as urls.ts does. */
export function handlerName({ handler, endpoint }: Pick<Rule, 'handler' | 'endpoint'>): string {
  const target: unknown = handler ?? endpoint
  if (typeof target === 'string') return target
  const { name } = target as { name: string }
  return /^class\b/.test(Function.prototype.toString.call(target)) ? `class ${name}` : 'import(…)'
}

async function routeOf(app: App, map: UrlMap, rule: Rule): Promise<Route> {
  const notes = []
  if (rule.buildOnly) notes.push('build only')
  if (rule.alias) notes.push('alias')
  if (rule.redirectTo !== undefined) notes.push(`redirects to ${String(rule.redirectTo)}`)
  if (!rule.session) notes.push('no session')
  const domain = map.hostMatching ? (rule.host ?? '') : rule.subdomain ? `${rule.subdomain}.` : ''
  return {
    methods: await methodsFor(app.handlers, rule),
    rule: domain + rule.path,
    endpoint: rule.endpoint,
    handler: rule.redirectTo === undefined ? handlerName(rule) : '',
    notes,
  }
}

function shown(routes: readonly Route[]): string {
  const methods = (names: string[] | null) =>
    names === null ? 'any' : names.filter((name) => name !== 'HEAD' && name !== 'OPTIONS').join(' ')
  return table(
    ['rule', 'methods', 'endpoint', 'handler', ''],
    routes.map((route) => [
      route.rule,
      methods(route.methods),
      route.endpoint,
      route.handler,
      paint('dim', route.notes.join(', ')),
    ]),
  )
}

/** Matches a request for `url`; returns its status. */
function match(app: App, map: UrlMap, url: string, method: string) {
  if (!URL.canParse(url, 'http://localhost') || !/^(?:\/|https?:)/.test(url)) {
    throw new UsageError(`${url} is not a URL: write a path like /cart, or a whole URL.`)
  }
  const { host, protocol, pathname, search } = new URL(url, `http://${app.settings.serverName ?? 'localhost'}`)
  const [rawPath = '', rawQuery = ''] = url.startsWith('/') ? url.split('?') : [pathname, search.slice(1)]
  try {
    const { rule, args } = map.matchRequest({ method, host, scheme: protocol.slice(0, -1), rawPath, rawQuery })
    return { status: 200, rule, args }
  } catch (error) {
    if (error instanceof RequestRedirect) return { status: error.code, location: error.location }
    if (error instanceof MethodNotAllowed) return { status: 405, allow: error.allow }
    if (error instanceof HTTPException) return { status: error.code }
    throw error
  }
}

async function matchCommand(app: App, map: UrlMap, url: string, options: { method: string; json?: boolean }) {
  const method = options.method.toUpperCase()
  const { rule, ...outcome } = match(app, map, url, method)
  const route = rule === undefined ? null : await routeOf(app, map, rule)
  if (route?.methods && !route.methods.includes(method)) Object.assign(outcome, { status: 405, allow: route.methods })
  if (outcome.status >= 400) process.exitCode = 1
  if (options.json) return printJson({ ...outcome, route })
  if (outcome.status === 200) return print(`${shown([route!])}\n\n${JSON.stringify(outcome.args)}`)
  if (outcome.location !== undefined)
    return print(`${method} ${url} is redirected (${outcome.status}) to ${outcome.location}`)
  const allow = outcome.allow === undefined ? '' : `; that path allows ${outcome.allow.join(', ')}`
  print(`No rule matches ${method} ${url} (${outcome.status})${allow}`)
}

export function routesCommand(url: string | undefined, options: { method: string; json?: boolean }): Promise<void> {
  return withApp(async (app) => {
    await loadSections(app)
    const map = await loadRules(app)
    if (url !== undefined) return matchCommand(app, map, url, options)
    const routes = await Promise.all(map.rules().map((rule) => routeOf(app, map, rule)))
    if (options.json) printJson(routes)
    else print(`${shown(routes)}\n\n${counted(routes.length, 'rule')}`)
  })
}
