// The page of somebody who is signed in: notes that only they can add to.
import { html, RequestHandler, redirectTo, request, urlFor } from 'tipfy'
import { currentUser } from 'tipfy/ext/auth'
import { messages } from 'tipfy/ext/messages'
import { session } from 'tipfy/ext/session'
import { page } from '../page.ts'
import { token } from './form.ts'

export class Account extends RequestHandler {
  async get() {
    const user = (await currentUser())!
    const notes = session.get('notes', [])
    return page(
      `Hello, ${user.name}`,
      html`${notes.length === 0 ? html`<p>You have no notes yet.</p>` : html`<ul>${notes.map((note) => html`<li>${note}</li>`)}</ul>`}
<form method="post">
  ${token()}
  <input name="note" aria-label="Note" placeholder="A note" required>
  <button class="main">Keep it</button>
</form>
<h2>This account</h2>
<p><a href="${urlFor('account/sessions')}">Where you are signed in</a></p>
<p><a href="${urlFor('account/passkeys')}">Passkeys</a></p>
<form method="post" action="${urlFor('account/logout')}">${token()}<button>Sign out</button></form>`,
    )
  }

  async post() {
    const note = (await request.form()).get('note')?.trim()
    if (note) {
      session.setDefault('notes', []).push(note)
      messages.setFlash('success', 'Kept.')
    }
    return redirectTo('account', {}, { code: 303 })
  }
}
