// Matching a path, and redirecting it, takes time linear in its length.
import { expect, test } from '@jest/globals'
import { RequestRedirect, Rule, UrlMap } from '../../lib/routing/index.ts'
import { quoteLocation } from '../../lib/routing/quote.ts'
import { expectLinear } from '../support/linear.ts'

const pieces = [
  'a',
  '/',
  '-',
  '.',
  '1',
  '%2F',
  '%41',
  '%',
  'a/',
  '1/',
  '/a',
  '1.',
  '-1',
  '\u00e4',
  '%C3%A4',
  '\ud835\udfd9',
  '\u0661',
  '@',
  ':',
  '\\',
  '//a',
]
const map = new UrlMap([
  new Rule('/<a>-<b>-<c>.html', { endpoint: 'texts' }),
  new Rule('/<a><b>', { endpoint: 'pair' }),
  new Rule('/<int:a>-<float:b>', { endpoint: 'numbers' }),
  new Rule('/<int(signed=true):a>/', { endpoint: 'int' }),
  new Rule('/<string(minlength=2, maxlength=9):a><string(length=2):b>/', { endpoint: 'lengths' }),
  new Rule('/<any(a,aa,aaa):a><any(a,b):b>', { endpoint: 'any' }),
  new Rule('/files/<path:a>/edit', { endpoint: 'file' }),
  new Rule('/<path:a>/<path:b>/x/', { endpoint: 'paths' }),
  new Rule('/a/<a>/<b>/<c>/', { endpoint: 'segments' }),
  new Rule('/old/<path:rest>', { endpoint: 'old', redirectTo: '/new/<rest>' }),
])

function follow(path: string): unknown {
  const request = { method: 'GET', host: 'example.org', scheme: 'http', rawPath: path, rawQuery: '' }
  try {
    return [map.matchRequest(request), map.rulesFor(request)]
  } catch (error) {
    return error
  }
}

test.each([
  ['/', ''],
  ['/', '.html'],
  ['/files/', '/edit'],
  ['/old/', '%'],
  ['/a/', '/x/'],
])('of a path that begins with %s and ends with %s', async (start, end) => {
  for (const piece of pieces) {
    const input = (size: number) => start + piece.repeat(Math.ceil(size / piece.length)) + end
    await expectLinear({ input, run: follow, to: 2 ** 13 }).catch((error: Error) => {
      throw new Error(`${piece} repeated: ${error.message}`)
    })
  }
})

test('of a location', async () => {
  expect(follow('/old/a')).toBeInstanceOf(RequestRedirect)
  for (const start of ['', '/', '//', 'http://', 'http:']) {
    for (const piece of [...pieces, ' ', '\u0100', 'a@', '@\u0100', '[', '?', '#']) {
      const input = (size: number) => start + piece.repeat(Math.ceil(size / piece.length))
      await expectLinear({ input, run: quoteLocation, to: 2 ** 15 })
    }
  }
})
