// The JSON form of the messages by proto3's mapping: every value is kept exactly or is an error, and null is a field not set.
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { describedProtos } from '../../../lib/datastore/google/client-internals.ts'
import { type Field, MessageShapes } from '../../../lib/datastore/server/message-shapes.ts'
import { jsonForm } from '../../../lib/datastore/server/proto-json.ts'
import { expectLinear } from '../../support/linear.ts'

const form = jsonForm()
const shapes = new MessageShapes(describedProtos())

/** Returns one field of a message as it is read, or the error. */
function field(message: string, name: string, json: string): unknown {
  try {
    return (form.read(message, `{"${name}":${json}}`) as Record<string, unknown>)[name]
  } catch (error) {
    return (error as { code: number }).code
  }
}

test.each([
  ['integerValue', '"9223372036854775807"', '9223372036854775807'],
  ['integerValue', '-9223372036854775808', '-9223372036854775808'],
  ['integerValue', '9007199254740993', '9007199254740993'],
  ['integerValue', '"1e3"', '1000'],
  ['integerValue', '1.0e2', '100'],
  ['integerValue', '"120.50e1"', '1205'],
  ['integerValue', '0e5', '0'],
  ['integerValue', '-0', '0'],
  ['integerValue', '9223372036854775808', 3],
  ['integerValue', '"-9223372036854775809"', 3],
  ['integerValue', '1.5', 3],
  ['integerValue', '"x"', 3],
  ['integerValue', '""', 3],
  ['integerValue', '" 1"', 3],
  ['integerValue', '"01"', 3],
  ['integerValue', '"1e999999999"', 3],
  ['integerValue', '1e19', 3],
  ['integerValue', 'true', 3],
  ['integerValue', '{"\\u0000":"5"}', 3],
  ['meaning', '2147483647', 2147483647],
  ['meaning', '"-5"', -5],
  ['meaning', '2147483648', 3],
  ['doubleValue', '1.5', 1.5],
  ['doubleValue', '"1.5e3"', 1500],
  ['doubleValue', '"-Infinity"', Number.NEGATIVE_INFINITY],
  ['doubleValue', '"NaN"', Number.NaN],
  ['doubleValue', '-0', -0],
  ['doubleValue', '0.1234567890123456789', Number('0.1234567890123456789')],
  ['doubleValue', '1e400', 3],
  ['doubleValue', '"1e400"', 3],
  ['doubleValue', '"x"', 3],
  ['doubleValue', '""', 3],
  ['doubleValue', '"infinity"', 3],
  ['booleanValue', 'true', true],
  ['booleanValue', '"true"', 3],
  ['booleanValue', '1', 3],
  ['stringValue', '"é\\u0000"', 'é\0'],
  ['stringValue', '12345678901234567890', 3],
  ['stringValue', '"\\ud800"', 3],
  ['blobValue', '"AQL/"', Buffer.from([1, 2, 255])],
  ['blobValue', '"AQL_"', Buffer.from([1, 2, 255])],
  ['blobValue', '"AQ"', Buffer.from([1])],
  ['blobValue', '"AQ=="', Buffer.from([1])],
  ['blobValue', '"A"', 3],
  ['blobValue', '"AQ="', 3],
  ['blobValue', '"A Q=="', 3],
  ['blobValue', '"!!"', 3],
  ['timestampValue', '"2020-01-02T03:04:05.678901Z"', { seconds: '1577934245', nanos: 678_901_000 }],
  ['timestampValue', '"1969-12-31T23:59:59.5-01:30"', { seconds: '5399', nanos: 500_000_000 }],
  ['timestampValue', '"0001-01-01T00:00:00Z"', { seconds: '-62135596800', nanos: 0 }],
  ['timestampValue', '"2020-02-30T00:00:00Z"', 3],
  ['timestampValue', '"2020-01-01T24:00:00Z"', 3],
  ['timestampValue', '"2020-01-01"', 3],
  ['timestampValue', '"2020-01-01T00:00:00"', 3],
  ['timestampValue', '1577934245', 3],
  ['nullValue', 'null', 'NULL_VALUE'],
  ['nullValue', '"NULL_VALUE"', 'NULL_VALUE'],
  ['nullValue', '"x"', 3],
  ['arrayValue', '{"values":{}}', 3],
  ['arrayValue', '{"values":[null]}', 3],
  ['entityValue', '{"properties":[]}', 3],
  ['entityValue', '{"properties":{"a":null}}', 3],
  ['geoPointValue', '{"latitude":"x"}', 3],
])('%s of %s is %p', (name, json, wanted) => {
  expect(field('Value', name, json)).toEqual(wanted)
})

