// Things that a stranger may make large in a session or a cookie take time linear in its size, beyond the bounds that are meant.
import { describe, expect, test } from '@jest/globals'
import { MissedKeys } from '../../../lib/ext/session/cache/missed-keys.ts'
import { encodeCommand, ReplyReader } from '../../../lib/ext/session/cache/resp.ts'
import { findCookie } from '../../../lib/ext/session/cookies/signed-cookie.ts'
import { CookieSigner } from '../../../lib/ext/session/cookies/signing.ts'
import { decodeData, encodeData, sameData } from '../../../lib/ext/session/data/codec.ts'
import { checkValue } from '../../../lib/ext/session/data/values.ts'
import { parseProof } from '../../../lib/ext/session/device/proof.ts'
import { mergeChanged, type Sides } from '../../../lib/ext/session/merge/changed-parts.ts'
import { type Data, mergeData } from '../../../lib/ext/session/merge/merge.ts'
import { systemClock } from '../../../lib/internal/clock.ts'
import { expectLinear } from '../../support/linear.ts'

const many = <T>(count: number, make: (n: number) => T): T[] =>
  Array.from({ length: Math.floor(count) }, (_, n) => make(n))
const nested = (depth: number, wrap: (inner: unknown, n: number) => unknown, inner: unknown = 1): unknown =>
  many(depth, (n) => n).reduce((value: unknown, n) => wrap(value, n), inner)

/** Data of some 16 characters for each unit of its size. */
const kinds: Record<string, (size: number) => Data> = {
  members: (size) => Object.fromEntries(many(size, (n) => [`key${n}`, n])),
  'members whose keys look like tags': (size) => Object.fromEntries(many(size, (n) => [`~key${n}`, BigInt(n)])),
  'members whose keys have escapes': (size) => Object.fromEntries(many(size, (n) => [`"key${n}`, n])),
  'objects in lists': (size) => ({ list: many(size / 2, (id) => ({ id, name: `n${id}` })) }),
  'lists in lists': (size) => ({ list: many(size / 2, (n) => [n, [n, [n]]]) }),
  'lists deep in one another': (size) => ({ list: many(size / 256, (n) => nested(100, (inner) => [inner, n])) }),
  'objects deep in one another': (size) => ({ list: many(size / 256, (n) => nested(100, (inner) => ({ inner, n }))) }),
  'equal elements': (size) => ({ list: many(size, () => 'the same text') }),
  'equal objects in a Set': (size) => ({ set: new Set(many(size, () => ({ a: 1 }))) }),
  'a Map by objects': (size) => ({ map: new Map(many(size / 4, (n) => [{ n }, n])) }),
  'dates, numbers and texts in a Set': (size) => ({
    set: new Set(many(size / 4, (n) => [new Date(n), -n, `${n}`][n % 3])),
  }),
  'a long text': (size) => ({ text: 'é"\\\uffff'.repeat(size * 4) }),
  bytes: (size) => ({ bytes: new Uint8Array(size * 12) }),
}

describe.each(Object.entries(kinds))('a session of %s', (_, make) => {
  test('is encoded, decoded and compared in linear time', async () => {
    await expectLinear({
      input: make,
      to: 2 ** 13,
      run: (data) => {
        checkValue(data, 'key')
        const text = encodeData(data)
        const back = decodeData(text)
        const reversed = encodeData(Object.fromEntries(Object.entries(back).reverse()))
        expect(sameData(text, reversed)).toBe(true)
      },
    })
  })

  const changes: Record<string, (data: Data, by: string) => Data> = {
    'what each side added': (data, by) => ({ ...data, [by]: by, ...changed(data, (list) => [...list, by]) }),
    'what each side put first': (data, by) => changed({ [by]: by, ...data }, (list) => [by, ...list]),
    'what each side turned around or removed': (data, by) =>
      by === 'mine'
        ? changed(Object.fromEntries(Object.entries(data).reverse()), (list) => list.toReversed())
        : changed(Object.fromEntries(Object.entries(data).filter((_, n) => n % 3 !== 0)), (list) =>
            list.filter((_, n) => n % 3 !== 0),
          ),
    'what both changed everywhere': (data, by) => everywhere(data, by) as Data,
  }

  test.each(Object.entries(changes))('is merged in linear time: %s', async (_, change) => {
    await expectLinear({
      input: (size) => {
        const base = make(size)
        return [base, change(make(size), 'mine'), change(make(size), 'theirs')] as const
      },
      to: 2 ** 13,
      run: ([base, mine, theirs]) => mergeData(base, mine, theirs, () => {}),
    })
  })
})

