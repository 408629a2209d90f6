// The handlers that use the session.
import { RequestHandler, request, response } from 'tipfy'
import { session } from 'tipfy/ext/session'

declare module 'tipfy/ext/session' {
  interface SessionData {
    user: string
    products: string[]
    visits: number
  }
}

export class Login extends RequestHandler {
  get() {
    session.user = request.args.get('user') ?? 'nobody'
    session.products = ['foo', 'bar', 'baz'].concat(Array(request.args.get('extra', 0, Number)).fill('another product'))
    return 'Welcome.'
  }
}

export class Read extends RequestHandler {
  get() {
    response.data = `Products of ${session.get('user')}: ${session.get('products')?.slice(0, 3).join(', ')}`
    return response
  }
}

export class Change extends RequestHandler {
  get() {
    session.visits = (session.visits ?? 0) + 1
    return 'Counted.'
  }
}