test.each([
  ['two values at once', '{"integerValue":1,"stringValue":"a"}'],
  ['a field under both of its names', '{"stringValue":"a","string_value":"a"}'],
  ['an unknown field', '{"integer":1}'],
  [
    'messages in each other more than a hundred deep',
    `${'{"entityValue":{"properties":{"a":'.repeat(60)}{}${'}}}'.repeat(60)}`,
  ],
])('%s is an error', (_, json) => {
  expect(() => form.read('Value', json)).toThrow('3 INVALID_ARGUMENT')
})

test.each([
  ['a request', (deep: string) => deep],
  ['a field', (deep: string) => `{"keys":${deep}}`],
  ['a text', (deep: string) => `{"readOptions":{"transaction":${deep}}}`],
])('%s of 50,000 brackets is an error that says so, and what the limit is', (_, wrap) => {
  for (const deep of ['['.repeat(50_000) + ']'.repeat(50_000), `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`])
    expect(() => form.read('LookupRequest', wrap(deep))).toThrow('Message too deep: more than 100 messages')
})

test.each([
  ['{"doubleValue":1e400}', 'Invalid value at \'doubleValue\' (double), "1e400"'],
  ['{"keyValue":12345678901234567890}', 'Invalid value at \'keyValue\' (an object), "12345678901234567890"'],
  ['{"arrayValue":{"values":1e5}}', 'Invalid value at \'arrayValue.values\' (an array), "1e5"'],
])('the error for %s shows what was written', (json, message) => {
  expect(() => form.read('Value', json)).toThrow(message)
})

test('null is a field that is not set', () => {
  const read = (message: string, json: object) => form.read(message, JSON.stringify(json))
  expect(read('LookupRequest', { readOptions: null, keys: null, databaseId: null })).toEqual({})
  expect(read('Key', { partitionId: null, path: [{ kind: 'K', id: null, name: 'a' }] })).toEqual({
    path: [{ kind: 'K', name: 'a', idType: 'name' }],
  })
  expect(read('Query', { limit: null, startCursor: null, filter: null, offset: null })).toEqual({})
})

test('enums are read by name and by number, wrapped numbers as numbers', () => {
  expect(form.read('PropertyOrder', '{"direction":2}')).toEqual({ direction: 'DESCENDING' })
  expect(form.read('PropertyOrder', '{"direction":"DESCENDING"}')).toEqual({ direction: 'DESCENDING' })
  expect(field('PropertyOrder', 'direction', '"DOWN"')).toBe(3)
  expect(field('PropertyOrder', 'direction', '7')).toBe(3)
  expect(form.read('Query', '{"limit":"5"}')).toEqual({ limit: { value: 5 } })
})

/** For each type, JSON of it and what may stand in its place. */
const jsons: Record<string, unknown> = {
  bool: true,
  string: 'text',
  bytes: 'AQ==',
  int64: '5',
  int32: 5,
  double: 1.5,
  'google.protobuf.Timestamp': '2020-01-02T03:04:05Z',
  'google.protobuf.NullValue': null,
  'google.protobuf.Int32Value': 5,
  'google.protobuf.Int64Value': '5',
  'google.protobuf.DoubleValue': 1.5,
}

/** Every field of every request, however deep, as the JSON of one message. */
function* fieldsOf(message: string, depth = 0): Generator<{ field: Field; wrap: (json: unknown) => object }> {
  for (const one of shapes.of(message).values()) {
    const wrap = (json: unknown) => ({ [one.name]: json })
    yield { field: one, wrap }
    if (!one.shape || depth > 2) continue
    const inner = one.type.replace('google.datastore.v1.', '')
    const inside = (json: unknown) => wrap(one.isList ? [json] : one.isMap ? { key: json } : json)
    if (inner.startsWith('google.')) continue
    for (const { field: deeper, wrap: deep } of fieldsOf(inner, depth + 1))
      yield { field: deeper, wrap: (json) => inside(deep(json)) }
  }
}