describe('the parts of texts that no side changed are left out in linear time', () => {
  const inObjects = (size: number, change: (list: unknown[]) => unknown[], by: string): Data => {
    const list = many(size / 8, (n) => ({ n, [`k${n % 7}`]: n % 3 === 0 ? new Date(n) : 'x' }))
    const members = Object.fromEntries(many(size / 8, (n) => [`key${n}`, n % 5 === 0 ? by : [n]]))
    return {
      a: { [by]: 1, b: { members, c: { list: change(list), map: new Map(change(list).map((one) => [one, by])) } } },
    }
  }
  const places: Record<string, (list: unknown[], by: string) => unknown[]> = {
    'at the end': (list, by) => [...list, by],
    'at the start': (list, by) => [by, ...list],
    'in every second place': (list, by) => list.map((one, n) => (n % 2 === 0 ? by : one)),
  }
  test.each(Object.entries(places))('where lists are changed %s', async (_, change) => {
    await expectLinear({
      input: (size) =>
        ['base', 'mine', 'theirs'].map((by) => encodeData(inObjects(size, (list) => change(list, by), by))) as Sides,
      to: 2 ** 14,
      run: (sides) => mergeChanged(sides, ([, mine]) => mine),
    })
  })
})

/** With each list, Map or Set changed as a list. */
function changed(data: Data, change: (list: unknown[]) => unknown[]): Data {
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => {
      if (Array.isArray(value)) return [key, change(value)]
      if (value instanceof Set) return [key, new Set(change([...value]))]
      if (!(value instanceof Map)) return [key, value]
      return [key, new Map(change([...value]).map((entry) => (Array.isArray(entry) ? entry : [entry, 1])) as [])]
    }),
  )
}

function everywhere(value: unknown, by: string): unknown {
  if (Array.isArray(value)) return value.map((item) => everywhere(item, by))
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [key, everywhere(item, by)]))
  if (typeof value !== 'object' || value === null) return `${value} ${by}`
  if (Object.getPrototypeOf(value) !== Object.prototype) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, everywhere(item, by)]))
}

test('many conflicts under a long key, or deep down, are described in linear time', async () => {
  const side = (size: number, by: string): Data => ({
    ['k'.repeat(size * 8)]: Object.fromEntries(many(size / 2, (n) => [`k${n}`, by])),
    deep: nested(500, (inner) => ({ inner }), Object.fromEntries(many(size / 2, (n) => [`k${n}`, by]))),
  })
  await expectLinear({
    input: (size) => ['base', 'mine', 'theirs'].map((by) => side(size, by)) as [Data, Data, Data],
    to: 2 ** 14,
    run: ([base, mine, theirs]) => {
      let conflicts = 0
      mergeData(base, mine, theirs, ({ path }) => (conflicts += Number(path.length < 600)))
      expect(conflicts).toBeGreaterThan(100)
    },
  })
})

