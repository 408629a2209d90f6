// The cart of tipfy's session guide: products come and go by the query of one URL.
import { html, RequestHandler, request, response } from 'tipfy'
import { session } from 'tipfy/ext/session'

declare module 'tipfy/ext/session' {
  interface SessionData {
    products: string[]
  }
}

export class MyHandler extends RequestHandler {
  get() {
    const toAdd = request.args.get('add-product')
    if (toAdd !== null) session.setDefault('products', []).push(toAdd)

    const toRemove = request.args.get('remove-product')
    if (toRemove !== null) {
      const products = session.setDefault('products', [])
      const at = products.indexOf(toRemove)
      if (at !== -1) products.splice(at, 1)
    }
    const products = session.get('products')
    response.data = products?.length ? html`Products in cart: ${products.join(', ')}` : 'The cart is empty.'
    return response
  }
}
