// The application's rules, and which of them matches a URL.

import { httpMethods, methodsOf } from '../../app/handler.ts'
import { methodsFor } from '../../app/handler-loader.ts'
import type { App } from '../../app/types.ts'
import { HTTPException, MethodNotAllowed } from '../../http/exceptions.ts'
import { type Html, html } from '../../http/html.ts'
import { RequestRedirect, type Rule } from '../../routing/index.ts'
import { inspectSafely } from './show.ts'
import type { Page, Visit } from './visit.ts'

export async function rulesPage({ app, request }: Visit): Promise<Page> {
  const url = request.args.get('url', '')
  const method = request.args.get('method', 'GET')
  const found = url === '' ? null : await find(app, request.host, url, method)
  const rules = app.urlMap?.rules() ?? []
  const body = html`<form class="line" role="search"><label class="wide">Which rule takes this URL?
<input name="url" value="${url}" placeholder="/archive/2026 or a whole URL" required></label>
<label>Method <select name="method">${httpMethods.map((one) => html`<option${one === method ? html` selected` : ''}>${one}</option>`)}</select></label>
<button>Find</button></form>
${found === null ? '' : html`<div class="said${found.rule === null ? ' bad' : ''}" role="status">${found.text}</div>`}
<h2>${rules.length} rules</h2>
<form class="line"><label>Show only those with <input data-filter type="search" autocomplete="off"></label></form>
<div class="wide" role="region" aria-label="All rules" tabindex="0"><table><thead><tr><th>Path</th><th>Endpoint</th><th>Handler</th><th>Methods</th><th>Options</th></tr></thead>
<tbody data-rows>${await Promise.all(rules.map((rule) => row(app, rule, rule === found?.rule)))}</tbody></table></div>`
  return { title: 'Rules', body }
}

async function row(app: App, rule: Rule, isFound: boolean): Promise<Html> {
  const known = await methodsFor(app.handlers, rule)
  const methods = known === null ? html`<span class="soft">any</span>` : known.join(', ')
  return html`<tr${isFound ? html` class="found"` : ''}><td><code>${rule.path}</code></td><td>${rule.endpoint}</td>
<td><code>${handlerName(rule)}</code></td><td>${methods}</td><td>${options(rule).join(', ')}</td></tr>`
}

function handlerName({ handler, redirectTo }: Rule): string {
  if (redirectTo !== undefined) return ''
  if (typeof handler !== 'function') return String(handler)
  return handler.name === '' || handler.name === 'handler' ? '(imported when first asked for)' : handler.name
}

function options(rule: Rule): string[] {
  const { defaults, redirectTo, host, subdomain } = rule
  const list: string[] = []
  if (Object.keys(defaults).length > 0) list.push(`defaults ${inspectSafely(defaults)}`)
  if (redirectTo !== undefined)
    list.push(`redirects to ${typeof redirectTo === 'string' ? redirectTo : 'the result of a function'}`)
  if (host) list.push(`host ${host}`)
  if (subdomain) list.push(`subdomain ${subdomain}`)
  if (rule.buildOnly) list.push('build only')
  if (rule.alias) list.push('alias')
  if (!rule.session) list.push('no session')
  return list
}

interface Found {
  rule: Rule | null
  text: Html
}

async function find(app: App, ownHost: string, given: string, method: string): Promise<Found> {
  const url = /^https?:\/\//i.test(given) ? URL.parse(given) : null
  // The path stays as it was typed: parsing would resolve its dots and escape it.
  const [rawPath = '', rawQuery = ''] = (url === null ? given : url.pathname + url.search).split(/\?(.*)/s)
  const scheme = url?.protocol.slice(0, -1) ?? 'http'
  const asked = { method, scheme, host: url?.host ?? app.settings.serverName ?? ownHost, rawPath, rawQuery }
  try {
    const { rule, args } = app.urlMap!.matchRequest(asked)
    const variables = Object.keys(args).length === 0 ? '' : html`, with <code>${inspectSafely(args)}</code>`
    return {
      rule,
      text: html`<code>${rule.path}</code> matches${variables}. ${await describeHandler(app, rule, method)}`,
    }
  } catch (error) {
    if (!(error instanceof HTTPException)) throw error
    if (error instanceof RequestRedirect)
      return { rule: null, text: html`It is redirected (${error.code}) to <code>${error.location}</code>.` }
    const allow = error instanceof MethodNotAllowed ? ` Rules of this path take ${error.allow.join(', ')}.` : ''
    return { rule: null, text: html`No rule matches: ${error.code} ${error.reason}.${allow}` }
  }
}

/** Tells whether the handler, imported for that, has the method. */
async function describeHandler(app: App, rule: Rule, method: string): Promise<Html> {
  try {
    const handler = await app.handlers.load(rule)
    const known = methodsOf(handler)
    if (known.includes(method)) return html`<code>${handler.name}</code> handles it.`
    return html`<span class="bad"><code>${handler.name}</code> handles only ${known.join(', ')}: 405.</span>`
  } catch (error) {
    return html`<span class="bad">${(error as Error).message}</span>`
  }
}
