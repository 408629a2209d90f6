// The code of a new project: the application and its tests, in either language.
import { layoutImport, pageOf, tokenOf } from './layout.ts'
import { loginConfig, loginLinks, loginRules, loginTests } from './login.ts'
import { type Project, typed } from './project.ts'

export function configFile(project: Project): string {
  const hook = project.sessions === 'cookie' ? 'setSecureCookieSession' : 'setDatastoreSession'
  const { front, section } = loginConfig(project)
  const cache = (project.cache ?? 'none') === 'none' ? '' : ' cache: process.env.CACHE ?? null,'
  const guards = [
    "'tipfy/ext/session:checkCsrf'",
    ...(project.login === 'none' ? [] : ["'tipfy/ext/auth:requireUser'"]),
  ]
  const type = project.ts ? `import type { Config } from 'tipfy'\n${front}\n` : front === '' ? '' : `${front}\n`
  const comment = project.ts ? '' : "/** @type {import('tipfy').Config} */\n"
  return `${type}${comment}export const config${typed(project, ': Config')} = {
  tipfy: {
    hooks: {
      posInitApp: ['tipfy/ext/session:${hook}'],
      preDispatchHandler: [${guards.join(', ')}],
    },
  },
  'tipfy/ext/session': { secretKey: process.env.SECRET_KEY,${cache} expiration: 86_400 },${section}
}
`
}

export function urlsFile(project: Project): string {
  const rules = ["new Rule('/', { endpoint: 'home', handler: 'home:Home' })"]
  if (project.example === 'cart') {
    rules.push("new Rule('/session-test', { endpoint: 'session', handler: 'session_test:MyHandler' })")
  }
  rules.push(...loginRules(project))
  const list = rules.map((rule) => `    ${rule},`).join('\n')
  const end = project.ts
    ? `  ] as const

// Teaches urlFor and redirectTo your rules: a wrong endpoint or variable is an error in your editor.
declare module 'tipfy' {
  interface Register {
    rules: ReturnType<typeof getRules>
  }
}
`
    : '  ]\n'
  return `import { Rule } from 'tipfy'

export const getRules = () =>
  [
${list}
${end}`
}

const sessionData = `
declare module 'tipfy/ext/session' {
  interface SessionData {
    products: string[]
  }
}
`

export const cartHandler = (
  project: Project,
) => `// A cart by URL: /session-test?add-product=tea, /session-test?remove-product=tea
import { html, RequestHandler, request, response } from 'tipfy'
import { session } from 'tipfy/ext/session'
${typed(project, sessionData)}
export class MyHandler extends RequestHandler {
  get() {
    const toAdd = request.args.get('add-product')
    if (toAdd !== null) session.setDefault('products', []).push(toAdd)

    const toRemove = request.args.get('remove-product')
    if (toRemove !== null) {
      const products = session.setDefault('products', [])
      const at = products.indexOf(toRemove)
      if (at !== -1) products.splice(at, 1)
    }
    const products = session.get('products')
    response.data = products?.length ? html\`Products in cart: \${products.join(', ')}\` : 'The cart is empty.'
    return response
  }
}
`

export const cartPage = (project: Project) => `// The front page: the cart, for a person with a browser.
import { html, RequestHandler, redirectTo, request } from 'tipfy'
import { ${project.login === 'none' ? 'session, sessionStore' : 'session'} } from 'tipfy/ext/session'
${layoutImport(project, 'page, token')}
export class Home extends RequestHandler {
  get() {
    const products = session.get('products') ?? []
    return ${pageOf(
      project,
      'Your cart',
      `\${products.length === 0 ? html\`<p>The cart is empty.</p>\` : html\`<ul>\${products.map(item)}</ul>\`}
<form method="post">
  \${token()}
  <input name="add-product" aria-label="Product" placeholder="A product" required autofocus>
  <button class="main">Add</button>
</form>${loginLinks(project)}`,
    )}
  }

  async post() {
    const form = await request.form()
    const toAdd = form.get('add-product')?.trim()
    if (toAdd) session.setDefault('products', []).push(toAdd)

    const products = session.get('products') ?? []
    const at = products.indexOf(form.get('remove-product') ?? '')
    if (at !== -1) products.splice(at, 1)
    return redirectTo('home', {}, { code: 303 })
  }
}

