import { afterEach, expect, jest, test } from '@jest/globals'
import { type Config, html, makeApp, RequestHandler, Rule, response, urlFor } from 'tipfy'
import { cspNonce } from 'tipfy/ext/security'
import { type Running, start } from '../../support/application.ts'

class Page extends RequestHandler {
  get() {
    response.data = 'page'
  }
}
class WithScript extends RequestHandler {
  get() {
    response.cacheControl.maxAge = 60
    response.etag = 'x'
    response.data = html`<script nonce="${cspNonce()}">one()</script><style nonce="${cspNonce()}"></style>`
  }
}
class Literal extends RequestHandler {
  get() {
    response.makeConditional()
    response.lastModified = new Date(0)
    return html`<script>one()</script><style></style>${html.raw('<script>evil()</script>')}`
  }
}
class Streamed extends RequestHandler {
  *get() {
    yield String(html`<p>first</p>`)
    yield String(html`<script>later()</script>`)
  }
}
class Styled extends RequestHandler {
  get() {
    return html`<link rel="stylesheet" href="${urlFor('/styled')}.css">`
  }
}
const madeAtImport = html`<script>import()</script>`
class Made extends RequestHandler {
  get() {
    return madeAtImport
  }
}
class Own extends RequestHandler {
  get() {
    response.headers.set('Content-Security-Policy', "default-src 'none'")
    response.headers.set('X-Frame-Options', 'DENY')
  }
}
class Odd extends RequestHandler {
  get() {
    response.contentType = ' Text/HTML ; charset=utf-8'
    response.headers.add('X-Content-Type-Options', 'mine')
    response.headers.add('Referrer-Policy', 'origin')
    response.headers.add('referrer-policy', 'no-referrer')
    return `${html`<script></script>`}`
  }
}
class Json extends RequestHandler {
  get() {
    return { a: 1 }
  }
}

let running: Running
afterEach(() => running.close())

const config = (headers: object, tipfy: object = {}): Config => ({
  tipfy: { hooks: { posInitApp: ['tipfy/ext/security:headers'] }, ...tipfy },
  'tipfy/ext/security': { headers },
})
async function serve(headers: object, tipfy: object = {}): Promise<void> {
  const handlers = {
    '/': Page,
    '/script': WithScript,
    '/own': Own,
    '/literal': Literal,
    '/streamed': Streamed,
    '/made': Made,
    '/json': Json,
    '/odd': Odd,
    '/styled': Styled,
  }
  const rules = Object.entries(handlers).map(([path, handler]) => new Rule(path, { endpoint: path, handler }))
  running = await start(rules, config(headers, tipfy))
}

test('a page has the default headers, and HSTS over https alone', async () => {
  await serve({}, { trustedProxies: ['127.0.0.1'] })
  const { headers } = await running.ask('/')
  expect(headers).toMatchObject({
    'content-security-policy':
      "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'",
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'SAMEORIGIN',
    'referrer-policy': 'strict-origin-when-cross-origin',
    'permissions-policy': 'camera=(), microphone=(), geolocation=()',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
  })
  expect(headers).not.toHaveProperty('strict-transport-security')
  const secure = await running.ask('/', { headers: { 'x-forwarded-proto': 'https' } })
  expect(secure.headers['strict-transport-security']).toBe('max-age=15552000')
})

test('error pages have them too, and JSON has no policy for pages', async () => {
  await serve({})
  expect((await running.ask('/nothing')).headers['content-security-policy']).toMatch(/^default-src/)
  const { headers } = await running.ask('/json')
  expect(headers).not.toHaveProperty('content-security-policy')
  expect(headers['x-content-type-options']).toBe('nosniff')
})

test('the error of a hook that sees every response has them, too', async () => {
  const hooks = {
    posInitApp: ['tipfy/ext/security:headers', 'tipfy/ext/security:cors'],
    preSendResponse: () => {
      throw new Error('it broke')
    },
  }
  await serve({}, { hooks })
  const { status, headers } = await running.ask('/json')
  expect(status).toBe(500)
  expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', vary: expect.stringContaining('Origin') })
  expect(headers['content-security-policy']).toMatch(/^default-src/)
})

test('a page with a nonce names it in its policy, another for each request, and is kept by no cache', async () => {
  await serve({})
  const seen = new Set<string>()
  for (let n = 0; n < 3; n++) {
    const { headers, text, status } = await running.ask('/script', { headers: { 'if-none-match': '"x"' } })
    const nonce = /nonce="([^"]+)"/.exec(text)![1]!
    seen.add(nonce)
    expect(status).toBe(200)
    expect(text.split(`nonce="${nonce}"`)).toHaveLength(3)
    expect(headers['content-security-policy']).toContain(
      `script-src 'self' 'nonce-${nonce}'; style-src 'self' 'nonce-${nonce}'`,
    )
    expect(headers['cache-control']).toBe('no-store')
    expect(headers).not.toHaveProperty('etag')
  }
  expect(seen.size).toBe(3)
})

