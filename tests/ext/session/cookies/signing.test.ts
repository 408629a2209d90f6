import { describe, expect, test } from '@jest/globals'
import { sign } from 'cookie-signature'
import fc from 'fast-check'
import { CookieSigner, type SignerOptions } from '../../../../lib/ext/session/cookies/signing.ts'

const key = 'k'.repeat(32)
const now = Date.UTC(2026, 0, 1)
const signer = (name = 'a', kind = 'session', options: Partial<SignerOptions> = {}, keys = [key]) =>
  new CookieSigner(keys, name, kind, { maxAge: 3600, ...options })
const forge = (text: string) => sign(text, key).slice('a|session|'.length)

describe('a signed cookie', () => {
  test('is believed with its text, times and lifetime', () => {
    expect(signer().verify(signer().sign('hello', now), now)).toEqual({
      text: 'hello',
      issued: now,
      lifetime: undefined,
      created: now,
      newest: true,
    })
    const long = signer().sign('x', now, 7200, now - 500)
    expect(signer().verify(long, now + 7_199_999)).toMatchObject({ lifetime: 7200, created: now - 500 })
    expect(signer().verify(signer().sign('x', now, undefined, now - 500), now)).toMatchObject({ created: now - 500 })
  })

  test('is to the process that signed it what it is to any other, at every age', () => {
    const wrapped: Partial<SignerOptions> = {
      absoluteAge: 9000,
      wrap: (text) => Buffer.from(text).toString('base64url'),
      unwrap: (payload) => Buffer.from(payload, 'base64url').toString(),
    }
    const lifetimes = fc.option(fc.integer({ min: 1, max: 1e6 }), { nil: undefined })
    const starts = fc.option(fc.integer({ min: now - 1e7, max: now }), { nil: undefined })
    const ages = fc.array(fc.integer({ min: -1e5, max: 2e7 }))
    fc.assert(
      fc.property(fc.json(), lifetimes, starts, ages, (text, lifetime, created, later) => {
        const maker = signer('a', 'session', wrapped)
        const value = maker.sign(text, now + 0.5, lifetime, created)
        for (const age of later) {
          expect(maker.verify(value, now + age)).toEqual(signer('a', 'session', wrapped).verify(value, now + age))
        }
      }),
    )
  })

  test('with any byte changed is refused', () => {
    const value = signer().sign('payload', now)
    for (let at = 0; at < value.length; at++) {
      for (const flip of [1, 2, 32, 128]) {
        const broken = value.slice(0, at) + String.fromCharCode(value.charCodeAt(at) ^ flip) + value.slice(at + 1)
        expect(typeof signer().verify(broken, now)).toBe('string')
      }
    }
  })

  test('cut or lengthened anywhere is refused', () => {
    const value = signer().sign('payload', now)
    for (let at = 0; at < value.length; at++) {
      expect(typeof signer().verify(value.slice(0, at), now)).toBe('string')
      expect(typeof signer().verify(value.slice(at + 1), now)).toBe('string')
      expect(typeof signer().verify(`${value.slice(0, at)}A${value.slice(at)}`, now)).toBe('string')
    }
  })

  test('under another name or kind, or with shifted boundaries, is refused', () => {
    const value = signer('a', 'session').sign('b|c', now)
    expect(signer('b', 'session').verify(value, now)).toBe('forged')
    expect(signer('a', 'id').verify(value, now)).toBe('forged')
    const stamp = now.toString(36)
    expect(signer('a|session').verify(signer('a').sign('x', now), now)).toBe('forged')
    for (const text of [
      `a|session|${stamp}b||c`,
      `a|sess|ion${stamp}|b`,
      `a|session||${stamp}|b`,
      `a|session|b|${stamp}`,
    ]) {
      expect(typeof signer().verify(sign(text, key).split('|').slice(2).join('|'), now)).toBe('string')
    }
  })

  test('is refused for times that cannot be: future beyond the skew, negative, NaN, 10^20', () => {
    expect(signer().verify(signer().sign('x', now + 60_000), now)).toMatchObject({ text: 'x' })
    expect(signer().verify(signer().sign('x', now + 60_001), now)).toBe('future')
    expect(signer().verify(signer().sign('x', now, undefined, now + 60_001), now)).toBe('future')
    expect(signer().verify(signer().sign('x', now + 60_001, undefined, now), now)).toBe('future')
    for (const stamp of ['-1', 'NaN', '100000000000000000000', '', ' 1', '1.5', '+1', '1e3', `${now.toString(36)}+`]) {
      expect(signer().verify(forge(`a|session|${stamp}|x`), now)).toMatch(/malformed|expired|future/)
    }
  })

  test('ages, also where it is remembered as verified, and in all at most absoluteAge', () => {
    const one = signer('a', 'session', { absoluteAge: 10_000 })
    const value = one.sign('x', now)
    expect(one.verify(value, now + 3_599_999)).toMatchObject({ text: 'x' })
    expect(one.verify(value, now + 3_600_000)).toBe('expired')
    expect(one.verify(one.sign('x', now + 9_999_000, undefined, now), now + 9_999_999)).toMatchObject({ text: 'x' })
    expect(one.verify(one.sign('x', now + 9_999_000, undefined, now), now + 10_000_000)).toBe('expired')
  })

  test('longer than the limit is refused unread', () => {
    expect(signer('a', 'session', { maxLength: 60 }).verify(signer().sign('x'.repeat(50), now), now)).toBe('malformed')
  })

  test('of any text, name and time is believed; any other string is not, and nothing throws', () => {
    fc.assert(
      fc.property(fc.string(), fc.string({ minLength: 1 }), fc.nat(), (text, name, time) => {
        const one = new CookieSigner([key], name, 'session', { maxAge: null })
        expect(one.verify(one.sign(text, time), time)).toMatchObject({ text, issued: time })
        expect(typeof one.verify(text, time)).toBe('string')
      }),
    )
  })
})

