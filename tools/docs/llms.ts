// The documentation for language models (https://llmstxt.org): an index of the pages, and all of them as one text.
import { sectionsOf } from './markdown.ts'

export interface Page {
  /** Its path in the site, like `rules.md`. */
  page: string
  text: string
}

/** The first sentence of a page, as one line without links. */
function summaryOf(text: string): string {
  const [, paragraph = ''] = text.match(/^# .+\n+((?:[^\n]+\n)+)/) ?? []
  const line = paragraph.replace(/\[([^\]]+)\]\([^)]*\)/g, '$1').replace(/\s+/g, ' ')
  return line.match(/^.*?[.:](?= [A-Z]| ?$)/)?.[0].replace(/:$/, '.') ?? line.trim()
}

const titleOf = (text: string) => text.match(/^# (.+)$/m)![1]!

export function llmsTxt(front: string, pages: readonly Page[]): string {
  const entry = ({ page, text }: Page) => `- [${titleOf(text)}](${page}): ${summaryOf(text)}`
  const sections = sectionsOf(front).map(({ title, links }) => ({ title, names: links.map(({ page }) => page) }))
  const inSections = new Set(sections.flatMap(({ names }) => names))
  sections.push({
    title: 'API reference',
    names: pages.map(({ page }) => page).filter((page) => !inSections.has(page)),
  })
  const lists = sections.map(({ title, names }) => {
    const entries = names.map((name) => entry(pages.find(({ page }) => page === name)!))
    return `## ${title}\n\n${entries.join('\n')}\n`
  })
  return `# tipfy\n\n> ${summaryOf(front)}\n\nAll pages in one file: [llms-full.txt](llms-full.txt)\n\n${lists.join('\n')}`
}

export function llmsFullTxt(pages: readonly Page[]): string {
  return pages.map(({ page, text }) => `<!-- ${page} -->\n\n${text.trim()}\n`).join('\n')
}
