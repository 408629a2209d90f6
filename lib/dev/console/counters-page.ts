// What the session store has counted since the process began.
import type { Counters } from '../../ext/session/counters.ts'
import { type Html, html } from '../../http/escape.ts'
import { bytes } from './show.ts'
import { type Page, sessionsOf, type Visit } from './visit.ts'

const states = { closed: 'in use', open: 'left alone', mending: 'being tried again' }

export function countersPage({ app, recorder }: Visit): Page {
  const records = sessionsOf(app)?.records
  const servers = records?.cacheServers ?? []
  const process_ = {
    'process id': process.pid,
    'up for': `${Math.round(process.uptime())} s`,
    memory: bytes(process.memoryUsage.rss()),
    'requests recorded': recorder.recordings.length,
  }
  const body = html`<div data-refresh>
${records === undefined ? html`<p class="soft">No session is kept in Datastore by this process, so nothing is counted.</p>` : counted(records.stats)}
${servers.length === 0 ? '' : html`<h2>memcached servers</h2>${table(servers.map(({ name, state }) => [name, states[state]]))}`}
<h2>This process</h2>${table(Object.entries(process_))}</div>`
  return { title: 'Counters', body }
}

/** `tombstonesMet` in words. */
function words(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
}

function counted(stats: Counters): Html {
  const entries = Object.entries(stats) as [string, number | { toJSON(): Record<string, number> }][]
  const numbers = entries.flatMap(([name, value]) => (typeof value === 'number' ? [[words(name), value] as const] : []))
  const calls = entries.flatMap(([name, value]) =>
    typeof value === 'number' ? [] : [[words(name), value.toJSON()] as const],
  )
  const columns = Object.keys(calls[0]?.[1] ?? {})
  const rows = calls.map(
    ([name, call]) =>
      html`<tr><th scope="row">${name}</th>${columns.map((column) => html`<td class="n">${call[column]}</td>`)}</tr>`,
  )
  return html`<h2>Sessions in Datastore</h2>${table(numbers)}
<h2>Calls</h2><div class="wide"><table class="small"><caption>Durations in ms.</caption>
<thead><tr><th>Call</th>${columns.map((column) => html`<th class="n">${column}</th>`)}</tr></thead><tbody>${rows}</tbody></table></div>`
}

function table(rows: readonly (readonly [string, string | number])[]): Html {
  return html`<table class="small"><tbody>${rows.map(([name, value]) => html`<tr><th scope="row">${name}</th><td class="n">${value}</td></tr>`)}</tbody></table>`
}
