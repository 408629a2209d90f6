// Makes docs/errors.md from the table of errors. A test compares the two.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { errorTable } from '../../lib/internal/errors.ts'

const areas: readonly [RegExp, string][] = [
  [/^TIPFY_E_(IMPORT|MODULE|EXPORT|TYPESCRIPT|NODE)/, 'Modules and TypeScript'],
  [/^TIPFY_E_(CONFIG|URLS|HOOK|NOT_A)/, 'Configuration'],
  [/^TIPFY_E_(RULE|BIND|BUILD)/, 'Rules'],
  [/^TIPFY_E_(OUTSIDE|REQUEST)/, 'Globals'],
  [/^TIPFY_E_(HEADER|COOKIE|STATUS|ABORT|REDIRECT|RESPONSE|BODY|STREAM|HANDLER)/, 'Request and response'],
  [/^TIPFY_E_(SESSION|SECRET)/, 'Sessions'],
]

/** A message as Markdown, with its placeholders in italics. */
const asMarkdown = (text: string) =>
  text
    .replaceAll('`', '')
    .replace(/\{(\w+)\}/g, '*$1*')
    .replaceAll('<', '&lt;')

export function errorsPage(): string {
  const codes = Object.keys(errorTable) as (keyof typeof errorTable)[]
  const named = [...areas, [/./, 'Serving and the command line']] as const
  const areaOf = (code: string) => named.find(([pattern]) => pattern.test(code))![1]
  const sections = named.map(([, area]) => {
    const entries = codes.filter((code) => areaOf(code) === area).sort()
    if (entries.length === 0) return ''
    const texts = entries.map((code) => {
      const { message, remedy } = errorTable[code]
      return `### ${code}\n\n${asMarkdown(message)}.\n\n**Remedy:** ${asMarkdown(remedy)}\n`
    })
    return `## ${area}\n\n${texts.join('\n')}`
  })
  return `# Errors

All errors that a user can cause, by code. Each is a \`TipfyError\` with \`code\`, \`message\` and \`remedy\`; match it by its code. The
message names what was given and what was expected. Placeholders are in *italics*.

This page is made from the table in \`lib/internal/errors.ts\`.

${sections.filter((text) => text !== '').join('\n')}`
}

if (import.meta.main) writeFileSync(join(import.meta.dirname, '../../docs/errors.md'), errorsPage())
