// Signing in and out. Any name will do; the password of the example is on the page.
import { html, redirectTo, request, response } from 'tipfy'
import { messages } from 'tipfy/ext/messages'
import { session, sessionStore } from 'tipfy/ext/session'
import { page } from '../page.ts'
import { Guarded, token } from './guarded.ts'

declare module 'tipfy/ext/session' {
  interface SessionData {
    notes: string[]
  }
}

const password = 'open sesame'
const month = 30 * 86_400

export class Login extends Guarded {
  get() {
    return form()
  }

  async post() {
    const given = await request.form()
    const name = given.get('name')?.trim() ?? ''
    if (!/^.{1,80}$/.test(name) || given.get('password') !== password) {
      messages.addFormError('That name and password do not belong together.')
      response.status = 422
      return form(name)
    }
    // What another user of this browser left in it is theirs.
    if (sessionStore.user !== null && sessionStore.user !== name) await sessionStore.destroy()
    // A new id, so that one planted before the login is of no use: the cart goes along.
    sessionStore.regenerate()
    sessionStore.user = name
    sessionStore.expiration = given.has('remember') ? month : null
    messages.setFlash('success', `Welcome, ${name}.`)
    return redirectTo('account', {}, { code: 303 })
  }
}

const form = (name = '') =>
  page(
    'Sign in',
    html`<form method="post" class="tall">
  ${token()}
  <label>Name <input name="name" value="${name}" autocomplete="username" required ${name === '' && 'autofocus'}></label>
  <label>Password
    <input name="password" type="password" autocomplete="current-password" required ${name !== '' && 'autofocus'}></label>
  <label class="check"><input name="remember" type="checkbox"> Remember me for a month</label>
  <button class="main">Sign in</button>
</form>
<p><small>Any name will do; the password is “${password}”.</small></p>`,
  )

export class Logout extends Guarded {
  async post() {
    const products = session.get('products')
    await sessionStore.destroy()
    // What follows begins a new session: of the old one only the cart stays.
    if (products !== undefined) session.products = products
    messages.setFlash('info', 'You are signed out.')
    return redirectTo('account/login', {}, { code: 303 })
  }
}
