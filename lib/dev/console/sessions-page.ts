// The sessions of this browser and in Datastore: finds, shows, changes and ends them.

import { findCookie } from '../../ext/session/cookies/signed-cookie.ts'
import type { SessionAdmin, StoredSession } from '../../ext/session/repository/admin.ts'
import type { Sessions } from '../../ext/session/session-interface.ts'
import { type Html, html } from '../../http/html.ts'
import { browserSession, changeBrowserSession } from './browser-session.ts'
import { changeRecord, recordPage, stateOf } from './record-page.ts'
import { away, bytes } from './show.ts'
import { type Page, type PageResult, sessionsOf, type Visit } from './visit.ts'

const shownAtOnce = 50
/** Records searched for a text. */
const maxSearched = 1000

export async function sessionsPage(visit: Visit): Promise<PageResult> {
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
  const body = html`<p>${sessions.kinds.main.backend === 'datastore' ? 'Kept in Datastore.' : 'Kept in signed cookies: the server knows only the one that a browser sends.'}
<a href="${link}">This browser's session</a></p>
${sessions.openedRepository === undefined ? '' : await stored(visit, sessions.openedRepository.admin, { user, text, mine, now: sessions.settings.now() })}`
  return { title: 'Sessions', body }
}

/** Returns the id of this browser's session, if it is in Datastore. */
function ownRecord(visit: Visit, sessions: Sessions): string | null {
  if (sessions.kinds.main.backend !== 'datastore') return null
  const cookie = findCookie(sessions.kinds.main, visit.request, sessions.settings)?.cookie
  return cookie === undefined ? null : (sessions.openedRepository?.admin.idOf(cookie.text) ?? null)
}

interface Search {
  user: string
  text: string
  mine: string | null
  now: number
}

async function stored(visit: Visit, admin: SessionAdmin, { user, text, mine, now }: Search): Promise<Html> {
  const after = visit.request.args.get('after', undefined)
  const { found, next, searched } = await search(admin, { user, text, after })
  const lines = found.map((session) => {
    const { id, created, updated, expires, username, version, data, device } = session
    return html`<tr><td><a href="/_tipfy/sessions/${id}"><code>${id.slice(0, 12)}</code></a>${id === mine ? ' (this browser)' : ''}</td>
<td>${stateOf(session)}</td><td>${username ?? ''}</td><td>${device?.state ?? ''}</td><td>${away(created, now)}</td><td>${away(updated, now)}</td><td>${away(expires, now)}</td>
<td class="n">${version}</td><td class="n">${bytes(data?.length ?? 0)}</td></tr>`
  })
  const query = new URLSearchParams({ user, text, after: next ?? '' })
  return html`<form class="line" role="search">
<label>User <input name="user" value="${user}" autocomplete="off"></label>
<label>Text in the data, or the beginning of a name <input name="text" value="${text}" autocomplete="off"></label><button>Find</button></form>
<div class="wide" role="region" aria-label="Sessions" tabindex="0"><table><caption>${lines.length === 0 ? `None found${searched > 0 ? ` among ${searched}` : ''}.` : 'In the order of their keys, which is none.'}</caption>
<thead><tr><th>Name</th><th>State</th><th>User</th><th>Device</th><th>Created</th><th>Changed</th><th>Expires</th><th class="n">Version</th><th class="n">Data</th></tr></thead>
<tbody>${lines}</tbody></table></div>
${next === null ? '' : html`<p><a href="/_tipfy/sessions?${query}">More</a></p>`}`
}

/** Returns a page of matching sessions; with a text, reads as many pages as it takes to fill one. */
async function search(admin: SessionAdmin, { user, text, after }: { user: string; text: string; after?: string }) {
  const found: StoredSession[] = []
  let [next, searched]: [string | null, number] = [after ?? null, 0]
  do {
    const page = await admin.page({ limit: shownAtOnce, after: next ?? undefined, user: user || undefined })
    found.push(...page.sessions.filter(({ id, data }) => id.startsWith(text) || data?.includes(text)))
    searched += page.sessions.length
    next = page.next
  } while (found.length < shownAtOnce && next !== null && searched < maxSearched)
  return { found, next, searched }
}
