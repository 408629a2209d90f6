// The API reference: a page for each module, made from the doc comments.
import type { Module } from './api.ts'
import type { Declaration, Member } from './declarations.ts'
import { anchorOf } from './markdown.ts'

/** The page of a module, below docs/. */
export const pageOf = (module: string) => `api/${module.replaceAll('/', '-')}.md`

const titles: readonly [RegExp, string][] = [
  [/^const$/, 'Values'],
  [/^function$/, 'Functions'],
  [/^class$/, 'Classes'],
  [/^(?:interface|type)$/, 'Types'],
]

export function apiPage({ name: module, exports }: Module): string {
  // Anchors ignore case: that of the class Response is the second one beside the value response.
  const counts = new Map<string, number>()
  const link = (name: string) => {
    const anchor = anchorOf(name)
    const before = counts.get(anchor) ?? 0
    counts.set(anchor, before + 1)
    return `[\`${name}\`](#${anchor}${before === 0 ? '' : `-${before}`})`
  }
  const sections = titles.map(([kind, title]) => {
    const list = exports.filter((one) => kind.test(one.kind)).sort((a, b) => a.name.localeCompare(b.name))
    if (list.length === 0) return ''
    const names = list.map(({ name }) => link(name))
    return `## ${title}\n\n${names.join(' ')}\n\n${list.map(entry).join('\n')}`
  })
  return `# ${module}\n\nEverything that \`import … from '${module}'\` offers, with its doc comments.\n\n${sections.join('\n')}`
}

function entry({ name, doc, code, members }: Declaration): string {
  const clean = code.replace(/^export (?:declare )?/gm, '').replace(/;$/gm, '')
  const body = members.length === 0 ? '' : ` {\n${members.map(memberText).join('\n')}\n}`
  return `### ${name}\n\n${fence(clean + body)}${describe(doc)}\n`
}

/** A member as in the source, below its doc comment. */
function memberText({ code, doc }: Member): string {
  const clean = code.replace(/;$/gm, '').replace(/\/\*\*[\s\S]*?\*\/\n?/g, '')
  const lines =
    doc === ''
      ? []
      : doc.includes('\n')
        ? ['/**', ...doc.split('\n').map((line) => ` * ${line}`.trimEnd()), ' */']
        : [`/** ${doc} */`]
  return [...lines, ...clean.split('\n')].map((line) => `  ${line}`).join('\n')
}

const fence = (code: string) => `\`\`\`ts\n${code.trimEnd()}\n\`\`\`\n\n`

/** A doc comment as Markdown: its text, then its tags. */
function describe(doc: string): string {
  const [text = '', ...tags] = doc.split(/^@/m)
  const described = tags.map((tag) => {
    const [, name = '', rest = ''] = tag.match(/^(\w+)\s*([\s\S]*)$/) ?? []
    const body = rest.trim()
    if (name === 'example') return fence(body)
    if (name === 'param') return `- ${body.replace(/^(\S+)/, '`$1`:')}\n\n`
    if (name === 'throws') return `Throws ${body.replace(/^\{(\w+)\}\s*/, '`$1` ')}.\n\n`
    return `${body}\n\n`
  })
  const plain = text.trim().replace(/\{@link ([^}]+)\}/g, '`$1`')
  return `${plain === '' ? '' : `${plain}\n\n`}${described.join('')}`
}
