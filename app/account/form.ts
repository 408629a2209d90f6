// The parts that forms of an account share.
import { html } from 'tipfy'
import { sessionStore } from 'tipfy/ext/session'

/** The hidden field that the hook `checkCsrf` asks for. */
export const token = () => html`<input type="hidden" name="_csrf" value="${sessionStore.csrfToken()}">`

/** A button that makes a passkey or logs in with one, and the script that speaks to the browser. */
export const passkeyButton = (path: string, text: string) => html`<p id="problem" role="alert"></p>
<button id="passkey" data-path="${path}" data-csrf="${sessionStore.csrfToken()}">${text}</button>
<script type="module">
  const button = document.querySelector('#passkey')
  const { path, csrf } = button.dataset
  const send = async (body) => {
    const headers = { 'content-type': 'application/json', 'x-csrf-token': csrf }
    const response = await fetch(path, { method: 'POST', headers, body: JSON.stringify(body) })
    if (response.status === 401) location.assign('/account/login')
    return response.json()
  }
  button.onclick = async () => {
    try {
      const options = await send({ begin: true })
      const credential = options.user
        ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
        : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) })
      const { next } = await send({ credential: credential.toJSON() })
      if (next === undefined) throw new Error('rejected')
      location.assign(next)
    } catch {
      document.querySelector('#problem').textContent = 'That did not work. Please try again.'
    }
  }
</script>`
