// The recorded requests by endpoint: which are slow, and which call too much.
import { type Html, html } from '../../http/html.ts'
import type { Recording } from './recorder.ts'
import { milliseconds } from './waterfall.ts'

interface Sum {
  count: number
  failed: number
  total: number
  slowest: Recording
  datastore: number
  cache: number
}

const took = ({ start, end }: Recording) => end! - start

function sums(recordings: readonly Recording[]): [endpoint: string, sum: Sum][] {
  const found = new Map<string, Sum>()
  for (const recording of recordings) {
    if (recording.end === null) continue
    const endpoint = recording.rule?.endpoint ?? ''
    const sum = found.get(endpoint) ?? { count: 0, failed: 0, total: 0, slowest: recording, datastore: 0, cache: 0 }
    found.set(endpoint, sum)
    sum.count++
    if (recording.status === null || recording.status >= 400) sum.failed++
    sum.total += took(recording)
    if (took(recording) > took(sum.slowest)) sum.slowest = recording
    for (const { kind } of recording.steps) if (kind === 'datastore' || kind === 'cache') sum[kind]++
  }
  return [...found].sort(([, a], [, b]) => b.total - a.total)
}

/** Adds up each endpoint's times, the longest first. */
export function endpointTable(recordings: readonly Recording[]): Html {
  const each = (calls: number, { count }: Sum) => (calls === 0 ? '' : Number((calls / count).toFixed(1)))
  const rows = sums(recordings).map(
    ([endpoint, sum]) => html`<tr><th scope="row">${endpoint || html`<span class="soft">no rule</span>`}</th>
<td class="n">${sum.count}</td><td class="n">${sum.failed === 0 ? '' : html`<span class="bad">${sum.failed}</span>`}</td>
<td class="n">${milliseconds(sum.total / sum.count)}</td>
<td class="n"><a href="/_tipfy/requests/${sum.slowest.id}">${milliseconds(took(sum.slowest))}</a></td>
<td class="n">${each(sum.cache, sum)}</td><td class="n">${each(sum.datastore, sum)}</td></tr>`,
  )
  if (rows.length === 0) return html`<p class="soft">No request yet.</p>`
  return html`<div class="wide" role="region" aria-label="Endpoints" tabindex="0"><table class="small"><caption>Of the requests that are listed; what took most in all comes first.</caption>
<thead><tr><th>Endpoint</th><th class="n">Requests</th><th class="n">400 and up</th><th class="n">Mean ms</th><th class="n">Slowest ms</th><th class="n">Cache each</th><th class="n">Datastore each</th></tr></thead>
<tbody>${rows}</tbody></table></div>`
}
