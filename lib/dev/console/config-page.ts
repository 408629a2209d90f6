// The configuration of the application, without its secrets.
import { type Html, html } from '../../http/html.ts'
import { withoutSecrets } from '../../internal/redact.ts'
import { inspectSafely } from './show.ts'
import type { Page, Visit } from './visit.ts'

export function configPage({ app }: Visit): Page {
  const modules = new Set(['tipfy', ...Object.keys(app.config)])
  if (app.sessionInterface !== null) modules.add('tipfy/ext/session')
  const body = html`<p class="soft">What config.ts says and, in grey, what stands by default. Secrets are hidden.</p>
${[...modules].map((module) => section(module, app.getConfig(module), app.config[module]))}`
  return { title: 'Configuration', body }
}

function section(module: string, values: Readonly<Record<string, unknown>>, given: object | undefined): Html {
  const rows = Object.entries(values).map(([key, value]) => {
    const isSet = given !== undefined && (given as Record<string, unknown>)[key] !== undefined
    const shown = html`<code>${inspectSafely(withoutSecrets(value, key))}</code>`
    return html`<tr><th scope="row">${key}</th><td>${isSet ? shown : html`<span class="soft">${shown}</span>`}</td></tr>`
  })
  return html`<h2><code>${module}</code></h2><div class="wide" role="region" aria-label="${module}" tabindex="0"><table><tbody>${rows}</tbody></table></div>`
}
