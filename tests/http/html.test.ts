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

test('safe strings of Hono, its JSX and Handlebars are inserted as they are, and no data that looks like one', () => {
  class JSXNode {
    isEscaped = true
    toString() {
      return '<b>jsx</b>'
    }
  }
  class SafeString {
    toString() {
      return '<b>handlebars</b>'
    }
    toHTML() {
      return this.toString()
    }
  }
  class Document extends SafeString {}
  const hono = Object.assign(new String('<b>hono</b>'), { isEscaped: true })
  expect(String(html`${hono}${[new JSXNode(), new SafeString()]}`)).toBe('<b>hono</b><b>jsx</b><b>handlebars</b>')
  for (const data of [
    JSON.parse('{"isEscaped":true,"toString":"<b>"}'),
    { isEscaped: true, toString: () => '<b>' },
    Object.assign(Object.create(null), { isEscaped: true, toString: () => '<b>' }),
    new Document(),
    Object.assign(new String('<b>'), { isEscaped: 'yes' }),
  ]) {
    let shown = ''
    try {
      shown = String(html`${data}`)
    } catch (error) {
      expect(error).toMatchObject({ code: 'TIPFY_E_HTML_VALUE' })
    }
    expect(shown).not.toContain('<b>')
  }
  class Later extends JSXNode {
    override toString(): string {
      return Promise.resolve('<b>') as unknown as string
    }
  }
  expect(() => html`${new Later()}`).toThrow('a promise')
})

class Money {
  toString() {
    return '<5 €>'
  }
}

test('objects with a text of their own show it', () => {
  const date = new Date(0)
  expect(String(html`${new Money()}${new URL('http://a/?b&c')}${5n}`)).toBe('&lt;5 €&gt;http://a/?b&amp;c5')
  expect(String(html`${date}`)).toBe(escapeHtml(String(date)))
})

test.each([
  ['a promise', Promise.resolve('x')],
  ['a function', () => 'x'],
  ['a function', class {}],
  ['an object', { a: 1 }],
  ['an object', Object.create(null)],
  ['an object (Map)', new Map()],
  ['an object (Set)', new Set(['x'])],
  ['a symbol', Symbol('x')],
  ['an object', (async function* () {})()],
])('%s in html`…` is an error', (given, value) => {
  for (const put of [value, [value], [['x', [value]]]]) {
    expect(() => html`<p>${put}</p>`).toThrow(
      expect.objectContaining({ code: 'TIPFY_E_HTML_VALUE', message: expect.stringContaining(`was given ${given}`) }),
    )
  }
})

test('html.json writes data that cannot end its script', () => {
  const data = { text: '</script><!--\u2028\u2029&', list: [1, null], quote: '"\'' }
  const text = String(html`<script>const data = ${html.json(data)}</script>`)
  expect(text).not.toMatch(/<\/script>.|<!--|[\u2028\u2029&]/)
  expect(JSON.parse(text.slice('<script>const data = '.length, -'</script>'.length))).toEqual(data)
  for (const value of [undefined, () => 1, Promise.resolve(1), Symbol('x')]) {
    expect(() => html.json(value)).toThrow(expect.objectContaining({ code: 'TIPFY_E_HTML_VALUE' }))
  }
})

test.each([
  ['/a?b&c', '/a?b&amp;c'],
  ['#top', '#top'],
  ['a:b/c'.replace('a:', './a:'), './a:b/c'],
  ['https://a.example/"', 'https://a.example/&quot;'],
  ['HTTP://a.example', 'HTTP://a.example'],
  ['mailto:a@b.example', 'mailto:a@b.example'],
  ['tel:1', 'tel:1'],
  ['//a.example/', '//a.example/'],
  ['', ''],
])('html.url passes %j', (address, written) => {
  expect(String(html`${html.url(address)}`)).toBe(written)
})

test.each([
  'javascript:x',
  'JavaScript:x',
  ' javascript:x',
  '\x01javascript:x',
  'java\nscript:x',
  '\tj\ra\tvascript:x',
  'vbscript:x',
  'data:text/html,x',
  'blob:x',
  'file:///x',
])('html.url rejects %j', (address) => {
  expect(() => html.url(address)).toThrow(expect.objectContaining({ code: 'TIPFY_E_HTML_URL' }))
})
