// The code blocks of the documentation, and the files that tests check and run them as.
//
// A block of TypeScript is one of three things. With a first line like `// app/blog.ts` it is that file of the page's
// project. With an import or export it is a module. Otherwise it is part of a handler: everything that an application
// imports is there, and it may return and await. A block marked ```ts run is run as well, and its output must be that of its
// comments `// → …`; one marked ```ts test is run, and its tests must pass.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { readModules } from '../../tools/docs/api.ts'

export const root = join(import.meta.dirname, '../..')
export const docs = join(root, 'docs')
/** Inside the repository, so that 'tipfy' is found; hidden, so that nothing else looks into it. */
export const folder = join(import.meta.dirname, '.blocks')

export interface Block {
  /** Its name in test names and errors: `docs/rules.md:12`. */
  place: string
  /** Its page, like `docs/rules.md`. */
  page: string
  /** Its first line in the page, from 1. */
  line: number
  language: string
  flags: readonly string[]
  code: string
  /** The file that it says it is. */
  file: string | undefined
}

/** The pages of docs/, by name. */
export const docsPages: readonly string[] = readdirSync(docs).filter((name) => name.endsWith('.md'))

/** All pages that are checked, by their path in the repository. */
export const pages: readonly string[] = [
  ...docsPages.map((name) => `docs/${name}`),
  'README.md',
  'AGENTS.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'bench/README.md',
  'tools/README.md',
]

export function blocksOf(page: string, text: string = readFileSync(join(root, page), 'utf8')): Block[] {
  const blocks: Block[] = []
  const lines = text.split('\n')
  for (let at = 0; at < lines.length; at++) {
    const [, fence, info] = lines[at]!.match(/^(```+)(.*)$/) ?? []
    if (fence === undefined) continue
    const first = at + 1
    while (lines[++at] !== fence) if (at >= lines.length) throw new Error(`${page}:${first}: the block has no end`)
    const code = lines.slice(first, at).join('\n')
    const [language = '', ...flags] = info!.trim().split(/\s+/)
    const file = code.match(/^(?:\/\/|#) ([\w./-]+\.(?:ts|js|json|yaml))\n/)?.[1]
    blocks.push({ place: `${page}:${first + 1}`, page, line: first + 1, language, flags, code, file })
  }
  return blocks
}

export const allBlocks: readonly Block[] = pages.flatMap((page) => blocksOf(page))

const usual = [
  "import * as tipfy from 'tipfy'",
  "import { abort, app, bindContext, current, escape, getConfig, hasRequest, html, makeApp, redirect, redirectTo, renderJsonResponse, request, RequestHandler, Response, response, Rule, runOutside, urlFor } from 'tipfy'",
  "import { session, sessionStore } from 'tipfy/ext/session'",
].join('; ')

/** The text of a block as a file of its own: every line stays where it is. */
export function moduleOf({ code }: Pick<Block, 'code'>, prelude: string = usual): string {
  if (/^import /m.test(code)) return `${code}\nexport {}\n`
  if (/^(?:export|declare) /m.test(code)) return `${prelude}; ${code}\nexport {}\n`
  const [first, ...rest] = code.split('\n')
  return `${[`${prelude}; async function snippet() { ${first}`, ...rest].join('\n')}\n}\nexport {}\n`
}

/** Names that the examples of doc comments use without declaring them. */
const granted = `import type { Config, Rule, StandardSchema } from 'tipfy'
import type { createClient } from 'tipfy/testing'
declare module 'tipfy/ext/session' { interface SessionData { n: number } }
declare global {
  const config: Config
  const products: string[]
  const schema: StandardSchema<unknown, { page: number }>
  const client: ReturnType<typeof createClient>
  const totalInCurrency: () => number
  const expect: (value: unknown) => { toBe(wanted: unknown): void; toEqual(wanted: unknown): void }
  const getRules: () => readonly Rule[]
  const url: string
  const on: typeof import('node:events').on
  const orders: import('node:events').EventEmitter
  const diagnosticsChannel: typeof import('node:diagnostics_channel')
}
`

/** Writes the examples of doc comments as files that import everything; returns the place of each by its path. */
export function writeExamples(): Map<string, string> {
  const places = new Map<string, string>()
  const names = new Map<string, string>()
  const { modules } = readModules()
  for (const { name: module, exports } of modules) {
    for (const { name, isType } of exports) if (!isType && !names.has(name)) names.set(name, module)
  }
  const prelude = [...names].map(([name, module]) => `import { ${name} } from '${module}'`).join('; ')
  mkdirSync(join(folder, 'api'), { recursive: true })
  writeFileSync(join(folder, 'api/granted.d.ts'), granted)
  for (const { name: module, exports } of modules) {
    for (const { name, doc, members } of exports) {
      const examples = [doc, ...members.map((member) => member.doc)].flatMap((text) => text.split(/^@/m).slice(1))
      for (const [at, tag] of examples.entries()) {
        const code = tag.match(/^example\s+([\s\S]*)$/)?.[1]?.trim()
        if (code === undefined || code.startsWith('declare module')) continue
        const path = join('api', `${module.replaceAll('/', '-')}-${name}-${at}.ts`)
        places.set(path, `the example of ${name} in ${module}`)
        writeFileSync(join(folder, path), moduleOf({ code }, prelude))
      }
    }
  }
  return places
}

/** Writes the blocks as files; returns each block by its path below `folder`. */
export function writeBlocks(blocks: readonly Block[]): Map<string, Block> {
  rmSync(folder, { recursive: true, force: true })
  const files = new Map<string, Block>()
  for (const block of blocks) {
    if (block.language !== 'ts') continue
    const name = block.page.replace(/\.md$/, '').replace('/', '-')
    const path = join(name, block.file ?? `block-${block.line}.ts`)
    if (files.has(path)) throw new Error(`${block.place}: ${block.file} is in this page twice`)
    files.set(path, block)
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), block.file === undefined ? moduleOf(block) : `${block.code}\n`)
  }
  const options = { noEmit: true, rootDir: root, types: ['node'] }
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      extends: '../../../tsconfig.json',
      compilerOptions: options,
      include: ['./**/*.ts'],
      exclude: [],
    }),
  )
  return files
}
