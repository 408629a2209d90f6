import { afterAll, beforeEach, expect, test } from '@jest/globals'
import { html, putNonces } from '../../lib/http/html.ts'
import type { Nonce } from '../../lib/http/nonce-tags.ts'

let nonce: Nonce | undefined
let asked = 0
beforeEach(() => {
  asked = 0
  nonce = { value: () => `N${++asked && ''}`, scripts: true, styles: true, ownStyles: false }
  putNonces(() => nonce)
})
afterAll(() => putNonces(() => undefined))

const marked = (page: unknown) => String(page)

test('script and style tags that stand in a template get the nonce', () => {
  expect(marked(html`<style>p{}</style><script>go()</script><SCRIPT src="/x.js" async></SCRIPT>`)).toBe(
    '<style nonce="N">p{}</style><script nonce="N">go()</script><SCRIPT nonce="N" src="/x.js" async></SCRIPT>',
  )
  expect(
    marked(html`<script
    src="${'/a?b'}" data-x='>'>${1}</script>${2}<style>${'x'}</style>`),
  ).toBe(`<script nonce="N"
    src="/a?b" data-x='>'>1</script>2<style nonce="N">x</style>`)
})

test('what is put in gets none, however it came to be HTML', () => {
  const smuggled = '<script>evil()</script>'
  const safe = { toString: () => smuggled }
  const page = marked(
    html`<p>${smuggled}${html.raw(smuggled)}${[html.raw('<style>')]}${safe}</p><b title="${'<script>'}">`,
  )
  expect(page).not.toContain('nonce')
  expect(asked).toBe(0)
})

test('a partial brings its own tags with their nonce, once', () => {
  const partial = html`<script>one()</script>`
  expect(marked(html`<body>${[partial, partial]}${html`<i>${html`<style></style>`}</i>`}</body>`)).toBe(
    '<body><script nonce="N">one()</script><script nonce="N">one()</script><i><style nonce="N"></style></i></body>',
  )
})

test('a tag that has a nonce keeps it', () => {
  expect(marked(html`<script nonce="${'own'}">x</script><style media=all nonce=own></style>`)).toBe(
    '<script nonce="own">x</script><style media=all nonce=own></style>',
  )
  expect(marked(html`<script data-nonce="x"></script>`)).toBe('<script nonce="N" data-nonce="x"></script>')
})

test('what only looks like a tag gets none', () => {
  const page = html`<!-- <script> --><p title="<script>" id='<style>'></p><title><script></title><textarea><style></textarea>
<scripts></scripts><script-x></script-x><styled>< script>&lt;script>`
  expect(marked(page)).not.toContain('nonce')
  const text = html`<script>document.write("<script src=x><\/script>"); const tag = '<style>'</script><script>2</script>`
  expect(marked(text).split('nonce')).toHaveLength(3)
  expect(marked(text)).toContain('write("<script src=x>')
})

test('letters that are longer in lower case move no tag', () => {
  expect(marked(html`<title>${'x'} ıİİİİİİİİİİİİİİİİİİİİ</TITLE><script>go()</script>`)).toContain('<script nonce="N">')
})

test('a stylesheet of another site gets one, one of this site is allowed by its address', () => {
  const tags = marked(html`<link rel="stylesheet" href="https://cdn.example/a.css">
<link href=//cdn.example/b.css rel=stylesheet>
<link rel='stylesheet' href="${'https://cdn.example/c.css'}">
<link rel="stylesheet" href="/own.css">
<link rel="icon" href="https://cdn.example/d.png">`).split('\n')
  expect(tags.map((tag) => tag.includes(' nonce="N"'))).toEqual([true, true, true, false, false])
})

test.each([
  ['/site.css', false],
  ['/site.css?v=1&x=//', false],
  ['css/site.css', false],
  ['site.css', false],
  ['./site.css', false],
  ['//cdn.example/a.css', true],
  ['https://cdn.example/a.css', true],
  ['/\\cdn.example/a.css', true],
  ['/\t/cdn.example/a.css', true],
  ['\\\\cdn.example/a.css', true],
  [' //cdn.example/a.css', true],
  ['', true],
])('the stylesheet at %j, written or put in, needs one: %s', (address, needed) => {
  const written = Object.assign([`<link rel="stylesheet" href="${address}">`], { raw: [''] }) as TemplateStringsArray
  const pages = [
    html(written),
    html`<p class="${'x'}"></p><link rel="stylesheet" ${'data-x'} href="${html.raw(address)}">`,
    html`<link href=${address} rel=stylesheet>`,
  ]
  expect(pages.map((page) => marked(page).includes('nonce'))).toEqual([needed, needed, needed])
})

