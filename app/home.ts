// The front page: the cart, for a person with a browser and no JavaScript.
import { html, RequestHandler, redirectTo, request } from 'tipfy'
import { session } from 'tipfy/ext/session'
import { page } from './page.ts'

export class Home extends RequestHandler {
  get() {
    const products = session.get('products', [])
    return page(
      'Your cart',
      html`${products.length === 0 ? html`<p>The cart is empty.</p>` : html`<ul>${products.map(item)}</ul>`}
<form method="post">
  <input name="add-product" aria-label="Product" placeholder="A product" required autofocus>
  <button class="main">Add</button>
</form>`,
    )
  }

  async post() {
    const form = await request.form()
    const toAdd = form.get('add-product')?.trim()
    if (toAdd) session.setDefault('products', []).push(toAdd)

    const products = session.get('products', [])
    const at = products.indexOf(form.get('remove-product') ?? '')
    if (at !== -1) products.splice(at, 1)
    return redirectTo('home', {}, { code: 303 })
  }
}

const item = (product: string) => html`<li>${product}
  <form method="post">
    <button name="remove-product" value="${product}" aria-label="Remove ${product}">Remove</button>
  </form></li>`
