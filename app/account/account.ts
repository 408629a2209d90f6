// The page of somebody who is signed in: notes that only they can add to.
import { html, redirectTo, request, urlFor } from 'tipfy'
import { messages } from 'tipfy/ext/messages'
import { session, sessionStore } from 'tipfy/ext/session'
import { page } from '../page.ts'
import { Guarded, token } from './guarded.ts'

export class Account extends Guarded {
  get() {
    if (sessionStore.user === null) return redirectTo('account/login')
    const notes = session.get('notes', [])
    return page(
      `Hello, ${sessionStore.user}`,
      html`${notes.length === 0 ? html`<p>You have no notes yet.</p>` : html`<ul>${notes.map((note) => html`<li>${note}</li>`)}</ul>`}
<form method="post">
  ${token()}
  <input name="note" aria-label="Note" placeholder="A note" required>
  <button class="main">Keep it</button>
</form>
<h2>This account</h2>
<p><a href="${urlFor('account/sessions')}">Where you are signed in</a></p>
<form method="post" action="${urlFor('account/logout')}">${token()}<button>Sign out</button></form>`,
    )
  }

  async post() {
    if (sessionStore.user === null) return redirectTo('account/login', {}, { code: 303 })
    const note = (await request.form()).get('note')?.trim()
    if (note) {
      session.setDefault('notes', []).push(note)
      messages.setFlash('success', 'Kept.')
    }
    return redirectTo('account', {}, { code: 303 })
  }
}