describe('keys', () => {
  const [older, newer] = ['o'.repeat(32), 'n'.repeat(32)]
  const value = signer('a', 'session', {}, [older]).sign('x', now)

  test('an older key still verifies, and says so; the newest signs; a removed one is refused', () => {
    const rotated = signer('a', 'session', {}, [newer, older])
    expect(rotated.verify(value, now)).toMatchObject({ text: 'x', newest: false })
    expect(rotated.verify(rotated.sign('x', now), now)).toMatchObject({ newest: true })
    expect(signer('a', 'session', {}, [older]).verify(rotated.sign('x', now), now)).toBe('forged')
    expect(signer('a', 'session', {}, [newer]).verify(value, now)).toBe('forged')
  })
})

describe('the table of verified cookies', () => {
  test('is bounded in bytes and forgets nothing that matters', () => {
    const unwrapped: string[] = []
    const one = signer('a', 'session', {
      tableBytes: 4000,
      unwrap: (payload) => {
        unwrapped.push(payload)
        return payload
      },
    })
    const values = Array.from({ length: 50 }, (_, index) => one.sign(`text ${index}`, now))
    for (const value of values) expect(one.verify(value, now)).toMatchObject({ newest: true })
    expect(unwrapped.length).toBe(50)
    one.verify(values[49]!, now)
    expect(unwrapped.length).toBe(50)
    one.verify(values[0]!, now)
    expect(unwrapped.length).toBe(51)
    const big = one.sign('x'.repeat(3000), now)
    one.verify(big, now)
    one.verify(big, now)
    expect(unwrapped.length).toBe(53)
  })

  test('believes the whole of a cookie, not its signature alone', () => {
    const one = signer()
    const value = one.sign('payload', now)
    expect(one.verify(value, now)).toMatchObject({ text: 'payload' })
    const [stamp, rest] = value.split('|')
    expect(one.verify(`${stamp}|q${rest!.slice(1)}`, now)).toBe('forged')
    expect(one.verify(`${(now + 1).toString(36)}|${rest}`, now)).toBe('forged')
    const signature = value.length - 43
    const other = value[signature] === 'A' ? 'B' : 'A'
    expect(one.verify(value.slice(0, signature) + other + value.slice(signature + 1), now)).toBe('forged')
    expect(one.verify(value, now)).toMatchObject({ text: 'payload' })
    // Also where it is in the older of the two generations, which the second of these makes it.
    const small = signer('a', 'session', { tableBytes: 1000 })
    const first = small.sign('payload', now)
    small.sign('x'.repeat(80), now)
    expect(small.verify(first.replace('|p', '|q'), now)).toBe('forged')
    expect(small.verify(first, now)).toMatchObject({ text: 'payload' })
  })
})
