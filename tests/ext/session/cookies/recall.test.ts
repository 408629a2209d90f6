// A Cookie header that comes again is not read again: the answer must be what reading it would have given.
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { Settings } from '../../../../lib/ext/session/config/settings.ts'
import { findCookie, type SignedName } from '../../../../lib/ext/session/cookies/signed-cookie.ts'
import { CookieSigner } from '../../../../lib/ext/session/cookies/signing.ts'

const start = Date.UTC(2026, 0, 1)
const keys = ['n'.repeat(32), 'o'.repeat(32)]
const options = { maxAge: 3600, absoluteAge: 9000 }
const maker = (key: string) => new CookieSigner([key], 'session', 'session', options)
const newest = maker(keys[0]!)
const older = maker(keys[1]!)

// Many of the headers end alike, some with the session's cookie and some with another's.
const cookies = [
  newest.sign('one', start),
  newest.sign('two', start + 5000, undefined, start),
  newest.sign('short', start, 60),
  older.sign('old key', start),
  newest.sign('future', start + 3_600_000),
  `${newest.sign('one', start).slice(0, -1)}!`,
  'x',
].map((value) => `session=${value}`)
const others = ['theme=dark-as-night', 'sessions=x', 'a=session=1', '']
const header = fc.array(fc.constantFrom(...cookies, ...others), { maxLength: 3 }).map((parts) => parts.join('; '))

function reader(name: SignedName, now: () => number) {
  const warnings: unknown[] = []
  const settings = { now, log: { warn: (fields: unknown) => warnings.push(fields) } } as unknown as Settings
  return {
    warnings,
    read(text: string) {
      return findCookie(name, { message: { headers: { cookie: text } } }, settings)
    },
  }
}

const named = () => ({ name: 'session', cookie: {}, signer: new CookieSigner(keys, 'session', 'session', options) })

test('at every age, whatever came before', () => {
  const steps = fc.array(fc.tuple(fc.nat({ max: 12 }), fc.integer({ min: 0, max: 3_000_000 })), { maxLength: 30 })
  fc.assert(
    fc.property(fc.array(header, { minLength: 1, maxLength: 5 }), steps, (headers, visits) => {
      let now = start
      const remembering = reader(named() as unknown as SignedName, () => now)
      for (const [at, wait] of visits) {
        now += wait % 3 === 0 ? wait : wait % 1000
        const text = headers[at % headers.length]!
        const fresh = reader(named() as unknown as SignedName, () => now)
        remembering.warnings.length = 0
        expect(remembering.read(text)).toEqual(fresh.read(text))
        expect(remembering.warnings).toEqual(fresh.warnings)
      }
    }),
  )
})

const end = (text: string) => `${text};`.indexOf(';', text.indexOf('session='))

test('from the third time on, wherever it stands, and as it came last', () => {
  const name = named() as unknown as SignedName
  const { read } = reader(name, () => start)
  const recalled = (text: string) => name.signer.recall(text, end(text), start)?.text
  const texts = [`${cookies[0]}; theme=dark-as-night`, `a=1; ${cookies[1]}; theme=dark-as-night`]
  for (const text of texts) {
    read(text)
    expect(recalled(text)).toBeUndefined()
    read(text)
  }
  expect(texts.map(recalled)).toEqual(['one', 'two'])
  read(`b=2; ${cookies[0]}`)
  expect([...texts, `b=2; ${cookies[0]}`].map(recalled)).toEqual([undefined, 'two', 'one'])
})

test('in a bounded amount of memory', () => {
  const signer = new CookieSigner(keys, 'session', 'session', { ...options, tableBytes: 400_000 })
  const { read } = reader({ ...named(), signer } as unknown as SignedName, () => start)
  const texts = Array.from(
    { length: 200 },
    (_, at) => `session=${newest.sign(`${at}`, start)}; more=${'x'.repeat(6000)}`,
  )
  for (const text of texts) for (let time = 0; time < 2; time++) read(text)
  const known = texts.filter((text) => signer.recall(text, end(text), start) !== undefined)
  expect(known.length).toBeGreaterThan(10)
  expect(known.length).toBeLessThan(70)
})