describe('a Cookie header is searched in linear time', () => {
  const name = 'tipfy.session'
  const signer = new CookieSigner(['k'.repeat(32), 'l'.repeat(32)], name, 'data', { maxAge: 3600, maxLength: 2 ** 20 })
  const settings = { now: () => 1000, log: { warn: () => {} } }
  const signed = signer.sign('{"a":1}', 1000)
  const headers: Record<string, (size: number) => string> = {
    'with many cookies of other names': (size) => 'a=b; '.repeat(size / 5),
    'with the name where it is none': (size) => `x${name}=1 `.repeat(size / 16),
    'with the name behind spaces': (size) => `${' '.repeat(size / 2)}${name}=1;${' '.repeat(size / 2)}${name}`,
    'with many forged ones': (size) => `${name}=abc|${'x'.repeat(100)}.${'y'.repeat(43)}; `.repeat(size / 165),
    'with many malformed ones': (size) => `${name}=|; `.repeat(size / 17),
    'with a long forged one': (size) => `${name}=abc|${'x'.repeat(size)}.${'y'.repeat(43)}`,
    'with the same one again and again': (size) => `${name}=${signed}; `.repeat(size / (signed.length + 16)),
    'with bars and dots': (size) => `${name}=${'|.'.repeat(size / 2)}`,
  }
  test.each(Object.entries(headers))('%s', async (_, input) => {
    await expectLinear({
      input: (size) => ({ message: { headers: { cookie: input(size) } } }),
      to: 2 ** 18,
      run: (request) => findCookie({ name, signer, cookie: {} as never }, request, settings as never),
    })
  })
})

describe('the proof of a device is read in linear time', () => {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const deep = (size: number) => `{"typ":${'['.repeat(size / 2)}${']'.repeat(size / 2)}}`
  const headers: Record<string, (size: number) => string> = {
    'with many dots': (size) => '.'.repeat(size),
    'in quotes': (size) => '"'.repeat(size),
    'with a long head': (size) => `${part({ typ: 'x'.repeat(size) })}.e30.AA`,
    'with a head deep in itself': (size) => `${Buffer.from(deep(size)).toString('base64url')}.e30.AA`,
    'with a long challenge': (size) =>
      `${part({ typ: 'dbsc+jwt', alg: 'ES256' })}.${part({ jti: 'x'.repeat(size) })}.AA`,
    'with a long key': (size) =>
      `${part({ typ: 'dbsc+jwt', alg: 'RS256', jwk: { kty: 'RSA', e: 'AQAB', n: 'A'.repeat(size) } })}.e30.AA`,
    'with what is not base64url': (size) => `${'='.repeat(size)}.${'+/'.repeat(size / 2)}.AA`,
  }
  test.each(Object.entries(headers))('%s', async (_, input) => {
    await expectLinear({ input, to: 2 ** 16, run: parseProof })
  })
})

describe('replies of a cache are read in linear time', () => {
  const long = (size: number) => `$${size}\r\n${'x'.repeat(size)}\r\n`
  const streams: Record<string, (size: number) => string> = {
    'one after another': (size) => '+OK\r\n'.repeat(size / 5),
    'of long values': long,
    'of numbers and errors': (size) => ':1\r\n-ERR no\r\n$-1\r\n'.repeat(size / 18),
    'of what was sent': (size) => `$${size}\r\n${encodeCommand(['x'.repeat(size)]).slice(-size - 2)}`,
  }
  test.each(Object.entries(streams))('%s, whole and in small pieces', async (_, input) => {
    for (const piece of [64, 2 ** 20]) {
      await expectLinear({
        input: (size) => Buffer.from(input(size)),
        to: 2 ** 17,
        run: (bytes) => {
          const reader = new ReplyReader()
          let replies = 0
          for (let at = 0; at < bytes.length; at += piece) replies += reader.push(bytes.subarray(at, at + piece)).length
          expect(replies).toBeGreaterThan(0)
        },
      })
    }
  })
})

test('the keys that a cache has missed are confirmed in linear time', async () => {
  await expectLinear({
    input: (size) => {
      const keys = new MissedKeys(systemClock)
      for (const n of many(size, (n) => n)) keys.add(`k${n}`, n)
      return keys
    },
    to: 2 ** 15,
    run: (keys) => {
      for (const batch of keys.batches(100)) keys.confirm(batch)
      expect(keys.size).toBe(0)
    },
  })
})
