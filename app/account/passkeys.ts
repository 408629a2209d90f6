// Passkeys: made by a user who is signed in, removed, and used to sign in.
import { html, RequestHandler, redirectTo, request, urlFor } from 'tipfy'
import {
  beginPasskey,
  beginPasskeyLogin,
  completePasskey,
  completePasskeyLogin,
  currentUser,
  login,
  type Passkey,
} from 'tipfy/ext/auth'
import { messages } from 'tipfy/ext/messages'
import { page } from '../page.ts'
import { passkeyButton, token } from './form.ts'
import { loadUser, passkeys, passkeysOf } from './users.ts'

export class Passkeys extends RequestHandler {
  async get() {
    const own = passkeysOf((await currentUser())!)
    return page(
      'Passkeys',
      html`${own.length === 0 ? html`<p>You have no passkeys yet.</p>` : html`<ul>${own.map(item)}</ul>`}
${passkeyButton(urlFor('account/passkeys/new'), 'Make a passkey')}`,
    )
  }

  async post() {
    const id = (await request.form()).get('id') ?? ''
    if (passkeys.get(id)?.userId === (await currentUser())!.id) passkeys.delete(id)
    messages.setFlash('info', 'It is removed.')
    return redirectTo('account/passkeys', {}, { code: 303 })
  }
}

const item = ({ id, isBackedUp }: Passkey) => html`<li>
  <span>${id.slice(0, 8)}… <small>${isBackedUp ? 'on several devices' : 'on one device'}</small></span>
  <form method="post">${token()}<button name="id" value="${id}">Remove</button></form></li>`

const credentialOf = (body: unknown) => (body as { credential?: unknown } | null)?.credential

export class NewPasskey extends RequestHandler {
  async post() {
    const user = (await currentUser())!
    const credential = credentialOf(await request.json())
    if (credential === undefined) return beginPasskey(user, passkeysOf(user))
    const passkey = await completePasskey(credential, (id) => passkeys.get(id))
    if (passkey === null) return { error: 'rejected' }
    passkeys.set(passkey.id, passkey)
    messages.setFlash('success', 'Your passkey is ready.')
    return { next: urlFor('account/passkeys') }
  }
}

export class PasskeyLogin extends RequestHandler {
  async post() {
    const credential = credentialOf(await request.json())
    if (credential === undefined) return beginPasskeyLogin()
    const passkey = await completePasskeyLogin(credential, (id) => passkeys.get(id))
    if (passkey === null) return { error: 'rejected' }
    passkeys.set(passkey.id, passkey)
    await login(passkey.userId)
    messages.setFlash('success', `Welcome, ${loadUser(passkey.userId).name}.`)
    return { next: urlFor('account') }
  }
}
