// The handlers that need no session, written as a user would: everything through the globals.
import { html, RequestHandler, request, response } from 'tipfy'

export class Hello extends RequestHandler {
  get() {
    response.data = `Hello from ${request.path}!`
    return response
  }
}

export class Page extends RequestHandler {
  get() {
    return html`<script>document.title = 'Hello'</script><p>Hello from ${request.path}!</p>`
  }
}

export class Part extends RequestHandler {
  get({ year, name }: { year: number; name: string }) {
    response.data = `Hello, ${name} of ${year}!`
    return response
  }
}

export class Json extends RequestHandler {
  async post() {
    const { items } = await request.json<{ items: unknown[] }>()
    return { count: items.length, items }
  }
}
