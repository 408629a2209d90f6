import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { quoteLocation } from '../../lib/routing/quote.ts'

test.each([
  ['http://example.com', 'http://example.com'],
  ['/füübär?a=%20&b=[1]', '/f%C3%BC%C3%BCb%C3%A4r?a=%20&b=[1]'],
  ['http://☃.example.com/☃', 'http://xn--n3h.example.com/%E2%98%83'],
  ['http://üser:pässword@☃.net:8080/påth', 'http://%C3%BCser:p%C3%A4ssword@xn--n3h.net:8080/p%C3%A5th'],
  ['//bücher.example', '//xn--bcher-kva.example'],
  ['/a@ü/b', '/a@%C3%BC/b'],
  ['itms-services://?url=abc', 'itms-services://?url=abc'],
  ['mailto:ü@example.org', 'mailto:%C3%BC@example.org'],
  ['/?x="<1>"', '/?x=%22%3C1%3E%22'],
  ['/\\evil.example', '/%5Cevil.example'],
  ['http://ours.example\\@evil.example', 'http://ours.example/@evil.example'],
  ['HTTPS:\\\\ours.example\\a?b=\\#\\', 'HTTPS://ours.example/a?b=\\#\\'],
  ['//ours.example\\@evil.ü', '//ours.example/@evil.%C3%BC'],
  ['\\\\evil.example', '%5C%5Cevil.example'],
  ['/\ud800', '/%EF%BF%BD'],
  ['/a\r\nb', '/a%0D%0Ab'],
])('Location: %j is sent as %s', (url, location) => {
  expect(quoteLocation(url)).toBe(location)
})

test('a browser reads the host in what is sent that it would have read in what was given', () => {
  const piece = fc.constantFrom(
    'http:',
    '//',
    '/',
    '\\\\',
    '\\',
    'a.example',
    '@',
    'ü.example',
    ':',
    '?',
    '#',
    '.',
    ' ',
    '\t',
    '%5c',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
      const given = URL.parse(pieces.join(''), 'http://ours.example/')
      const sent = URL.parse(quoteLocation(pieces.join('')), 'http://ours.example/')
      // A location that was meant for elsewhere may stay here, never the other way round.
      if (sent?.protocol === 'http:') expect([given?.host, 'ours.example']).toContain(sent.host)
    }),
    { numRuns: 2000 },
  )
})

test('a long URL takes no longer than it has characters', () => {
  const cost = (length: number) => {
    const urls = [
      `//${'a'.repeat(length)}`,
      `//${'@'.repeat(length)}`,
      `//${'ü@'.repeat(length / 2)}`,
      'a'.repeat(length),
    ]
    const { user } = process.cpuUsage()
    for (let left = 1_000_000; left > 0; left -= length) for (const url of urls) quoteLocation(url)
    return process.cpuUsage().user - user
  }
  expect(cost(30_000)).toBeLessThan(20 * (cost(300) + 10_000))
})
