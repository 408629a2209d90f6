// `npm run docs`: the pages of docs/ and the reference of everything that can be imported, as a site in dist-docs/ that can
// be read without a network, opened as files.
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { apiPage, readModules } from './api.ts'
import { anchorOf, type Heading, render } from './markdown.ts'
import { script, style } from './site.ts'

const root = join(import.meta.dirname, '../..')
const docs = join(root, 'docs')

interface Page {
  file: string
  title: string
  html: string
  headings: Heading[]
  /** What is found though it has no heading: methods and properties. */
  members: { text: string; anchor: string }[]
}

/** The menu: the pages that the front page links to, under its headings, in its order. */
function menuOf(front: string): { title: string; files: string[] }[] {
  return front
    .split(/^## /m)
    .slice(1)
    .map((section) => {
      const [title = ''] = section.split('\n')
      return { title, files: [...section.matchAll(/\]\(([\w-]+\.md)\)/g)].map(([, file]) => file!) }
    })
}

const htmlName = (file: string) => (file === 'README.md' ? 'index.html' : file.replace(/\.md$/, '.html'))

function pageOf(file: string, markdown: string): Page {
  const { html, headings } = render(markdown)
  return { file: htmlName(file), title: headings[0]?.text ?? file, html, headings, members: [] }
}

function layout(page: Page, menu: { title: string; pages: Page[] }[]): string {
  const groups = menu.map(({ title, pages }) => {
    const items = pages.map(({ file, title: text }) => {
      const current = file === page.file ? ' aria-current="page"' : ''
      return `<li><a href="${file}"${current}>${text}</a></li>`
    })
    return `<h2>${title}</h2><ul>${items.join('')}</ul>`
  })
  const inner = page.headings.filter(({ level }) => level === 2)
  const contents =
    inner.length < 3
      ? ''
      : `<nav class="contents" aria-label="On this page"><ul>${inner.map(({ anchor, text }) => `<li><a href="#${anchor}">${text}</a></li>`).join('')}</ul></nav>`
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${page.title}${page.file === 'index.html' ? '' : ' · tipfy'}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="style.css">
</head>
<body>
<a class="skip" href="#main">Skip to content</a>
<header><a href="index.html">tipfy</a><a class="to-menu" href="#menu">Pages</a><label>Search <input id="search" type="search" autocomplete="off"></label><ul id="found" hidden></ul></header>
<div class="columns">
<nav class="menu" id="menu" aria-label="Pages">${groups.join('\n')}</nav>
<main id="main">
${page.html}
</main>
${contents}
</div>
<script src="index.js"></script>
</body>
</html>
`
}

const front = readFileSync(join(docs, 'README.md'), 'utf8')
const written = new Map(
  readdirSync(docs)
    .filter((name) => name.endsWith('.md'))
    .map((name) => [name, pageOf(name, readFileSync(join(docs, name), 'utf8'))]),
)
const reference = [...readModules()].map(([name, declarations]) => {
  const page = pageOf(`api-${name.replaceAll('/', '-')}.md`, apiPage(name, declarations))
  for (const { name: owner, members } of declarations) {
    for (const member of members) page.members.push({ text: `${owner}.${member.name}`, anchor: anchorOf(owner) })
  }
  return page
})
const menu = [
  ...menuOf(front).map(({ title, files }) => ({ title, pages: files.flatMap((file) => written.get(file) ?? []) })),
  { title: 'Reference', pages: reference },
]
const pages = [...written.values(), ...reference]

const [, , target = join(root, 'dist-docs')] = process.argv
rmSync(target, { recursive: true, force: true })
mkdirSync(target, { recursive: true })
cpSync(join(docs, 'images'), join(target, 'images'), { recursive: true })
for (const page of pages) {
  // What is not part of the site is read where the sources are.
  writeFileSync(
    join(target, page.file),
    layout(page, menu).replaceAll('href="../CHANGELOG.html"', 'href="../CHANGELOG.md"'),
  )
}
const index = pages.flatMap(({ file, title, headings, members }) => [
  ...headings.map(({ text, anchor }) => [text, text === title ? '' : title, `${file}#${anchor}`]),
  ...members.map(({ text, anchor }) => [text, title, `${file}#${anchor}`]),
])
writeFileSync(join(target, 'style.css'), style)
writeFileSync(join(target, 'index.js'), `const index = ${JSON.stringify(index)}\n${script}`)
console.log(`${pages.length} pages: open ${join(target, 'index.html')}`)