test('a stylesheet whose address only begins in the template needs one where the rest could lead elsewhere', () => {
  const name = '/cdn.example/a.css'
  const tags = [
    html`<link rel="stylesheet" href="/${name}">`,
    html`<link rel="stylesheet" href="https${'://cdn.example/a.css'}">`,
    html`<link rel="stylesheet" href="/static/${name}">`,
    html`<link rel="stylesheet" href="/site.css?v=${name}">`,
  ]
  expect(tags.map((tag) => marked(tag).includes('nonce'))).toEqual([true, true, false, false])
})

test('a stylesheet of this site gets one, too, where the policy does not allow it by its address', () => {
  nonce = { value: () => 'N', scripts: true, styles: true, ownStyles: true }
  expect(marked(html`<link rel="stylesheet" href="/own.css">`)).toContain('nonce="N"')
})

test('what loads a script or stylesheet ahead gets one, as the tag that uses it', () => {
  const tags = marked(html`<link rel="preload" as="script" href="https://cdn.example/a.js">
<LINK AS=SCRIPT REL=PRELOAD HREF=https://cdn.example/a.js>
<link rel="modulepreload" href="https://cdn.example/a.js">
<link rel="preload" as="style" href="https://cdn.example/a.css">
<link rel="preload stylesheet" as="style" href="https://cdn.example/a.css">
<link rel="alternate stylesheet" href="https://cdn.example/a.css">
<link rel="preload" as="style" href="/own.css">
<link rel="preload" as="font" href="https://cdn.example/a.woff2">
<link rel="icon" href="/stylesheet">`).split('\n')
  const got = tags.map((tag) => tag.includes(' nonce="N"'))
  expect(got).toEqual([true, true, true, true, true, true, false, false, false])
})

test('comments end where browsers end them', () => {
  for (const comment of ['<!-->', '<!--->', '<!-- x --!>', '<!--[if IE]><!-->', '<!-- <!-- -->'])
    expect(marked(html(Object.assign([`${comment}<script>`], { raw: [''] }) as TemplateStringsArray))).toContain(
      'nonce',
    )
})

test('a stylesheet is of this site only if all of its address says so', () => {
  const of = (page: unknown) => marked(page).includes('nonce')
  expect(of(html`<link rel=stylesheet href="${'https'}://cdn.example/x.css">`)).toBe(true)
  expect(of(html`<link rel=stylesheet href="${'https'}${'://cdn.example/x.css'}">`)).toBe(true)
  expect(of(html`<link rel=stylesheet href="${'site.css'}">`)).toBe(false)
  expect(of(html`<link rel=stylesheet href=${'site.css'}>`)).toBe(false)
  expect(of(html`<link rel=stylesheet href="${'/site.css'}?v=${1}">`)).toBe(false)
})

test('a policy that asks a nonce of scripts alone, or of nothing, gets it there', () => {
  nonce = { value: () => 'N', scripts: true, styles: false, ownStyles: false }
  const page = () => marked(html`<script></script><style></style>`)
  expect(page()).toBe('<script nonce="N"></script><style></style>')
  nonce = { value: () => 'N', scripts: false, styles: true, ownStyles: false }
  expect(page()).toBe('<script></script><style nonce="N"></style>')
  nonce = undefined
  expect(page()).toBe('<script></script><style></style>')
})

test('a tag that is never closed, and a page of nothing but tags, end', () => {
  expect(marked(html`<script`)).toBe('<script nonce="N"')
  expect(marked(html`<script ${'x'}`)).toBe('<script nonce="N" x')
  const long = Object.assign([`${'<a b="'.repeat(20_000)}<script>`], { raw: [''] }) as unknown as TemplateStringsArray
  const start = process.cpuUsage().user
  marked(html(long))
  expect((process.cpuUsage().user - start) / 1000).toBeLessThan(500)
})
