// Long sessions are decoded once and encoded value by value: the texts must be those that JSON makes of the whole, and the data
// that the next request finds must be its own.
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { CopyOnRead } from '../../../../lib/ext/session/backends/copy-on-read.ts'
import { LongTexts } from '../../../../lib/ext/session/backends/long-texts.ts'
import { encodeData } from '../../../../lib/ext/session/data/codec.ts'

let sessions = 0

type Data = Record<string, unknown>

const filler = 'x'.repeat(5000)
const value = fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.constant(undefined), fc.constant(-0), fc.date())
const key = fc.oneof(fc.string(), fc.constantFrom('__proto__', '7', '~tag', 'list', 'ä€😀'))
const dictionary = fc.dictionary(key, fc.jsonValue({ maxDepth: 3 }), { maxKeys: 6 }) as fc.Arbitrary<Data>

const put = (data: Data, key: string, value: unknown) =>
  Object.defineProperty(data, key, { value, enumerable: true, configurable: true, writable: true })

/** Changes an object in place, in all its depth. */
function change(value: unknown): void {
  if (typeof value !== 'object' || value === null || value instanceof Date) return
  for (const item of Object.values(value)) change(item)
  if (Array.isArray(value)) value.push('changed')
  else put(value as Data, 'changed', true)
}

test('request after request, a long session has the text and the data that it would have without a memory', () => {
  const step = fc.record({ key, value, act: fc.constantFrom('set', 'delete', 'read', 'change') })
  fc.assert(
    fc.property(dictionary, fc.array(fc.array(step, { maxLength: 4 }), { maxLength: 5 }), (start, requests) => {
      const model: Data = { ...start, filler }
      let text = encodeData(model)
      const id = String(++sessions)
      for (const request of requests) {
        const original = CopyOnRead.from(text, id)
        if (original === undefined) return // it has tags, and is decoded each time
        const data = original.share()
        expect(data).toEqual(JSON.parse(text))
        for (const { key, value, act } of request) {
          if (act === 'set') {
            put(data, key, structuredClone(value))
            put(model, key, structuredClone(value))
          } else if (act === 'delete') {
            delete data[key]
            delete model[key]
          } else if (Object.hasOwn(data, key)) {
            original.own(data, key)
            if (act === 'change') {
              change(data[key])
              change(model[key])
            }
          }
        }
        const before = text
        text = original.encode(data)
        expect(text).toBe(encodeData(model))
        // What a request does to its objects after the save is nobody else's.
        for (const name of Object.keys(data)) original.own(data, name)
        change(data)
        expect(CopyOnRead.from(text, id)?.share() ?? {}).toEqual(text.startsWith('~') ? {} : JSON.parse(text))
        expect(CopyOnRead.from(before, id)!.share()).toEqual(JSON.parse(before))
      }
    }),
  )
})

test('a long text is decoded once, and a value that no request asked for is the same object from then on', () => {
  const list = Array.from({ length: 1000 }, (_, at) => `item ${at}`)
  const original = CopyOnRead.from(encodeData({ list, n: 0 }), 'id')!
  const data = original.share()
  data.n = 1
  const next = CopyOnRead.from(original.encode(data), 'id')!
  expect(next.share().list).toBe(original.share().list)
  expect(CopyOnRead.from(encodeData({ list, n: 1 }), 'id')).toBe(next)
})

test('another session with the same text has data of its own', () => {
  const text = encodeData({ filler })
  expect(CopyOnRead.from(text, 'one')).not.toBe(CopyOnRead.from(text, 'other'))
})

test('what is known of texts is forgotten, the oldest first, once they are too many together', () => {
  const texts = new LongTexts<number>()
  const text = (n: number) => `${n} `.padEnd(1024 * 1024, 'x')
  for (const n of [1, 2, 3, 4]) texts.set(`${n}`, text(n), n)
  texts.set('1', text(1), 1)
  texts.set('5', text(5), 5)
  expect([1, 2, 3, 4, 5].map((n) => texts.get(`${n}`, text(n)))).toEqual([1, undefined, 3, 4, 5])
  texts.set('5', text(6), 6)
  expect([texts.get('5', text(5)), texts.get('5', text(6)), texts.get('1', text(1))]).toEqual([undefined, 6, 1])
})
