// The cost of requests by endpoint, and the counters of the session repository since the process began.
import { type SessionCounters, sessionCounters } from '../../ext/session/index.ts'
import { type Html, html } from '../../http/html.ts'
import { endpointTable } from './endpoint-table.ts'
import { bytes } from './show.ts'
import type { Page, Visit } from './visit.ts'

const states = { closed: 'in use', open: 'left alone', mending: 'being tried again' }

export function countersPage({ app, recorder }: Visit): Page {
  const counters = sessionCounters(app)
  const process_ = {
    'process id': process.pid,
    'up for': `${Math.round(process.uptime())} s`,
    memory: bytes(process.memoryUsage.rss()),
  }
  const body = html`<div data-refresh>
<h2>Requests by endpoint</h2>${endpointTable(recorder.recordings)}
${counters === null ? html`<p class="soft">No session is kept in Datastore by this process, so nothing is counted.</p>` : counted(counters)}
${counters === null || counters.servers.length === 0 ? '' : html`<h2>Cache servers</h2>${table(counters.servers.map(({ name, state }) => [name, states[state]]))}`}
<h2>This process</h2>${table(Object.entries(process_))}</div>`
  return { title: 'Counters', body }
}

/** Splits `tombstonesMet` into words. */
function words(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
}

/** Descriptions of counters whose names are not enough. */
const meanings: Partial<Record<keyof SessionCounters, string>> = {
  transactions: 'saves that had to read and merge first, and everything else that is a transaction',
  retries: 'commits tried again after an error that may pass',
  outdated: 'saves that found a newer version than they had read, and became a transaction',
  aborted: 'transactions that Datastore gave up for another one, and that were tried again',
  recognised: 'commits whose response was lost, found done by their token',
  unavailable: 'loads and saves without a response of Datastore: a 503',
  merges: 'saves put together with those of requests that ran at once',
  conflicts: 'places that two requests changed at once; the later one won',
  dropped: 'saves of sessions that were ended, moved or expired meanwhile',
  tombstonesMet: 'requests with the cookie of an ended session',
  touches: 'expirations put off without another change',
  leasesMet: 'misses while another process was filling the cache',
  fills: 'records put into the cache after a miss',
  cacheBypassed: 'uses of the cache skipped while it did not respond',
  breakerOpened: 'times that the cache was given up for a while',
  cacheUnconfirmed: 'changes that other processes may not have seen at once',
  cacheBroken: 'cached entries that could not be used',
}

function counted({ servers: _, device, ...counters }: SessionCounters): Html {
  const entries = Object.entries(counters) as [string, number | { toJSON(): Record<string, number> }][]
  const numbers = entries.flatMap(([name, value]) => (typeof value === 'number' ? [[name, value] as const] : []))
  const calls = entries.flatMap(([name, value]) =>
    typeof value === 'number' ? [] : [[words(name), value.toJSON()] as const],
  )
  const columns = Object.keys(calls[0]?.[1] ?? {})
  const rows = calls.map(
    ([name, call]) =>
      html`<tr><th scope="row">${name}</th>${columns.map((column) => html`<td class="n">${call[column]}</td>`)}</tr>`,
  )
  return html`<h2>Sessions in Datastore</h2>
<div class="wide" role="region" aria-label="Counters" tabindex="0"><table class="small"><caption>Counted by this process since it began.</caption><tbody>${numbers.map(counter)}</tbody></table></div>
${device === null ? '' : html`<h2>Devices</h2>${table(Object.entries(device).map(([name, value]) => [words(name), String(value)]))}`}
<h2>Calls</h2><div class="wide" role="region" aria-label="Calls" tabindex="0"><table class="small"><caption>Durations in ms.</caption>
<thead><tr><th>Call</th>${columns.map((column) => html`<th class="n">${column}</th>`)}</tr></thead><tbody>${rows}</tbody></table></div>`
}

function counter([name, value]: readonly [string, number]): Html {
  const meaning = meanings[name as keyof SessionCounters] ?? ''
  return html`<tr${value === 0 ? html` class="zero"` : ''}><th scope="row">${words(name)}</th><td class="n">${value}</td><td class="soft">${meaning}</td></tr>`
}

function table(rows: readonly (readonly [string, string | number])[]): Html {
  return html`<table class="small"><tbody>${rows.map(([name, value]) => html`<tr><th scope="row">${name}</th><td class="n">${value}</td></tr>`)}</tbody></table>`
}
