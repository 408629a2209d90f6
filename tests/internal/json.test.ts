import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { readDocument, writeDocument } from '../../lib/datastore/engine/encoding/document.ts'
import { decodeData, encodeData, sameData } from '../../lib/ext/session/data/codec.ts'
import { makeApp, RequestHandler, Rule, request } from '../../lib/index.ts'
import { readJson } from '../../lib/internal/json.ts'
import { createClient } from '../../lib/testing/index.ts'
import { expectLinear } from '../support/linear.ts'

/** Lets V8 see objects whose second key has a backslash. */
function pollute(): void {
  for (const key of ['\\', '\\n', '\\"', '\\u0041', '\\\\']) JSON.parse(JSON.stringify({ a: 1, [key]: 2 }))
}

test('reads keys with escapes as they are written, whatever was read before', () => {
  pollute()
  for (const key of ['"', '\n', '\n\n', '""', '\u0001', '\\', '\\"', 'Aaaaaa']) {
    expect(readJson(JSON.stringify({ a: 1, [key]: [{ a: 1, [key]: 2 }] }))).toEqual({
      a: 1,
      [key]: [{ a: 1, [key]: 2 }],
    })
  }
  expect(readJson('{"a":1,\n"\\u0022" :\t2}')).toEqual({ a: 1, '"': 2 })
})

test('reads what JSON.stringify writes', () => {
  const key = fc.oneof(
    fc.constantFrom('a', '\\', '"', '\n', '\\n', '\uffff', '\uffff0', '__proto__', '7', ':'),
    fc.string(),
  )
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom(1, null, 'text', '\\":', '"', ':"\\'),
      fc.array(tie('value')),
      fc.dictionary(key, tie('value')),
    ),
  }))
  fc.assert(
    fc.property(value, (value) => {
      pollute()
      for (const text of [JSON.stringify(value), JSON.stringify(value, null, 1)]) {
        expect(JSON.stringify(readJson(text))).toBe(JSON.stringify(value))
      }
    }),
    { numRuns: 500 },
  )
})

test('takes the last of several keys that are the same, with or without escapes', () => {
  for (const text of ['{"a":1,"\\u0061":2,"a":3}', '{"\\u0061":1,"a":2,"\\u0061":3}', '{"b":0,"\\u0061":3,"b":0}']) {
    expect(JSON.stringify(readJson(text))).toBe(JSON.stringify(JSON.parse(text)))
  }
})

test('reads a text that is nested deeper than the stack', () => {
  pollute()
  const depth = 100_000
  let value = readJson(`${'[{"a":1,"\\"":'.repeat(depth)}7${'}]'.repeat(depth)}`)
  for (let level = 0; level < depth; level++) value = (value as [{ '"': unknown }])[0]['"']
  expect(value).toBe(7)
})

const hostileTexts: Record<string, (length: number) => string> = {
  'a run of U+FFFF beside a key with an escape': (length) => `{"\\n":"${'\uffff'.repeat(length)}"}`,
  'a run of U+FFFF before many keys with escapes': (length) =>
    `{"a":"${'\uffff'.repeat(length / 2)}"${',"\\n":1'.repeat(length / 14)}}`,
  'many keys with escapes': (length) => `{${Array.from({ length: length / 16 }, (_, at) => `"\\n${at}":0`).join()}}`,
  'objects with a key with an escape': (length) =>
    `[${Array(Math.floor(length / 8))
      .fill('{"\\n":1}')
      .join()}]`,
  'objects in one another': (length) => '{"\\n":'.repeat(length / 8) + 0 + '}'.repeat(length / 8),
  'white space behind strings': (length) => `["\\n"${' '.repeat(length / 2)},"\\n"${' '.repeat(length / 2)}]`,
  'nothing but escapes': (length) => '\\'.repeat(length),
  'escaped quotes': (length) => '\\"'.repeat(length / 2),
  'colons behind escapes outside of strings': (length) => '\\":'.repeat(length / 3),
  'strings that never end': (length) => `{"\\n":1${',"\\'.repeat(length / 3)}`,
}

test.each(Object.entries(hostileTexts))('reads %s in linear time', async (_, input) => {
  await expectLinear({
    input,
    run: (text) => {
      try {
        readJson(text)
      } catch {
        // Not every text is JSON.
      }
    },
  })
})

test('refuses the texts that JSON.parse refuses, and no others', () => {
  const outcome = (parse: (text: string) => unknown, text: string) => {
    try {
      return JSON.stringify(parse(text))
    } catch (error) {
      return (error as Error).message
    }
  }
  const piece = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    '"',
    ':',
    ',',
    '\\',
    '\\"',
    '\\u0061',
    'a',
    '1',
    ' ',
    '"a":',
    '"\\n":1',
    '\uffff0',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => {
      for (const text of [pieces.join(''), `{${pieces.join('')}}`, `{"\\n":"${pieces.join('')}"}`]) {
        expect(outcome(readJson, text)).toBe(outcome(JSON.parse, text))
      }
    }),
    { numRuns: 3000 },
  )
})

test('tells where a text is broken', () => {
  expect(() => readJson('{"\\n":1,"b":x}')).toThrow(`{"\\n":1,"b":x}`)
  expect(() => readJson('{"\\n')).toThrow(SyntaxError)
})

test('a session and a JSON body keep their keys whatever another request sent', async () => {
  class Echo extends RequestHandler {
    async post() {
      return request.json()
    }
  }
  const app = makeApp({ tipfy: { urls: () => [new Rule('/', { endpoint: 'echo', handler: Echo })] } })
  const client = await createClient(app)
  // Each begins with a key of its own: V8 has to have seen one way alone in which an object goes on.
  await client.post('/', { json: { body: 1, '\\': 2 } })
  expect((await client.post('/', { json: { body: 1, '"': 2 } })).json()).toEqual({ body: 1, '"': 2 })
  JSON.parse('{"plain":1,"\\\\":2}')
  expect(decodeData(encodeData({ plain: 1, '"': 2 }))).toEqual({ plain: 1, '"': 2 })
  JSON.parse('{"typed":1,"\\\\":2}')
  expect(decodeData(encodeData({ typed: 1, '"': 2n }))).toEqual({ typed: 1, '"': 2n })
  expect(sameData('{"same":1,"\\\\":2}', '{"same":1,"\\"":2}')).toBe(false)
})

test('a property in the embedded Datastore keeps its name', () => {
  const named = (name: string) => ({
    stored: { valueType: 'booleanValue' as const, booleanValue: true },
    [name]: { valueType: 'stringValue' as const, stringValue: '\\' },
  })
  for (const name of ['\\', '"', '\n', 'plain']) {
    const properties = named(name)
    const text = writeDocument(properties)
    expect(readDocument(text)).toEqual(properties)
    expect(text.startsWith(' ')).toBe(name !== 'plain')
  }
})
