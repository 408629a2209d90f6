// The last requests, live, and the steps of each.

import { NotFound } from '../../http/exceptions.ts'
import { type Html, html } from '../../http/html.ts'
import { isSecretName } from '../../internal/redact.ts'
import type { Recording } from './recorder.ts'
import { inspectSafely } from './show.ts'
import type { Page, Visit } from './visit.ts'
import { endOf, legend, milliseconds, smallBar, waterfall } from './waterfall.ts'

export function requestsPage(visit: Visit): Page {
  const [id] = visit.rest
  return id === undefined ? list(visit) : one(visit, Number(id))
}

function list({ recorder }: Visit): Page {
  const { recordings } = recorder
  const none = recordings.length > 0 ? html` hidden` : ''
  const body = html`<form class="line" role="search"><label>Show only those with
<input data-filter type="search" autocomplete="off" placeholder="path, status, endpoint"></label></form>
${legend()}
<div class="wide" role="region" aria-label="Requests" tabindex="0"><table>
<thead><tr><th>Time</th><th>Request</th><th class="n">Status</th><th>Endpoint</th><th class="n">ms</th><th>Calls</th><th>Where it went</th></tr></thead>
<tbody data-live data-rows>${recordings.map(requestRow)}</tbody></table></div>
<p id="none" class="soft"${none}>No request yet. Leave this page open and use the application.</p>`
  return { title: 'Requests', body }
}

/** Counts the calls to what keeps sessions, like `2 Datastore`. */
function calls({ steps }: Recording): string {
  const count = (kind: string) => steps.filter((step) => step.kind === kind).length
  const [datastore, cache] = [count('datastore'), count('cache')]
  return [cache && `${cache} cache`, datastore && `${datastore} Datastore`].filter(Boolean).join(', ')
}

function status(recording: Recording): Html {
  if (recording.end === null) return html`<span class="soft">…</span>`
  if (recording.status === null) return html`<span class="bad">none</span>`
  const cut = recording.brokenOff ? ' cut' : ''
  return html`<span class="${recording.status < 400 && !cut ? 'good' : 'bad'}">${recording.status}${cut}</span>`
}

export function requestRow(recording: Recording): Html {
  const time = new Date(recording.at).toTimeString().slice(0, 8)
  return html`<tr id="r${recording.id}"><td class="soft">${time}</td>
<td><a href="/_tipfy/requests/${recording.id}"><code>${recording.method} ${recording.target}</code></a></td>
<td class="n">${status(recording)}</td><td>${recording.rule?.endpoint ?? ''}</td>
<td class="n">${recording.end === null ? '' : milliseconds(endOf(recording) - recording.start)}</td><td>${calls(recording)}</td>
<td class="bar">${smallBar(recording)}</td></tr>`
}

function headers(title: string, list: readonly (readonly [string, string])[]): Html {
  if (list.length === 0) return html``
  const rows = list.map(([name, value]) => {
    const shown = isSecretName(name)
      ? html`<span class="soft">hidden (${value.length} characters)</span>`
      : html`<code>${value}</code>`
    return html`<dt>${name}</dt><dd>${shown}</dd>`
  })
  return html`<h2>${title}</h2><dl>${rows}</dl>`
}

function one({ recorder }: Visit, id: number): Page {
  const recording = recorder.find(id)
  if (recording === undefined) throw new NotFound('This request is not remembered any more, or not yet.')
  const { rule, args, steps } = recording
  const variables = Object.keys(args).length === 0 ? '' : html` with <code>${inspectSafely(args)}</code>`
  const about =
    rule === null
      ? 'No rule took it, or none was looked for.'
      : html`Rule <code>${rule.path}</code>, endpoint <code>${rule.endpoint}</code>${variables}.`
  const body = html`<p>${status(recording)} · ${new Date(recording.at).toISOString()} · <a data-up href="/_tipfy/">all requests</a></p>
<p>${about}</p>
${legend()}
${steps.length === 0 ? html`<p class="soft">No steps were recorded.</p>` : waterfall(recording)}
${recording.end === null ? html`<p class="said">It is still being served. Reload to see more.</p>` : ''}
${headers('Request headers', recording.requestHeaders)}${headers('Response headers', recording.responseHeaders)}`
  return { title: `${recording.method} ${recording.target}`, body }
}
