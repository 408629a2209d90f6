// One session in Datastore. Changes go through the repository, as a request's would, so that versions and caches stay right.
import type { App } from '../../app/types.ts'
import { decodeData, encodeData } from '../../ext/session/data/codec.ts'
import type { SessionAdmin, StoredSession } from '../../ext/session/repository/admin.ts'
import type { Sessions } from '../../ext/session/session-interface.ts'
import { NotFound } from '../../http/exceptions.ts'
import { type Html, html } from '../../http/html.ts'
import { readJson } from '../../internal/json.ts'
import { tokenField } from './layout.ts'
import { away, inspectSafely } from './show.ts'
import { goTo, type Page, type PageResult, type Visit } from './visit.ts'

export function stateOf({ state }: StoredSession): Html {
  if (state === 'live') return html`<span class="good">live</span>`
  return html`<span class="soft">${state === 'moved' ? 'moved to a new id' : state}</span>`
}

async function sessionOf(admin: SessionAdmin | undefined, id: string): Promise<StoredSession> {
  const session = /^[0-9a-f]{64}$/.test(id) ? await admin?.show(id) : null
  if (!session) throw new NotFound('There is no such session, or not any more.')
  return session
}

/** Returns stored data with line breaks, to be read and edited. */
function pretty(data: string): string {
  const typed = data.startsWith('~') ? '~' : ''
  return typed + JSON.stringify(readJson(data.slice(typed.length)), null, 2)
}

/** Returns edited text as it is stored. Throws an error for the person who typed it. */
export function fromPretty(text: string): string {
  const trimmed = text.trim()
  const typed = trimmed.startsWith('~') ? '~' : ''
  return encodeData(decodeData(typed + JSON.stringify(readJson(trimmed.slice(typed.length)))))
}

export function editor(app: App, data: string, action: string, version: number): Html {
  return html`<form method="post" action="${action}">${tokenField(app)}<input type="hidden" name="version" value="${version}">
<label><span>As it is stored: JSON, and with <code>~</code> in front JSON with tags for a Date, a Map and the like</span>
<textarea name="data" spellcheck="false">${pretty(data)}</textarea></label>
<button name="do" value="change">Save</button></form>`
}

function shown(data: string): Html {
  try {
    return html`<pre tabindex="0" aria-label="Data">${inspectSafely(decodeData(data))}</pre>`
  } catch (error) {
    return html`<p class="bad">${(error as Error).message}</p><pre tabindex="0" aria-label="Data">${data}</pre>`
  }
}

export async function recordPage({ app }: Visit, sessions: Sessions, id: string): Promise<Page> {
  const session = await sessionOf(sessions.openedRepository?.admin, id)
  const now = sessions.settings.now()
  const { data, device, username, version, created, updated, expires, commits } = session
  const time = (ms: number) => html`${new Date(ms).toISOString()} <span class="soft">${away(ms, now)}</span>`
  const action = `/_tipfy/sessions/${id}`
  const body = html`<p>${stateOf(session)} · <a data-up href="/_tipfy/sessions">all sessions</a></p>
<dl><dt>Name</dt><dd><code>${id}</code> <span class="soft">the SHA-256 of the id in the cookie</span></dd><dt>User</dt><dd>${username ?? html`<span class="soft">none</span>`}</dd>
<dt>Device</dt><dd>${device?.state ?? html`<span class="soft">none</span>`}</dd>
<dt>Created</dt><dd>${time(created)}</dd><dt>Changed</dt><dd>${time(updated)}</dd><dt>Expires</dt><dd>${time(expires)}</dd>
<dt>Version</dt><dd>${version} <span class="soft">the tokens of the last ${commits} commits are kept</span></dd></dl>
${data ? html`<h2>Data</h2>${shown(data)}` : ''}
${
  session.state === 'live'
    ? html`<h2>Change it</h2>${editor(app, data!, action, version)}
<h2>End it</h2>
<form class="line" method="post" action="${action}" data-ask="End this session?">${tokenField(app)}<input type="hidden" name="version" value="${version}">
<button name="do" value="expire">Expire it now</button> <button class="bad" name="do" value="revoke">Revoke it</button></form>
<p class="soft">An expired session is as if it had not been used for too long. A revoked one is ended as by <code>sessionStore.destroy()</code>: requests
that are using it now lose what they write.</p>`
    : ''
}`
  return { title: `Session ${id.slice(0, 12)}`, body }
}

export async function changeRecord(visit: Visit, sessions: Sessions, id: string): Promise<PageResult> {
  const admin = sessions.openedRepository?.admin
  await sessionOf(admin, id)
  const form = visit.form!
  const path = `sessions/${id}`
  const version = form.get('version', 0, Number)
  switch (form.get('do')) {
    case 'revoke':
      await admin!.end(id)
      return goTo(visit, path, 'The session is ended.')
    case 'expire':
      return redirectBy(await admin!.amend(id, version, { expiresIn: 0 }), 'The session has expired.')
    default:
      try {
        return redirectBy(await admin!.amend(id, version, { data: fromPretty(form.get('data', '')) }), 'Saved.')
      } catch (error) {
        return goTo(visit, path, `Not saved: ${(error as Error).message}`)
      }
  }

  function redirectBy({ state }: { state: string }, done: string): PageResult {
    return goTo(
      visit,
      path,
      state === 'saved' ? done : 'Nothing was done: the session has changed meanwhile. Look again.',
    )
  }
}
