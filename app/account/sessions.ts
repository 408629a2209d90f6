// The places where a user is signed in, to be ended one by one or all at once. Needs sessions that are kept on the server.
import { html, RequestHandler, redirectTo, request } from 'tipfy'
import { currentUser, logout } from 'tipfy/ext/auth'
import { messages } from 'tipfy/ext/messages'
import { sessionStore, type UserSession } from 'tipfy/ext/session'
import { page } from '../page.ts'
import { token } from './form.ts'

const words = new Intl.RelativeTimeFormat('en', { numeric: 'auto' })

function ago(time: number): string {
  const minutes = Math.round((Date.now() - time) / 60_000)
  if (minutes < 1) return 'just now'
  if (minutes < 60) return words.format(-minutes, 'minute')
  return minutes < 1440
    ? words.format(-Math.round(minutes / 60), 'hour')
    : words.format(-Math.round(minutes / 1440), 'day')
}

export class Sessions extends RequestHandler {
  async get() {
    const user = (await currentUser())!
    const title = 'Where you are signed in'
    if (sessionStore.backend === 'securecookie') {
      return page(
        title,
        html`<p>These sessions travel in cookies: there is nothing on the server to list or to end.
Start the example with datastore sessions to see this page.</p>`,
      )
    }
    return page(
      title,
      html`<ul>${(await sessionStore.listFor(user.id)).map(item)}</ul>
<form method="post">${token()}<button name="everywhere" value="1">Sign out everywhere</button></form>`,
    )
  }

  async post() {
    const form = await request.form()
    if (form.has('everywhere')) {
      await logout({ everywhere: true })
      messages.setFlash('info', 'You are signed out everywhere.')
      return redirectTo('account/login', {}, { code: 303 })
    }
    if (await sessionStore.revoke((await currentUser())!.id, form.get('id') ?? ''))
      messages.setFlash('info', 'It is ended.')
    return redirectTo('account/sessions', {}, { code: 303 })
  }
}

function item({ id, created, updated, current, device }: UserSession) {
  return html`<li>
  <span>${current ? html`<strong>This browser</strong>` : 'Another browser'}<br>
  <small>signed in ${ago(created)}, last used ${ago(updated)}${device?.state === 'bound' ? ', bound to its device' : ''}</small></span>
  ${current ? '' : html`<form method="post">${token()}<button name="id" value="${id}">End it</button></form>`}</li>`
}
