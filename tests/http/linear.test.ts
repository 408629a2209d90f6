// Everything that reads what a client sends takes time linear in its length, also beyond the limits of a request.
import { Readable } from 'node:stream'
import { describe, test } from '@jest/globals'
import { ETags, parseHttpDate, parseRange, selectRange } from '../../lib/http/conditional.ts'
import { parseCookies } from '../../lib/http/cookies.ts'
import { escape as escapeHtml, html } from '../../lib/http/html.ts'
import { attachment, mimetypeOf } from '../../lib/http/media-types.ts'
import { acceptedOf, bestOf, codingsOf } from '../../lib/http/negotiation.ts'
import { parseMultipart, parseUrlencoded } from '../../lib/http/request/form.ts'
import { parseJson } from '../../lib/http/request/json.ts'
import { checkHost, compileTrust } from '../../lib/http/request/origin.ts'
import { parseQuery } from '../../lib/http/request/query.ts'
import { defaultRequestSettings } from '../../lib/http/request/settings.ts'
import { expectLinear } from '../support/linear.ts'
import { fakeRequest } from './fake.ts'

/** Inputs that repeat one of these: what a grammar could try in more than one way. */
const pieces = [
  'a',
  ' ',
  ';',
  ',',
  '=',
  '"',
  '\\',
  '/',
  '%',
  '%41',
  '%ff',
  '+',
  '&',
  'a;',
  'a&',
  'a=',
  '="',
  ' ;',
  ' ,',
  '",',
  '";',
]
const mixed = [
  ...pieces,
  '\xff',
  '\xc3\xa4',
  '-',
  '1-',
  '1-2,',
  'W/',
  '"a",',
  'a/b,',
  'a/b;q=0.5,',
  'a;q=',
  '*/*,',
  '1.',
  '1:',
  '::',
  '<&',
  '{',
  '[',
  '[1',
  '"\\u0',
]

async function linearFor(
  texts: readonly string[],
  run: (text: string) => unknown,
  wrap = (text: string) => text,
  to = 2 ** 16,
) {
  for (const text of texts) {
    try {
      await expectLinear({ input: (size) => wrap(text.repeat(Math.ceil(size / text.length))), run: quietly(run), to })
    } catch (error) {
      throw new Error(`${JSON.stringify(text)} repeated: ${(error as Error).message}`)
    }
  }
}

/** An input that is an error is one that was read. */
const quietly = (run: (text: string) => unknown) => async (text: string) => {
  try {
    await run(text)
  } catch {}
}

