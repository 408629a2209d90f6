// `npm run docs`: builds the documentation as a site in dist-docs/, with the API reference and llms.txt. It needs no network,
// neither to be built nor to be read. `-- --serve` shows it on http://localhost:4173; another argument is the target folder.
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { makeApp, Rule, serve, staticFiles } from 'tipfy'
import { build } from 'vitepress'
import { readModules } from './api.ts'
import { apiPage, pageOf } from './api-pages.ts'
import { llmsFullTxt, llmsTxt, type Page } from './llms.ts'
import { sectionsOf } from './markdown.ts'

const root = join(import.meta.dirname, '../..')
const docs = join(root, 'docs')
const api = join(docs, 'api')

const args = process.argv.slice(2)
const target = args.find((argument) => !argument.startsWith('--')) ?? join(root, 'dist-docs')

const reference = readModules().modules.map((module) => ({ page: pageOf(module.name), text: apiPage(module) }))
const front = readFileSync(join(docs, 'README.md'), 'utf8')
const pages: Page[] = [
  ...sectionsOf(front).flatMap(({ links }) =>
    links.map(({ page }) => ({ page, text: readFileSync(join(docs, page), 'utf8') })),
  ),
  ...reference,
]

try {
  mkdirSync(api, { recursive: true })
  for (const { page, text } of reference) writeFileSync(join(docs, page), text)
  await build(docs, { outDir: target })
} finally {
  rmSync(api, { recursive: true, force: true })
}

// The pages as Markdown too: that is what llms.txt links to.
for (const { page, text } of pages) {
  mkdirSync(dirname(join(target, page)), { recursive: true })
  writeFileSync(join(target, page), text)
}
cpSync(join(docs, 'images'), join(target, 'images'), { recursive: true })
writeFileSync(join(target, 'llms.txt'), llmsTxt(front, pages))
writeFileSync(join(target, 'llms-full.txt'), llmsFullTxt(pages))

if (args.includes('--serve')) {
  const handler = staticFiles(target)
  const urls = () => [
    new Rule('/', { endpoint: 'site', handler, defaults: { file: 'index.html' } }),
    new Rule('/<path:file>', { endpoint: 'site', handler }),
  ]
  const { url } = await serve(makeApp({ tipfy: { urls } }, { root }), { port: 4173, host: '127.0.0.1' })
  console.log(`The documentation is at ${url}`)
}
