// Sessions: this browser's, and those in Datastore, to be found, looked at, changed and ended.

import { findCookie } from '../../ext/session/cookies/signed-cookie.ts'
import { keyName } from '../../ext/session/repository/record.ts'
import type { Sessions } from '../../ext/session/session-kinds.ts'
import { type Html, html } from '../../http/html.ts'
import { browserSession, changeBrowserSession } from './browser-session.ts'
import { changeRecord, recordPage, stateOf, timeout } from './record-page.ts'
import { away, bytes } from './show.ts'
import { type Answer, type Page, sessionsOf, type Visit } from './visit.ts'

const shownAtOnce = 50
/** Records looked through for a text. */
const mostSearched = 1000

export async function sessionsPage(visit: Visit): Promise<Answer> {
  const sessions = sessionsOf(visit.app)
  if (sessions === null) {
    const body = html`<p class="soft">This application has no sessions: no hook of tipfy/ext/session is in its configuration.</p>`
    return { title: 'Sessions', body }
  }
  const [id] = visit.rest
  if (id === 'mine')
    return visit.form === null ? browserSession(visit, sessions) : changeBrowserSession(visit, sessions)
  if (id !== undefined) return visit.form === null ? recordPage(visit, sessions, id) : changeRecord(visit, sessions, id)
  return list(visit, sessions)
}

async function list(visit: Visit, sessions: Sessions): Promise<Page> {
  const { args } = visit.request
  const [user, text] = [args.get('user', ''), args.get('text', '').trim()]
  const mine = ownRecord(visit, sessions)
  const link = mine === null ? '/_tipfy/sessions/mine' : `/_tipfy/sessions/${mine}`
  const body = html`<p>${sessions.kind.backend === 'datastore' ? 'Kept in Datastore.' : 'Kept in signed cookies: the server knows only the one that a browser sends.'}
<a href="${link}">This browser's session</a></p>
${sessions.opened === undefined ? '' : await stored(visit, sessions, user, text, mine)}`
  return { title: 'Sessions', body }
}

/** The name of the record of the session that this browser has, if it is one in Datastore. */
function ownRecord(visit: Visit, sessions: Sessions): string | null {
  if (sessions.kind.backend !== 'datastore') return null
  const cookie = findCookie(sessions.kind, visit.request, sessions.settings)?.cookie
  return cookie === undefined ? null : keyName(cookie.text)
}

async function stored(
  visit: Visit,
  sessions: Sessions,
  user: string,
  text: string,
  mine: string | null,
): Promise<Html> {
  const after = visit.request.args.get('after', undefined)
  const { rows, next, searched } = await search(sessions, { user, text, after })
  const now = sessions.settings.now()
  const lines = rows.map(([id, row]) => {
    const { created, updated, expires, username, version, data } = row
    return html`<tr><td><a href="/_tipfy/sessions/${id}"><code>${id.slice(0, 12)}</code></a>${id === mine ? ' (this browser)' : ''}</td>
<td>${stateOf(row, now)}</td><td>${username ?? ''}</td><td>${away(created, now)}</td><td>${away(updated, now)}</td><td>${away(expires, now)}</td>
<td class="n">${version}</td><td class="n">${bytes(data?.length ?? 0)}</td></tr>`
  })
  const query = new URLSearchParams({ user, text, after: next ?? '' })
  return html`<form class="line" role="search">
<label>User <input name="user" value="${user}" autocomplete="off"></label>
<label>Text in the data, or the beginning of a name <input name="text" value="${text}" autocomplete="off"></label><button>Find</button></form>
<div class="wide"><table><caption>${lines.length === 0 ? `None found${searched > 0 ? ` among ${searched}` : ''}.` : 'In the order of their keys, which is none.'}</caption>
<thead><tr><th>Name</th><th>State</th><th>User</th><th>Created</th><th>Changed</th><th>Expires</th><th class="n">Version</th><th class="n">Data</th></tr></thead>
<tbody>${lines}</tbody></table></div>
${next === null ? '' : html`<p><a href="/_tipfy/sessions?${query}">More</a></p>`}`
}

/** A page of what was looked for; with a text, as many pages as it takes to fill one. */
async function search(sessions: Sessions, { user, text, after }: { user: string; text: string; after?: string }) {
  const store = sessions.opened!.rows
  const rows: [string, Awaited<ReturnType<typeof store.page>>['rows'] extends Map<string, infer Row> ? Row : never][] =
    []
  let [next, searched]: [string | null, number] = [after ?? null, 0]
  do {
    const page = await store.page({ limit: shownAtOnce, after: next ?? undefined, user: user || undefined }, timeout)
    for (const [id, row] of page.rows) if (id.startsWith(text) || row.data?.includes(text)) rows.push([id, row])
    searched += page.rows.size
    next = page.next
  } while (rows.length < shownAtOnce && next !== null && searched < mostSearched)
  return { rows, next, searched }
}
