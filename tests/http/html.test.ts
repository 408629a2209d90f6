import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { escape as escapeHtml, html } from '../../lib/http/html.ts'

test('the five characters that mean something in HTML are escaped', () => {
  expect(escapeHtml(`<a href="x" title='y'>&</a>`)).toBe(
    '&lt;a href=&quot;x&quot; title=&#39;y&#39;&gt;&amp;&lt;/a&gt;',
  )
  expect(escapeHtml(5)).toBe('5')
})

test('what is put into html`` is escaped, html`` itself is not', () => {
  expect(String(html`<p title="${'"'}">${'<'}</p>`)).toBe('<p title="&quot;">&lt;</p>')
  expect(String(html`<ul>${['<', 'b'].map((item) => html`<li>${item}</li>`)}</ul>`)).toBe(
    '<ul><li>&lt;</li><li>b</li></ul>',
  )
  expect(String(html`${html.raw('<b>')}${['<', '>']}`)).toBe('<b>&lt;&gt;')
})

test('null, undefined and false show nothing, other values their text', () => {
  expect(String(html`${null}${undefined}${false}|${0}|${true}|${''}`)).toBe('|0|true|')
})

test('nothing put in can open a tag or leave an attribute', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(String(html`${text}`)).not.toMatch(/[<>"']/)
    }),
  )
})

test('html`` is text to JSON', () => {
  expect(JSON.stringify({ a: html`<b>` })).toBe('{"a":"<b>"}')
})
