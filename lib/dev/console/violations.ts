// Violations of the application's Content-Security-Policy, as browsers report them in development.
import type { App } from '../../app/types.ts'
import { BadRequest } from '../../http/exceptions.ts'
import { type Html, html } from '../../http/html.ts'
import type { Request } from '../../http/request/request.ts'
import { escapeControls } from '../../internal/redact.ts'
import type { Page, Visit } from './visit.ts'

interface Violation {
  readonly at: number
  readonly page: string
  readonly directive: string
  readonly blocked: string
  readonly place: string
  readonly sample: string
  readonly isReportOnly: boolean
}

const maxViolations = 100
const maxReportSize = 64 * 1024
const maxText = 500

const violations = new WeakMap<App, Violation[]>()

function violationsOf(app: App): Violation[] {
  const known = violations.get(app) ?? []
  violations.set(app, known)
  return known
}

/** Takes the report of a browser, in either form: https://www.w3.org/TR/CSP3/#reporting */
export async function takeReport(app: App, request: Request): Promise<void> {
  request.maxBodySize = maxReportSize
  const given: unknown = await request.json({ force: true })
  const reports = Array.isArray(given)
    ? given.map((one) => one?.body)
    : [(given as Record<string, unknown> | null)?.['csp-report']]
  for (const report of reports) {
    if (typeof report !== 'object' || report === null) throw new BadRequest('This is no report of a violation.')
    const violation = read(report as Record<string, unknown>)
    const list = violationsOf(app)
    list.unshift(violation)
    list.splice(maxViolations)
    const { page, directive, blocked, place, isReportOnly } = violation
    app.log.warn(
      escapeControls(
        `${page}: the policy ${isReportOnly ? 'would forbid' : 'forbids'} ${blocked} by ${directive}${place === '' ? '' : `, at ${place}`}`,
      ),
    )
  }
}

function read(report: Record<string, unknown>): Violation {
  const text = (...names: string[]) => {
    const value = names.map((name) => report[name]).find((one) => one !== undefined && one !== null)
    return ['string', 'number'].includes(typeof value) ? String(value).slice(0, maxText) : ''
  }
  const file = text('source-file', 'sourceFile')
  return {
    at: Date.now(),
    page: pathOf(text('document-uri', 'documentURL')),
    directive: text('effective-directive', 'effectiveDirective', 'violated-directive'),
    blocked: text('blocked-uri', 'blockedURL'),
    place: file === '' ? '' : `${pathOf(file)}:${text('line-number', 'lineNumber')}`,
    sample: text('script-sample', 'sample'),
    isReportOnly: text('disposition') === 'report',
  }
}

/** The path of an address of this site; the address itself of another. */
function pathOf(address: string): string {
  const { pathname, hostname } = URL.parse(address) ?? {}
  return hostname === 'localhost' || hostname === '127.0.0.1' ? pathname! : address
}

export function violationsPage({ app }: Visit): Page {
  const list = violationsOf(app)
  const body = html`<p class="soft">What the Content-Security-Policy of <code>tipfy/ext/security:headers</code> stopped in your browser, or would stop.</p>
${list.length === 0 ? html`<p>No browser has reported a violation to this process.</p>` : table(list)}`
  return { title: 'Policy', body }
}

function table(list: readonly Violation[]): Html {
  return html`<div class="wide" tabindex="0" role="region" aria-label="Violations"><table><thead><tr><th>Time</th><th>Page</th><th>Directive</th><th>Blocked</th><th>Where</th><th>How it begins</th></tr></thead>
<tbody data-rows>${list.map(
    ({ at, page, directive, blocked, place, sample, isReportOnly }) =>
      html`<tr><td>${new Date(at).toLocaleTimeString()}</td><td><code>${page}</code></td><td><code>${directive}</code>${isReportOnly && html` <span class="soft">reported only</span>`}</td><td><code>${blocked}</code></td><td><code>${place}</code></td><td><code>${sample}</code></td></tr>`,
  )}</tbody></table></div>`
}
