import { Readable } from 'node:stream'
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { HeaderList } from '../../../lib/http/headers.ts'
import { Response } from '../../../lib/http/response/response.ts'
import { sent } from '../fake.ts'
import { live, raw } from '../live.ts'

test('names are found without regard to case; set replaces, add adds', () => {
  const headers = new HeaderList()
  headers.add('X-A', '1').add('x-a', '2').set('X-B', 3)
  expect([headers.get('x-A'), headers.getAll('X-a'), headers.get('x-b')]).toEqual(['1', ['1', '2'], '3'])
  headers.set('X-a', '4')
  expect([...headers]).toEqual([
    ['x-a', '4'],
    ['x-b', '3'],
  ])
  expect([headers.delete('x-A'), headers.delete('x-A'), headers.has('x-a'), headers.get('x-a')]).toEqual([
    true,
    false,
    false,
    null,
  ])
})

test('headers can be given as pairs, as an object, or as those of the web', () => {
  expect([...new HeaderList([['A', '1']])]).toEqual([['a', '1']])
  expect([...new HeaderList({ A: ['1', '2'], B: 3, C: undefined })]).toEqual([
    ['a', '1'],
    ['a', '2'],
    ['b', '3'],
  ])
  expect([...new HeaderList(new Headers({ A: '1' }))]).toEqual([['a', '1']])
})

test('neither a handler nor headers copied from another server frame the response', () => {
  const response = new Response('x', { headers: { 'Transfer-Encoding': 'chunked', 'X-A': '1' } })
  response.headers.set('transfer-encoding', 'chunked').add('TRANSFER-ENCODING', 'gzip')
  expect([...response.headers.keys()]).not.toContain('transfer-encoding')
  const outgoing = sent(response)
  expect([outgoing.header('content-length'), outgoing.header('transfer-encoding')]).toEqual(['1', undefined])
})

test.each(['a\r\nSet-Cookie: x=1', 'a\nb', 'a\rb', 'a\0', '\x7f', '☃'])('the value %j throws', (value) => {
  const rejected = expect.objectContaining({ code: 'TIPFY_E_HEADER_VALUE' })
  const response = new Response()
  expect(() => response.headers.set('x', value)).toThrow(rejected)
  expect(() => response.headers.add('x', value)).toThrow(rejected)
  expect(() => new Response('', { headers: { x: value } })).toThrow(rejected)
  expect(() => new Response('', { contentType: value })).toThrow(rejected)
  expect(() => {
    new Response().contentType = value
  }).toThrow(rejected)
})

test.each(['', 'a b', 'a:', 'a\r\nb', 'ä', 'a\0'])('the name %j throws', (name) => {
  expect(() => new Response().headers.set(name, '1')).toThrow(expect.objectContaining({ code: 'TIPFY_E_HEADER_NAME' }))
})

test('whatever is done to headers, they do what an ordered list of pairs does', () => {
  const name = fc.constantFrom('A', 'a', 'B', 'c')
  const step = fc.tuple(fc.constantFrom('add', 'set', 'delete'), name, fc.constantFrom('1', '2'))
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const headers = new HeaderList()
      let model: [string, string][] = []
      for (const [what, given, value] of steps) {
        const key = given.toLowerCase()
        const at = model.findIndex(([other]) => other === key)
        if (what === 'add' || (what === 'set' && at === -1)) model.push([key, value])
        else if (what === 'delete') model = model.filter(([other]) => other !== key)
        else {
          model[at] = [key, value]
          model = model.filter(([other], i) => other !== key || i === at)
        }
        if (what === 'delete') headers.delete(given)
        else headers[what as 'add' | 'set'](given, value)
      }
      expect([...headers]).toEqual(model)
      expect(headers.toFlat()).toEqual(model.flat())
    }),
  )
})

test('the content type is there whether headers were touched or not', () => {
  const response = new Response('x')
  response.headers.set('x-a', '1')
  expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8')
  response.mimetype = 'text/csv'
  expect(response.contentType).toBe('text/csv; charset=utf-8')
  response.contentType = ''
  expect(sent(response).flat).toEqual(['x-a', '1', 'content-length', '1'])
})

test.each([
  ['text/plain', 'text/plain; charset=utf-8'],
  ['application/xml', 'application/xml; charset=utf-8'],
  ['image/svg+xml', 'image/svg+xml; charset=utf-8'],
  ['application/json', 'application/json'],
  ['image/png', 'image/png'],
])('the mimetype %s is sent as %s', (mimetype, contentType) => {
  const response = new Response('', { mimetype })
  expect([response.contentType, response.mimetype]).toEqual([contentType, mimetype])
})

test('Set-Cookie is never folded into one line', () => {
  const response = new Response()
  response.setCookie('a', '1')
  response.setCookie('b', '2')
  expect(sent(response).flat.filter((text) => text === 'set-cookie')).toHaveLength(2)
})

test('vary gathers names once, and a star stands for all', () => {
  const response = new Response('', { headers: { Vary: 'Origin' } })
  response.vary('Cookie', 'origin')
  response.vary('cookie,Accept')
  expect(response.headers.getAll('vary')).toEqual(['Origin, Cookie, Accept'])
  response.vary('*')
  expect(response.headers.get('vary')).toBe('*')
})

test.each<[string, () => string | Buffer | Readable]>([
  ['ASCII', () => 'tea'],
  ['text', () => 'th\u00e9 \u2615'],
  ['bytes', () => Buffer.from('tea')],
  ['a stream of text', () => Readable.from(['th\u00e9'], { objectMode: false, encoding: 'utf8' })],
  ['nothing', () => ''],
])('headers are sent in Latin-1 beside a body of %s, which is sent in UTF-8', async (_, body) => {
  const { port, close } = await live((_, response) => {
    response.headers.set('x-name', 'caf\u00e9')
    const given = body()
    if (given instanceof Readable) response.stream(given)
    else response.data = given
  })
  const reply = await raw(port, 'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
  expect(reply).toContain('\r\nx-name: caf\u00e9\r\n')
  const given = body()
  if (typeof given === 'string') expect(Buffer.from(reply, 'latin1').toString()).toContain(`\r\n\r\n${given}`)
  await close()
})

test.each([
  ['undefined', undefined, 'undefined'],
  ['null', null, 'null'],
  ['a promise', Promise.resolve('x'), 'a promise'],
  ['an object', {}, 'an object'],
  ['a function', () => 'x', 'a function'],
  ['a list', ['a=1', 'b=2'], 'a list'],
])('%s is no value of a header', (_, value, given) => {
  const set = () => new Response().headers.set('X-A', value as string)
  expect(set).toThrow(`The header X-A was given ${given}, which has no text`)
  expect(
    new Response().headers.set('Location', new URL('http://a.example/') as unknown as string).get('location'),
  ).toBe('http://a.example/')
})

test('a Date as the value of a header is written as HTTP writes dates', () => {
  const response = new Response()
  response.headers.set('Last-Modified', new Date(0))
  expect(response.headers.get('last-modified')).toBe('Thu, 01 Jan 1970 00:00:00 GMT')
  expect(() => response.headers.set('Last-Modified', new Date(Number.NaN))).toThrow('was given an invalid Date')
})
