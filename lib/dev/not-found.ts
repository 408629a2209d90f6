// The 404 in development, where no rule matches: with the rules that are near to what was asked for.
import type { RequestContext } from '../app/types.ts'
import { html } from '../http/html.ts'
import { type HTTPException, page } from '../http/http-exception.ts'
import type { Response } from '../http/response/response.ts'
import { unlikeness } from '../internal/suggest.ts'
import type { Rule } from '../routing/index.ts'

const maxShown = 5

/** Makes the page of a 404; other clients get what they get in production. */
export function notFoundPage(exception: HTTPException, { app, request }: RequestContext): Response {
  const response = exception.toResponse(request)
  if (response.mimetype !== 'text/html') return response
  const near = nearRules(request.path, app.urlMap?.rules() ?? [])
  const list = near.map((rule) => {
    const path = html`<code>${rule.path}</code>`
    return html`<li>${rule.path.includes('<') ? path : html`<a href="${rule.path}">${path}</a>`} ${rule.endpoint}</li>`
  })
  const found = near.length === 0 ? '' : html`<p>Near to it are:</p>\n<ul>${list}</ul>`
  const body = html`<p>${exception.description} No rule matches <code>${request.path}</code>.</p>
${found}
<p>Only development shows this. <a href="/_tipfy/rules?url=${encodeURIComponent(request.target)}">All rules</a></p>`
  response.data = page(exception.code, exception.reason, body)
  return response
}

/** Returns the rules whose paths are most like `path`, the nearest first. */
export function nearRules(path: string, rules: readonly Rule[]): Rule[] {
  return rules
    .filter((rule) => !rule.buildOnly)
    .map((rule) => ({ rule, distance: unlikeness(path, filled(rule.path, path)) }))
    .filter(({ rule, distance }) => distance <= Math.max(2, rule.path.replace(/<[^>]*>/g, '').length / 3))
    .sort((one, other) => one.distance - other.distance)
    .slice(0, maxShown)
    .map(({ rule }) => rule)
}

/** Fills the variables of a rule's path with what stands at the same place in `path`. */
function filled(rule: string, path: string): string {
  const given = path.split('/')
  return rule
    .split('/')
    .map((segment, at) => (segment.includes('<') ? (given[at] ?? '') : segment))
    .join('/')
}
