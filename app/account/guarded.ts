// What the pages of an account have in common: their forms are checked, and carry what is checked.
import { html, RequestHandler, type Verb } from 'tipfy'
import { sessionStore } from 'tipfy/ext/session'

/** A handler whose unsafe requests must come from a form of this site. */
export class Guarded extends RequestHandler {
  override async dispatch(method: Verb, args: Readonly<Record<string, unknown>>) {
    if (method === 'post') await sessionStore.checkCsrf()
    return super.dispatch(method, args)
  }
}

/** The hidden field that such a form needs. */
export const token = () => html`<input type="hidden" name="_csrf" value="${sessionStore.csrfToken()}">`