test('a redirect may be kept by caches, whatever its page says to clients that follow none', async () => {
  await serve({})
  const { status, headers } = await running.ask('//script')
  expect([status, headers['cache-control']]).toEqual([308, undefined])
  expect(headers['content-security-policy']).not.toContain('nonce')
})

test('no nonce comes twice', async () => {
  await serve({})
  const seen = Array.from({ length: 600 }, () => cspNonce())
  expect(new Set(seen).size).toBe(600)
  for (const one of seen) expect(one).toMatch(/^[\w+/]{24}$/)
})

test('tags that stand in a template get the nonce by themselves, and the page is no 304', async () => {
  await serve({})
  for (const conditions of [{}, { 'if-none-match': '*' }, { 'if-modified-since': new Date().toUTCString() }]) {
    const { headers, text, status } = await running.ask('/literal', { headers: conditions as Record<string, string> })
    const nonce = /nonce="([^"]+)"/.exec(text)![1]!
    expect([status, text]).toEqual([
      200,
      `<script nonce="${nonce}">one()</script><style nonce="${nonce}"></style><script>evil()</script>`,
    ])
    expect(headers['content-security-policy']).toContain(`'nonce-${nonce}'`)
    expect(headers['cache-control']).toBe('no-store')
    expect(headers).not.toHaveProperty('last-modified')
  }
})

test('a page whose stylesheet is one of this site has a nonce only where the policy allows no address', async () => {
  for (const [contentSecurityPolicy, hasNonce] of [
    [{}, false],
    [{ styleSrc: ["'nonce'"] }, true],
  ] as const) {
    await serve({ contentSecurityPolicy })
    const { text, headers } = await running.ask('/styled')
    expect([text.includes('nonce='), headers['cache-control'] === 'no-store']).toEqual([hasNonce, hasNonce])
    if (!hasNonce) await running.close()
  }
})

test('a script that a stream brings after its first piece has the nonce of the headers', async () => {
  await serve({})
  const { headers, text } = await running.ask('/streamed')
  const nonce = /nonce="([^"]+)"/.exec(text)![1]!
  expect(headers['content-security-policy']).toContain(`'nonce-${nonce}'`)
})

test('without a nonce in the policy, outside a request, and in applications without the hook nothing is put in', async () => {
  await serve({ contentSecurityPolicy: { scriptSrc: ["'self'"], styleSrc: ["'self'"] } })
  expect((await running.ask('/literal')).text).not.toContain('nonce')
  expect((await running.ask('/literal')).headers['cache-control']).toBeUndefined()
  await running.close()
  await serve({ contentSecurityPolicy: null })
  expect((await running.ask('/literal')).text).not.toContain('nonce')
  await running.close()
  await serve({})
  expect((await running.ask('/made')).text).toBe('<script>import()</script>')
  const other = await start([new Rule('/', { endpoint: 'x', handler: Literal })])
  expect((await other.ask('/')).text).not.toContain('nonce')
  await other.close()
})

test('in development the policy tells the browser where to report', async () => {
  await serve({}, { dev: true })
  expect((await running.ask('/')).headers['content-security-policy']).toMatch(/report-uri \/_tipfy\/violations/)
  await running.close()
  await serve({ contentSecurityPolicy: { reportUri: ['/mine'] } }, { dev: true })
  expect((await running.ask('/')).headers['content-security-policy']).toMatch(/report-uri \/mine/)
})

test('what a handler set itself stays', async () => {
  await serve({})
  expect((await running.ask('/own')).headers).toMatchObject({
    'content-security-policy': "default-src 'none'",
    'x-frame-options': 'DENY',
  })
})

test('a page is one by its content type, however it is written, and each header that was set is left alone', async () => {
  await serve({})
  const { headers } = await running.ask('/odd')
  expect(headers['content-security-policy']).toContain("'nonce-")
  expect(headers['x-content-type-options']).toBe('mine')
  expect(headers['referrer-policy']).toBe('origin, no-referrer')
})

test.each<[string, object, string | undefined]>([
  ['none', { frameOptions: 'DENY' }, "frame-ancestors 'none'"],
  ['the own site', { frameOptions: 'SAMEORIGIN' }, "frame-ancestors 'self'"],
  [
    'the sites of the policy',
    { frameOptions: 'DENY', contentSecurityPolicy: { frameAncestors: ['https://partner.example'] } },
    'frame-ancestors https://partner.example',
  ],
  ['all', { frameOptions: 'DENY', contentSecurityPolicy: { frameAncestors: [] } }, undefined],
])('the policy lets the same pages frame as frameOptions: %s', async (_, headers, directive) => {
  await serve(headers)
  const policy = (await running.ask('/')).headers['content-security-policy'] as string
  expect(policy.match(/frame-ancestors [^;]*/)?.[0]).toBe(directive)
})

