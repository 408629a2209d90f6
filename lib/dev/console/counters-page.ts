// What the session store has counted since the process began.
import { type Html, html } from '../../http/escape.ts'
import { bytes, inspectSafely } from './show.ts'
import { type Page, sessionsOf, type Visit } from './visit.ts'

export function countersPage({ app, recorder }: Visit): Page {
  const records = sessionsOf(app)?.records
  const stats = records?.stats
  const servers = (records?.cacheServers ?? []).map(({ name, state }) => [name, states[state]] as const)
  const process_ = {
    'process id': process.pid,
    'up for': `${Math.round(process.uptime())} s`,
    memory: bytes(process.memoryUsage.rss()),
    'requests recorded': recorder.recordings.length,
  }
  const body = html`<div data-refresh>
<h2>Sessions in Datastore</h2>
${stats === undefined ? html`<p class="soft">No session is kept in Datastore by this process, so nothing is counted.</p>` : table(stats as object)}
${servers.length === 0 ? '' : html`<h2>memcached</h2>${table(Object.fromEntries(servers))}`}
<h2>This process</h2>${table(process_)}</div>`
  return { title: 'Counters', body }
}

const states = { closed: 'in use', open: 'left alone', mending: 'being tried again' }

function words(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
}

function table(values: object): Html {
  const rows = Object.entries(values).map(([name, value]) => {
    const shown = typeof value === 'object' ? html`<code>${inspectSafely(value)}</code>` : String(value)
    return html`<tr><th scope="row">${words(name)}</th><td class="n">${shown}</td></tr>`
  })
  return html`<table class="small"><tbody>${rows}</tbody></table>`
}
