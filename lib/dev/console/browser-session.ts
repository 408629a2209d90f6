// The session of the browser that shows the console: with cookie sessions the only one.

import { findCookie } from '../../ext/session/cookies/signed-cookie.ts'
import { decodeData, encodeData } from '../../ext/session/data/codec.ts'
import { RequestSessions, type StoreRequest } from '../../ext/session/request-sessions.ts'
import { type Sessions, storeOf } from '../../ext/session/session-interface.ts'
import { html } from '../../http/html.ts'
import { tokenField } from './layout.ts'
import { editor, fromPretty } from './record-page.ts'
import { inspectSafely } from './show.ts'
import { goTo, type Page, type PageResult, type Visit } from './visit.ts'

const path = '/_tipfy/sessions/mine'

async function open(visit: Visit, app: Sessions): Promise<RequestSessions> {
  const request = visit.request as StoreRequest
  const sessions = new RequestSessions(app, request, findCookie(app.kinds.main, request, app.settings))
  await sessions.main.load()
  return sessions
}

export async function browserSession(visit: Visit, sessions: Sessions): Promise<Page> {
  const store = storeOf(await open(visit, sessions))
  const data = Object.fromEntries(store.current.entries())
  const none = html`<p class="soft">This browser has no session yet.</p>`
  const body = html`<p><a data-up href="/_tipfy/sessions">all sessions</a></p>
${store.isNew ? none : html`<h2>Data</h2><pre tabindex="0" aria-label="Data">${inspectSafely(data)}</pre>`}
${store.user === null ? '' : html`<p>User: ${store.user}</p>`}
<h2>Change it</h2>${editor(visit.app, encodeData(data), path, 0)}
<h2>End it</h2><form method="post" action="${path}" data-ask="End this session?">${tokenField(visit.app)}<button class="bad" name="do" value="destroy">Destroy it</button></form>`
  return { title: "This browser's session", body }
}

export async function changeBrowserSession(visit: Visit, sessions: Sessions): Promise<PageResult> {
  const opened = await open(visit, sessions)
  const store = storeOf(opened)
  let said = 'Saved.'
  try {
    if (visit.form!.get('do') === 'destroy') {
      await store.destroy()
      said = 'The session is ended.'
    } else {
      const data = decodeData(fromPretty(visit.form!.get('data', '')))
      store.current.clear()
      store.current.assign(data)
    }
    const response = goTo(visit, 'sessions/mine', said)
    await opened.save(response, false)
    return response
  } catch (error) {
    return goTo(visit, 'sessions/mine', `Not saved: ${(error as Error).message}`)
  }
}
