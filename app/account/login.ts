// Signing in by password, and out. Any name will do; the password of the example is on the page.
import { html, RequestHandler, redirect, redirectTo, request, response, urlFor } from 'tipfy'
import { loginWithPassword, logout, nextPath } from 'tipfy/ext/auth'
import { messages } from 'tipfy/ext/messages'
import { session } from 'tipfy/ext/session'
import { page } from '../page.ts'
import { passkeyButton, token } from './form.ts'
import { findByName, password } from './users.ts'

declare module 'tipfy/ext/session' {
  interface SessionData {
    notes: string[]
  }
}

export class Login extends RequestHandler {
  get() {
    return form()
  }

  async post() {
    const given = await request.form()
    const name = given.get('name')?.trim() ?? ''
    const remember = given.has('remember')
    if (!(await loginWithPassword(name, given.get('password') ?? '', await findByName(name), { remember }))) {
      messages.addFormError('That name and password do not belong together.')
      response.status = 422
      return form(name)
    }
    messages.setFlash('success', `Welcome, ${name}.`)
    return redirect(nextPath(urlFor('account')), 303)
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
<p><small>Any name will do; the password is “${password}”.</small></p>
${passkeyButton(urlFor('account/login/passkey'), 'Use a passkey')}`,
  )

export class Logout extends RequestHandler {
  async post() {
    const products = session.get('products')
    await logout()
    // From here on it is a new session: of the old one only the cart stays.
    if (products !== undefined) session.products = products
    messages.setFlash('info', 'You are signed out.')
    return redirectTo('account/login', {}, { code: 303 })
  }
}
