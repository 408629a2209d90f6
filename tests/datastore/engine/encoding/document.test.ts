// The text in which an entity's properties are stored.
import { expect, test } from '@jest/globals'
import { readDocument, writeDocument } from '../../../../lib/datastore/engine/encoding/document.ts'
import type { Properties, StoredValue } from '../../../../lib/datastore/engine/encoding/values.ts'

const text = (stringValue: string, excludeFromIndexes = true): StoredValue => ({
  valueType: 'stringValue',
  stringValue,
  ...(excludeFromIndexes && { excludeFromIndexes }),
})
const quoted = '{"a":"\\n"}\n'.repeat(200)

test.each<[string, Properties]>([
  ['short ones', { a: text(''), b: text('"') }],
  [
    'long ones, of any characters',
    { b: text(quoted), a: text(`\t${'é😀\n'.repeat(500)}`), c: text('x'), d: text(quoted) },
  ],
  ['with a NUL', { a: text(`${quoted}\0${quoted}`), b: text(quoted) }],
  [
    'in a list and in an entity',
    {
      list: { valueType: 'arrayValue', arrayValue: { values: [text(quoted), text('x'), text(`y${quoted}`)] } },
      entity: { valueType: 'entityValue', entityValue: { properties: { inner: text(`z${quoted}`) } } },
      9: text(`9${quoted}`),
      1: text(`1${quoted}`),
    },
  ],
  ['beside names with escapes', { '"\\': text(quoted), '\n': text(`n${quoted}`) }],
  ['with a meaning', { a: { ...text(quoted), meaning: 15 } }],
])('texts are read as they were written: %s', (_, properties) => {
  expect(readDocument(writeDocument(properties))).toEqual(properties)
})

test('a long text is stored as it is, not as JSON', () => {
  expect(
    writeDocument({ a: text(quoted), b: text('x') })
      .trimEnd()
      .endsWith(quoted.trimEnd()),
  ).toBe(true)
})