describe('the time to parse is linear in the length', () => {
  test('of a Cookie header', async () => {
    await linearFor(mixed, parseCookies)
    await linearFor(['\xff', '\\', 'a'], parseCookies, (text) => `a="${text}"`)
    await linearFor(['\xff', '\x80a'], parseCookies, (text) => `a=${text}\u0100`)
  })

  test('of a query', async () => {
    await linearFor(mixed, (text) => parseQuery(text))
  })

  test('of an urlencoded form, with any number of parts', async () => {
    const limits = { ...defaultRequestSettings, maxFormParts: Number.POSITIVE_INFINITY }
    await linearFor(mixed, (text) => parseUrlencoded(text, limits))
  })

  test('of Accept and its siblings', async () => {
    await linearFor(mixed, (text) => {
      const headers = { accept: text, 'accept-language': text, 'accept-encoding': text, 'accept-charset': text }
      for (const kind of ['mediaType', 'language', 'encoding', 'charset'] as const) {
        bestOf(kind, headers, ['html', 'json', 'en', 'gzip', 'utf-8'])
        acceptedOf(kind, headers)
      }
      codingsOf(headers, ['br', 'gzip', 'identity'])
    })
  })

  test('of conditions and ranges', async () => {
    await linearFor(mixed, (text) => {
      new ETags(text).hasWeak('"x"')
      parseHttpDate(text)
    })
    await linearFor(mixed, parseRange)
    await linearFor(
      mixed,
      (text) => selectRange(parseRange(text)!, 10 ** 9),
      (text) => `bytes=${text}`,
    )
    await linearFor([' ', '1', '1 '], parseRange, (text) => `bytes=1${text}x`)
  })

  test('of a host, of forwarded headers and of a target', async () => {
    await linearFor(mixed, checkHost)
    await linearFor(mixed, (text) => {
      const headers = { host: text, 'x-forwarded-for': text, 'x-forwarded-proto': text, 'x-forwarded-host': text }
      const request = fakeRequest('/', { headers, settings: { trust: compileTrust('loopback,10.0.0.0/8') } })
      void [request.remoteAddr, request.scheme, request.host]
    })
    for (const start of ['http://', '/', '']) {
      await linearFor(mixed, (text) => {
        const request = fakeRequest(start + text)
        void [request.path, request.rawQuery, request.url, request.args]
      })
    }
  })

  test('of a Content-Type', async () => {
    await linearFor(mixed, (text) => fakeRequest('/', { headers: { 'content-type': text } }).text())
    await linearFor(
      [' ', ';', '; '],
      (text) => fakeRequest('/', { headers: { 'content-type': text } }).text(),
      (text) => `a/b; charset${text}=${text}`,
    )
  })

  test('of JSON', async () => {
    await linearFor(mixed, (text) => parseJson(Buffer.from(text), 100))
    await linearFor(
      ['[', '{', '"', '\\', '__proto__ '],
      (text) => parseJson(Buffer.from(text), 100),
      (text) => `{"a":"${text.replaceAll('"', '')}"}`,
    )
  })

  test('of text in a page, and of an uploaded file’s name', async () => {
    await linearFor(mixed, (text) => String(html`<p>${text}${escapeHtml(text)}`))
    await linearFor([...mixed, 'java'], (text) => [html.json(text), html.url(`/${text}`)])
    await linearFor(mixed, html.url)
    await linearFor(['a'], (text) => String(html`${[...text].map((one) => html`<b>${one}</b>`)}`))
    await linearFor([...mixed, 'é', 'e\u0301', '../', '.'], (text) => [attachment(text), mimetypeOf(text)])
  })

  const multipart = (size: number, part: string, boundary = 'x') =>
    `${`--${boundary}\r\n${part}\r\n`.repeat(Math.ceil(size / (part.length + 7)))}--${boundary}--\r\n`
  const named = 'Content-Disposition: form-data; name="a"'
  test.each([
    ['many fields', (size: number) => multipart(size, `${named}\r\n\r\n1`)],
    ['many files', (size: number) => multipart(size, `${named}; filename="b"\r\n\r\n1`)],
    ['many parts without headers', (size: number) => multipart(size, '\r\n1')],
    ['a large field', (size: number) => multipart(1, `${named}\r\n\r\n${'1'.repeat(size)}`)],
    [
      'a field that looks like a boundary',
      (size: number) => multipart(1, `${named}\r\n\r\n${'\r\n--'.repeat(size / 4)}`),
    ],
    ['a long header', (size: number) => multipart(1, `${named}; ${'a="b"; '.repeat(size / 8)}\r\n\r\n1`)],
    ['a header of quotes', (size: number) => multipart(1, `${named}; a="${'\\"'.repeat(size / 2)}\r\n\r\n1`)],
    ['a form without an end', (size: number) => `--x\r\n${named}\r\n\r\n${'-'.repeat(size)}`],
  ])('of a multipart form: %s', async (_, input) => {
    const limits = { ...defaultRequestSettings, maxFormParts: Number.POSITIVE_INFINITY, maxMemorySize: 2 ** 30 }
    await expectLinear({
      to: 2 ** 17,
      input: (size) => Buffer.from(input(size)),
      run: (body: Buffer) =>
        parseMultipart(Readable.from([body]), 'multipart/form-data; boundary=x', limits).catch(() => {}),
    })
  })

  test('of a multipart form with a long boundary', async () => {
    await expectLinear({
      to: 2 ** 17,
      input: (size) => ({ boundary: 'x'.repeat(size / 2), body: Buffer.from('\r\n--xxxx'.repeat(size / 16)) }),
      run: ({ boundary, body }) =>
        parseMultipart(
          Readable.from([body]),
          `multipart/form-data; boundary=${boundary}`,
          defaultRequestSettings,
        ).catch(() => {}),
    })
  })
})
