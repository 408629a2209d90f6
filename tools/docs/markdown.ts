// The documentation's Markdown as HTML: marked, with anchors as GitHub makes them and code in colours.
import { Marked, type Tokens } from 'marked'
import { highlight } from './highlight.ts'

/** A heading's anchor, as GitHub makes it. */
export function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/<[^>]+>|[`*]/g, '')
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replace(/\s/g, '-')
}

/** The anchors of a page. */
export function anchorsOf(markdown: string): string[] {
  const text = markdown.replace(/^```[\s\S]*?^```/gm, '')
  return [...text.matchAll(/^#{1,6} (.+)$/gm)].map(([, heading]) => anchorOf(heading!))
}

export interface Heading {
  level: number
  text: string
  anchor: string
}

/** A page as HTML, with its headings. Links to other pages become links to their HTML. */
export function render(markdown: string): { html: string; headings: Heading[] } {
  const headings: Heading[] = []
  const marked = new Marked({
    renderer: {
      heading({ tokens, depth, text }: Tokens.Heading) {
        const anchor = anchorOf(text)
        const inner = this.parser.parseInline(tokens)
        headings.push({ level: depth, text: inner.replace(/<[^>]+>/g, ''), anchor })
        return `<h${depth} id="${anchor}"><a class="anchor" href="#${anchor}" aria-hidden="true" tabindex="-1">#</a>${inner}</h${depth}>\n`
      },
      code({ text, lang = '' }: Tokens.Code) {
        const [language = ''] = lang.split(' ')
        return `<pre tabindex="0"><code>${highlight(text, language)}</code></pre>\n`
      },
      link({ href, tokens }: Tokens.Link) {
        const target = /^https?:/.test(href) ? href : href.replace(/\.md(?=#|$)/, '.html')
        return `<a href="${target.replaceAll('&', '&amp;').replaceAll('"', '&quot;')}">${this.parser.parseInline(tokens)}</a>`
      },
      table({ header, rows }: Tokens.Table) {
        const row = (cells: Tokens.TableCell[], tag: string) =>
          `<tr>${cells.map((cell) => `<${tag}>${this.parser.parseInline(cell.tokens)}</${tag}>`).join('')}</tr>\n`
        const head = header.some((cell) => cell.text !== '') ? `<thead>${row(header, 'th')}</thead>` : ''
        return `<div class="wide"><table>${head}<tbody>${rows.map((cells) => row(cells, 'td')).join('')}</tbody></table></div>\n`
      },
    },
  })
  return { html: marked.parse(markdown, { async: false }), headings }
}
