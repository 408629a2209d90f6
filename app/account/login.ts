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
    return this.form('')
  }

  async post() {
    const form = await request.form()
    const name = form.get('name')?.trim() ?? ''
    if (name === '' || form.get('password') !== password) {
      messages.addFormError('That name and password do not belong together.')
      response.status = 422
      return this.form(name)
    }
    // What another user of this browser left in it is theirs.
    if (sessionStore.user !== null && sessionStore.user !== name) await sessionStore.destroy()
    // A new id, so that one planted before the login is of no use: the cart goes along.
    sessionStore.regenerate()
    sessionStore.user = name
    if (form.has('remember')) sessionStore.expiration = month
    messages.add('success', `Welcome, ${name}.`, { flash: true })
    return redirectTo('account', {}, { code: 303 })
  }

  private async form(name: string) {
    return page(
      'Sign in',
      html`<form method="post" class="tall">
  ${token()}
  <label>Name <input name="name" value="${name}" autocomplete="username" required autofocus></label>
  <label>Password <input name="password" type="password" autocomplete="current-password" required></label>
  <label class="check"><input name="remember" type="checkbox"> Remember me for a month</label>
  <button class="main">Sign in</button>
</form>
<p><small>Any name will do; the password is “${password}”.</small></p>`,
      await messages.get(),
    )
  }
}

export class Logout extends Guarded {
  async post() {
    const products = session.get('products')
    await sessionStore.destroy()
    // What follows begins a new session: of the old one only the cart stays.
    if (products !== undefined) session.products = products
    messages.add('info', 'You are signed out.', { flash: true })
    return redirectTo('account/login', {}, { code: 303 })
  }
}