test('every field of every request takes its own JSON, and no JSON of another type', () => {
  const wrong = ['', 'x\ud800', {}, [], 1.5, true, '2020-13-01T00:00:00Z', [null], { a: 1 }, '5'] as const
  let seen = 0
  for (const message of ['LookupRequest', 'CommitRequest', 'RunQueryRequest', 'RunAggregationQueryRequest']) {
    for (const { field: one, wrap } of fieldsOf(message)) {
      seen++
      const own = one.shape ? {} : one.names ? [...one.names.values()][0] : jsons[one.type]
      const json = one.isList ? [own] : one.isMap ? { key: own } : own
      expect(() => form.read(message, JSON.stringify(wrap(json)))).not.toThrow()
      // The texts, numbers and so on that a type takes beside its usual one.
      const taken = (given: unknown): boolean => {
        if (one.isMap) return typeof given === 'object' && !Array.isArray(given) && Object.keys(given!).length === 0
        if (one.isList) return Array.isArray(given) && given.length === 0
        if (one.shape) return typeof given === 'object' && !Array.isArray(given) && Object.keys(given!).length === 0
        if (/bool/.test(one.type)) return given === true
        if (/string/.test(one.type)) return typeof given === 'string' && given.isWellFormed()
        if (/bytes/.test(one.type)) return given === ''
        if (/ouble/.test(one.type)) return given === 1.5 || given === '5'
        return /[iI]nt/.test(one.type) && given === '5'
      }
      for (const given of wrong) {
        const read = () => form.read(message, JSON.stringify(wrap(given)))
        if (taken(given)) expect(read).not.toThrow()
        else expect(read).toThrow('3 INVALID_ARGUMENT')
      }
    }
  }
  expect(seen).toBeGreaterThan(200)
})

test('what is written is read back as it was', () => {
  const value = fc.oneof(
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((int) => ({ integerValue: String(int) })),
    fc.double().map((doubleValue) => ({ doubleValue })),
    fc.string({ unit: 'binary' }).map((stringValue) => ({ stringValue })),
    fc.uint8Array().map((bytes) => ({ blobValue: Buffer.from(bytes) })),
    fc.boolean().map((booleanValue) => ({ booleanValue })),
    fc
      .record({ seconds: fc.integer({ min: -62_135_596_800, max: 253_402_300_799 }), nanos: fc.nat(999_999_999) })
      .map(({ seconds, nanos }) => ({ timestampValue: { seconds: String(seconds), nanos } })),
  )
  fc.assert(
    fc.property(value, (plain) => {
      const [[valueType]] = Object.entries(plain) as [[string, unknown]]
      expect(form.read('Value', form.write('Value', plain))).toEqual({ ...plain, valueType })
    }),
    { numRuns: 2000 },
  )
})

test('a number of any length is read in a time that grows no faster than the text', () => {
  const long = '9'.repeat(200_000)
  expect(field('Value', 'integerValue', long)).toBe(3)
  expect(field('Value', 'doubleValue', `0.${long}`)).toBe(1)
  expect(field('Value', 'stringValue', JSON.stringify('\\"1'.repeat(200_000)))).toBe('\\"1'.repeat(200_000))
})

const hostile: Record<string, (size: number) => string> = {
  'digits and dots': (size) => `{"doubleValue":${'1.'.repeat(size / 2)}}`,
  digits: (size) => `{"integerValue":${'1'.repeat(size)}}`,
  'digits in a string': (size) => `{"integerValue":"${'1'.repeat(size)}"}`,
  exponents: (size) => `[${'1e5,'.repeat(size / 4)}1]`,
  'zeros behind a point': (size) => `{"integerValue":"1.${'0'.repeat(size)}"}`,
  base64: (size) => `{"blobValue":"${'_-'.repeat(size / 2)}"}`,
  padding: (size) => `{"blobValue":"${'='.repeat(size)}"}`,
  strings: (size) => `{"arrayValue":{"values":[${'{"stringValue":"\\""},'.repeat(size / 21)}{"stringValue":""}]}}`,
  'a run of U+FFFF': (size) => `{"stringValue":"${'\uffff'.repeat(size)}","\\u0000":1}`,
  quotes: (size) => '"'.repeat(size),
  'underscores in a name': (size) => `{"${'_a'.repeat(size / 2)}":1}`,
  'a time of many digits': (size) => `{"timestampValue":"2020-01-01T00:00:00.${'1'.repeat(size)}Z"}`,
}

test.each(Object.entries(hostile))('%s are read in linear time', async (_, input) => {
  await expectLinear({
    input,
    to: 2 ** 17,
    run: (text) => {
      try {
        form.read('Value', text)
      } catch {
        // Most of them are no message.
      }
    },
  })
})