test('a part that is configured without its hook is a warning', async () => {
  const policies = { all: { limit: 9, window: 60, by: 'address' as const } }
  const section = { headers: {}, cors: { origins: [] }, rateLimit: { policies } }
  const warned = async (posInitApp: string[], given: Config['tipfy/ext/security']) => {
    const app = makeApp({ tipfy: { urls: () => [], hooks: { posInitApp } }, 'tipfy/ext/security': given })
    const warn = jest.spyOn(app.log, 'warn').mockImplementation(() => {})
    await app.ready()
    await app.close()
    return warn.mock.calls.map(([message]) => /security\.(\w+) is configured/.exec(String(message))?.[1])
  }
  expect(await warned([], section)).toEqual(['cors', 'headers', 'rateLimit'])
  expect(await warned(['tipfy/ext/security:headers'], section)).toEqual(['cors', 'rateLimit'])
  expect(await warned([], { rateLimit: { policies: { login: { limit: 3 } } } as never })).toEqual([])
  expect(await warned([], undefined)).toEqual([])
  await serve({})
})

test('directives are added and taken away, headers are left out by null, and a policy may only report', async () => {
  await serve({
    contentSecurityPolicy: {
      imgSrc: ["'self'", 'https://cdn.example'],
      objectSrc: [],
      connectSrc: ["'SELF'"],
      scriptSrcElem: ["'sha256-abc='", "'nonce-x'", 'self.example'],
      requireTrustedTypesFor: ["'script'"],
    },
    reportOnly: true,
    frameOptions: null,
    permissionsPolicy: { fullscreen: ['self', 'https://video.example'] },
    referrerPolicy: 'no-referrer, strict-origin',
    openerPolicy: null,
    resourcePolicy: 'cross-origin',
  })
  const { headers } = await running.ask('/')
  expect(headers['content-security-policy-report-only']).toBe(
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' https://cdn.example; base-uri 'self'; form-action 'self'; frame-ancestors 'self'; connect-src 'SELF'; script-src-elem 'sha256-abc=' 'nonce-x' self.example; require-trusted-types-for 'script'",
  )
  expect(headers).not.toHaveProperty('x-frame-options')
  expect(headers['permissions-policy']).toBe('fullscreen=(self "https://video.example")')
  expect(headers['referrer-policy']).toBe('no-referrer, strict-origin')
  expect(headers).not.toHaveProperty('cross-origin-opener-policy')
  expect(headers['cross-origin-resource-policy']).toBe('cross-origin')
})

test.each([
  [{ contentSecurityPolicy: { imgSrc: ["'self'; script-src *"] } }, 'headers.contentSecurityPolicy must be'],
  [{ contentSecurityPolicy: { 'img-src': ["'self'"] } }, 'headers.contentSecurityPolicy must be'],
  [
    { contentSecurityPolicy: { imgsrc: ["'self'"] } },
    'contentSecurityPolicy.imgsrc must be another directive: the nearest is imgSrc',
  ],
  ...['self', 'none', 'unsafe-inline', 'nonce', 'nonce-abc', 'sha256-abc=', "'self"].map((source): [object, string] => [
    { contentSecurityPolicy: { imgSrc: ['data:', source] } },
    `contentSecurityPolicy.imgSrc must be written with quotes of its own: "'${source.replace("'", '')}'"`,
  ]),
  [{ contentSecurityPolicy: { scriptSrc: ["'unsafe-inlin'"] } }, `the nearest in quotes is "'unsafe-inline'"`],
  [{ referrerPolicy: 'no-referrer\r\nx: y' }, 'headers.referrerPolicy must be'],
  [{ frameOptions: 'ALLOW' }, "headers.frameOptions must be null, or one of 'DENY', 'SAMEORIGIN'"],
  [{ referrerPolicy: 'no-referer' }, "headers.referrerPolicy must be null, or one of 'no-referrer', "],
  [{ referrerPolicy: 'origin, strict' }, 'headers.referrerPolicy must be'],
  [{ referrerPolicy: '' }, 'headers.referrerPolicy must be'],
  [{ openerPolicy: 'same-orign' }, "headers.openerPolicy must be null, or one of 'same-origin', "],
  [{ resourcePolicy: "'same-site'" }, "headers.resourcePolicy must be null, or one of 'same-origin', 'same-site'"],
  [{ permissionsPolicy: { camera: ["'self'"] } }, 'headers.permissionsPolicy must be lists of origins by feature'],
  [{ permissionsPolicy: { camera: ['shop.example'] } }, 'headers.permissionsPolicy must be lists'],
  [{ strictTransportSecurity: '1 year' }, 'headers.strictTransportSecurity must be a number of whole seconds'],
  [{ hsts: 1 }, 'headers.hsts must be one of the keys contentSecurityPolicy, '],
])('the start stops for %j', async (headers, message) => {
  expect(() => makeApp(config(headers), { root: import.meta.dirname })).toThrow(message)
  await serve({})
})
