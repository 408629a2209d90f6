// The reference of everything that can be imported, as Markdown, made of the doc comments: typedoc does not read what
// TypeScript 7 compiles, and what it would write is not much more than this.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Declaration, exportsOf, type Member } from './declarations.ts'
import { anchorOf } from './markdown.ts'

const root = join(import.meta.dirname, '../..')

/** The modules, by the name they are imported by. */
export const modules = {
  tipfy: 'index',
  'tipfy/ext/session': 'ext/session/index',
  'tipfy/ext/messages': 'ext/messages',
  'tipfy/testing': 'testing/index',
  'tipfy/datastore': 'datastore/index',
} as const

/** What each module exports. */
export function readModules(): Map<keyof typeof modules, Declaration[]> {
  const folder = mkdtempSync(join(tmpdir(), 'tipfy-api-'))
  try {
    const args = ['-p', join(root, 'tsconfig.build.json'), '--emitDeclarationOnly', '--outDir', folder]
    const { status, stdout } = spawnSync(process.execPath, [join(root, 'node_modules/.bin/tsc'), ...args], {
      encoding: 'utf8',
      env: { ...process.env, NODE_OPTIONS: '' },
    })
    if (status !== 0) throw new Error(stdout)
    return new Map(
      (Object.keys(modules) as (keyof typeof modules)[]).map((name) => [
        name,
        exportsOf(join(folder, `${modules[name]}.d.ts`)),
      ]),
    )
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const titles: readonly [RegExp, string][] = [
  [/^const$/, 'Values'],
  [/^function$/, 'Functions'],
  [/^class$/, 'Classes'],
  [/^(?:interface|type)$/, 'Types'],
]

export function apiPage(module: string, declarations: readonly Declaration[]): string {
  const sections = titles.map(([kind, title]) => {
    const list = declarations.filter((one) => kind.test(one.kind)).sort((a, b) => a.name.localeCompare(b.name))
    if (list.length === 0) return ''
    const names = list.map(({ name }) => `[\`${name}\`](#${anchorOf(name)})`)
    return `## ${title}\n\n${names.join(' ')}\n\n${list.map(entry).join('\n')}`
  })
  return `# ${module}\n\nMade from the doc comments of version ${version()}.\n\n${sections.join('\n')}`
}

function version(): string {
  return process.env.npm_package_version ?? '0.1.0'
}

function entry({ name, doc, code, members }: Declaration): string {
  const clean = code.replace(/^export (?:declare )?/gm, '').replace(/;$/gm, '')
  const body = members.length === 0 ? '' : ` {\n${members.map(memberText).join('\n')}\n}`
  return `### ${name}\n\n${fence(clean + body)}${described(doc)}\n`
}

/** A member as it would stand in the source, its doc comment above it. */
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

/** A doc comment as Markdown: its text, then what its tags tell. */
function described(doc: string): string {
  const [text = '', ...tags] = doc.split(/^@/m)
  const told = tags.map((tag) => {
    const [, name = '', rest = ''] = tag.match(/^(\w+)\s*([\s\S]*)$/) ?? []
    const body = rest.trim()
    if (name === 'example') return fence(body)
    if (name === 'param') return `- ${body.replace(/^(\S+)/, '`$1`:')}\n\n`
    if (name === 'throws') return `Throws ${body.replace(/^\{(\w+)\}\s*/, '`$1` ')}.\n\n`
    return `${body}\n\n`
  })
  const plain = text.trim().replace(/\{@link ([^}]+)\}/g, '`$1`')
  return `${plain === '' ? '' : `${plain}\n\n`}${told.join('')}`
}
