// The front page: the cart, for a person with a browser and no JavaScript.
import { html, RequestHandler, redirectTo, request } from 'tipfy'
import { session } from 'tipfy/ext/session'

const style = html`<style>
  :root { color-scheme: light dark; font: 1.05rem/1.5 system-ui, sans-serif }
  body { max-width: 34rem; margin: 3rem auto; padding: 0 1rem }
  form { display: flex; gap: .5rem; margin: 0 }
  ul { padding: 0; list-style: none }
  li { display: flex; align-items: center; justify-content: space-between; padding: .4rem 0; border-bottom: 1px solid #8884 }
  input, button { font: inherit; padding: .4rem .8rem; border: 1px solid #8888; border-radius: .4rem }
  input { flex: 1; min-width: 0 }
  button { cursor: pointer }
</style>`

export class Home extends RequestHandler {
  get() {
    const products = session.get('products') ?? []
    return html`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Cart · tipfy</title>
${style}
<h1>Your cart</h1>
${products.length === 0 ? html`<p>The cart is empty.</p>` : html`<ul>${products.map(item)}</ul>`}
<form method="post">
  <input name="add-product" aria-label="Product" placeholder="A product" required autofocus>
  <button>Add</button>
</form>
</html>
`
  }

  async post() {
    const form = await request.form()
    const toAdd = form.get('add-product')?.trim()
    if (toAdd) session.setDefault('products', []).push(toAdd)

    const products = session.get('products') ?? []
    const at = products.indexOf(form.get('remove-product') ?? '')
    if (at !== -1) products.splice(at, 1)
    return redirectTo('home', {}, { code: 303 })
  }
}

function item(product: string) {
  return html`<li>${product}
  <form method="post"><button name="remove-product" value="${product}">Remove</button></form></li>`
}
