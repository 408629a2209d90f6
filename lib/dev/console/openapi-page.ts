// The document that `tipfy openapi` writes: its operations, each with its part, and the whole.
import { describeApp, type Operation } from '../../app/openapi/document.ts'
import { type Html, html } from '../../http/html.ts'
import type { PageResult, Visit } from './visit.ts'

export async function openapiPage({ app, rest, response }: Visit): Promise<PageResult> {
  const { document, problems } = await describeApp(app)
  if (rest[0] === 'document.json') {
    response.contentType = 'application/json; charset=utf-8'
    response.data = JSON.stringify(document, null, 2)
    return response
  }
  const operations = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => shown(method, path, operation)),
  )
  const body = html`<p>${document.info.title} ${document.info.version}, as OpenAPI ${document.openapi}:
<a href="/_tipfy/openapi/document.json">the document</a>, which <code>npx tipfy openapi</code> writes as well.</p>
${problems.length > 0 && html`<div class="said bad" role="status">${problems.map((problem) => html`<p>Left open: ${problem}</p>`)}</div>`}
${operations}
<h2>Schemas</h2>
${Object.entries(document.components.schemas).map(([name, schema]) => details(html`<code>${name}</code>`, schema))}`
  return { title: 'OpenAPI', body }
}

function shown(method: string, path: string, operation: Operation): Html {
  const name = method === 'x-query' ? 'QUERY' : method.toUpperCase()
  return details(html`<code>${name} ${path}</code> <span class="soft">${operation.summary}</span>`, operation)
}

function details(summary: Html, value: object): Html {
  return html`<details><summary>${summary}</summary><pre tabindex="0">${JSON.stringify(value, null, 2)}</pre></details>`
}