function item(product${typed(project, ': string')}) {
  return html\`<li>\${product}
  <form method="post">
    \${token()}
    <button name="remove-product" value="\${product}" aria-label="Remove \${product}">Remove</button>
  </form></li>\`
}
${tokenOf(project)}`

export const barePage = (project: Project) => `// The front page.
import { html, RequestHandler } from 'tipfy'
import { session } from 'tipfy/ext/session'
${layoutImport(project, 'page')}${typed(project, sessionData.replace('products: string[]', 'visits: number'))}
export class Home extends RequestHandler {
  get() {
    const visits = (session.get('visits') ?? 0) + 1
    session.set('visits', visits)
    return ${pageOf(project, 'Hello', `<p>Visits: \${visits}</p>${loginLinks(project)}`)}
  }
}
`

export function testFile(project: Project): string {
  const suffix = project.ts ? 'ts' : 'js'
  const stored = project.sessions === 'datastore'
  const uses = ['createClient', ...(stored ? ['memoryDatastore'] : [])].join(', ')
  const settings = stored
    ? `
// The tests keep their sessions in memory.
const sessions = { ...config['tipfy/ext/session'], datastore: await memoryDatastore() }
const app = makeApp({ ...config, 'tipfy/ext/session': sessions }, { root: join(import.meta.dirname, '..') })`
    : `
const app = makeApp(config, { root: join(import.meta.dirname, '..') })`
  const imports = [
    "import assert from 'node:assert/strict'",
    "import { join } from 'node:path'",
    "import { after, test } from 'node:test'",
    "import { makeApp } from 'tipfy'",
    `import { ${uses} } from 'tipfy/testing'`,
    `import { config } from '../config.${suffix}'`,
  ]
  return `${imports.join('\n')}
${settings}
after(() => app.close())

${project.example === 'cart' ? cartTests(project) : bareTests}${loginTests(project)}`
}

const cartTests = (project: Project) => `test('products come and go', async () => {
  const client = createClient(app)
  const ask = async (query${typed(project, ': Record<string, string>')}) => (await client.get('/session-test', { query })).text
  assert.equal(await ask({ 'add-product': 'foo' }), 'Products in cart: foo')
  assert.equal(await ask({ 'add-product': 'bar' }), 'Products in cart: foo, bar')
  assert.equal(await ask({ 'remove-product': 'foo' }), 'Products in cart: bar')
  assert.equal(await ask({ 'remove-product': 'bar' }), 'The cart is empty.')
})

test('every browser has its own cart', async () => {
  await createClient(app).get('/session-test', { query: { 'add-product': 'mine' } })
  assert.equal((await createClient(app).get('/session-test')).text, 'The cart is empty.')
})

test('the form of the front page adds and removes, and works from no other site', async () => {
  const client = createClient(app, { followRedirects: true })
  const token = (await client.get('/')).text.match(/name="_csrf" value="([^"]+)"/)?.[1] ?? ''
  const added = await client.post('/', { form: { _csrf: token, 'add-product': 'tea' } })
  assert.match(added.text, /<li>tea/)
  assert.equal((await client.post('/', { form: { 'add-product': 'forged' } })).status, 403)
  const removed = await client.post('/', { form: { _csrf: token, 'remove-product': 'tea' } })
  assert.match(removed.text, /The cart is empty\\./)
})

test('the front page shows what is in the session', async () => {
  const client = createClient(app)
  await client.session((session) => {
    session.products = ['tea & <cake>']
  })
  assert.match((await client.get('/')).text, /<li>tea &amp; &lt;cake&gt;/)
})
`

const bareTests = `test('visits are counted', async () => {
  const client = createClient(app)
  assert.match((await client.get('/')).text, /Visits: 1/)
  assert.match((await client.get('/')).text, /Visits: 2/)
})
`
