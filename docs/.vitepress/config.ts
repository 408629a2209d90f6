// The documentation as a site: the pages of docs/ with the menu of docs/README.md. `npm run docs` builds it.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type DefaultTheme, defineConfig, type MarkdownRenderer } from 'vitepress'
import { modules } from '../../tools/docs/api.ts'
import { pageOf } from '../../tools/docs/api-pages.ts'
import { anchorOf, sectionsOf } from '../../tools/docs/markdown.ts'

const docs = join(import.meta.dirname, '..')

const route = (page: string) => `/${page.replace('.md', '')}`

function sidebar(): DefaultTheme.SidebarItem[] {
  const sections = sectionsOf(readFileSync(join(docs, 'README.md'), 'utf8'))
  return [
    ...sections.map(({ title, links }) => ({
      text: title,
      items: links.map(({ text, page }) => ({ text, link: route(page) })),
    })),
    { text: 'API reference', items: [...modules.keys()].map((name) => ({ text: name, link: route(pageOf(name)) })) },
  ]
}

/** Leaves diagrams to the theme, and shows links to files outside docs/ as text: the site does not have these files. */
function extendMarkdown(md: MarkdownRenderer): void {
  const { fence } = md.renderer.rules
  md.renderer.rules.fence = (tokens, at, ...rest) => {
    const { info, content } = tokens[at]!
    return info === 'mermaid'
      ? `<pre class="mermaid" v-pre>${md.utils.escapeHtml(content)}</pre>`
      : fence!(tokens, at, ...rest)
  }
  md.core.ruler.push('outside', ({ tokens }) => {
    for (const { children } of tokens) {
      let isOutside = false
      for (const token of children ?? []) {
        if (token.type === 'link_open') isOutside = token.attrGet('href')!.startsWith('../')
        if (!isOutside || !token.type.startsWith('link_')) continue
        token.type = 'text'
        token.content = ''
      }
    }
  })
}

export default defineConfig({
  title: 'tipfy',
  description: 'A small web framework for Node and TypeScript',
  head: [['link', { rel: 'icon', href: 'data:,' }]],
  outDir: '../dist-docs',
  cacheDir: '../.tipfy/vitepress',
  ignoreDeadLinks: 'localhostLinks',
  vite: { build: { chunkSizeWarningLimit: 4000 } }, // Mermaid is one large file
  srcExclude: ['api-report/**'],
  rewrites: { 'README.md': 'index.md' },
  markdown: {
    anchor: { slugify: anchorOf },
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
    config: extendMarkdown,
  },
  themeConfig: {
    outline: [2, 3],
    sidebar: sidebar(),
    search: { provider: 'local' },
  },
})
