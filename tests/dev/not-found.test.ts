import { afterEach, expect, test } from '@jest/globals'
import { NotFound, RequestHandler, Rule } from 'tipfy'
import { type Running, start } from '../support/application.ts'

class Page extends RequestHandler {
  get() {
    return 'page'
  }
}
class Missing extends RequestHandler {
  get() {
    throw new NotFound('No such product.')
  }
}

let running: Running
afterEach(() => running.close())

const rules = () => [
  new Rule('/', { endpoint: 'home', handler: Page }),
  new Rule('/products/', { endpoint: 'products', handler: Page }),
  new Rule('/products/<int:id>', { endpoint: 'product', handler: Missing }),
  new Rule('/archive/<int:year>/<month>', { endpoint: 'archive', handler: Page }),
  new Rule('/built', { endpoint: 'built', buildOnly: true }),
]
const near = async (path: string, headers = {}) => {
  const { status, text } = await running.ask(path, { headers: { accept: 'text/html', ...headers } })
  expect(status).toBe(404)
  return Array.from(text.matchAll(/<li>.*?<code>(.*?)<\/code>/g), ([, rule]) => rule)
}

test('in development a path without a rule names the rules that are near, and escapes what was asked for', async () => {
  running = await start(rules(), { tipfy: { dev: true } })
  expect(await near('/product')).toEqual(['/products/', '/products/&lt;int:id&gt;'])
  expect(await near('/archiv/2026/12')).toEqual(['/archive/&lt;int:year&gt;/&lt;month&gt;'])
  expect(await near('/bilt')).not.toContain('/built')
  expect(await near('/something/else/entirely')).toEqual([])
  expect((await running.ask('/%3Cscript%3E')).text).toContain('<code>/&lt;script&gt;</code>')
})

test('a 404 of a handler, other formats, own error pages and production name none', async () => {
  running = await start(rules(), { tipfy: { dev: true } })
  expect(await near('/products/7')).toEqual([])
  expect((await running.ask('/product', { headers: { accept: 'application/json' } })).text).toBe(
    '{"status":404,"title":"Not Found","detail":"There is nothing at this address."}',
  )
  await running.close()
  running = await start(rules(), { tipfy: { dev: true, errorHandlers: { 404: () => 'my own' } } })
  expect((await running.ask('/product')).text).toBe('my own')
  await running.close()
  running = await start(rules())
  expect(await near('/product')).toEqual([])
})
