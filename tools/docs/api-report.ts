// `npm run api-report`: writes the public types of every module to docs/api-report/, without doc comments, so that a change
// of the public API is seen in review. A test compares these files with the sources.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Api, readModules } from './api.ts'
import type { Declaration } from './declarations.ts'

const folder = join(import.meta.dirname, '../../docs/api-report')

/** The reports, by their path: one for each module, and one for the types they mention without exporting them. */
export function apiReports({ modules, mentioned }: Api): Map<string, string> {
  const texts = modules.map(({ name, exports }) => [
    name.replaceAll('/', '-'),
    report(`The public types of '${name}'`, exports),
  ])
  texts.push(['not-exported', report('Types that the public ones mention', mentioned)])
  return new Map(texts.map(([name, text]) => [join(folder, `${name}.d.ts`), text!]))
}

const report = (title: string, declarations: readonly Declaration[]) =>
  `// ${title}, written by \`npm run api-report\`.\n\n${list(declarations)}`

function list(declarations: readonly Declaration[]): string {
  // By name and text alone: the report must not change when a file moves.
  const texts = declarations.map((one) => [one.name, textOf(one)] as const)
  texts.sort(([a, textA], [b, textB]) => (a === b ? (textA < textB ? -1 : 1) : a < b ? -1 : 1))
  return texts.map(([, text]) => `${text}\n`).join('\n')
}

function textOf({ name, kind, code, members }: Declaration): string {
  const body = members.map((member) => `  ${withoutComments(member.code).replaceAll('\n', '\n  ')}`)
  const head = withoutComments(code).replace(/^(?:export )?(?:declare )?/gm, (start) => (start === '' ? '' : 'export '))
  const own = head.includes(name) ? '' : `// as ${name}\n`
  const isBlock = kind === 'class' || kind === 'interface'
  const text = own + (isBlock ? `${head} {\n${body.join('\n')}\n}` : head)
  // The wording of error messages is not part of the API.
  return text.replace(/readonly (message|remedy): .*;/g, 'readonly $1: string;')
}

const withoutComments = (code: string) => code.replace(/^[ \t]*\/\*\*[\s\S]*?\*\/\n?/gm, '').trimEnd()

if (import.meta.main) {
  mkdirSync(folder, { recursive: true })
  for (const [file, text] of apiReports(readModules())) writeFileSync(file, text)
}
