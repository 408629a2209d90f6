// Writes docs/errors.md from the one table of errors; a test holds the two together.
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

/** The text of a message with its placeholders told apart. */
const shown = (text: string) =>
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
      return `### ${code}\n\n${shown(message)}.\n\n**Remedy:** ${shown(remedy)}\n`
    })
    return `## ${area}\n\n${texts.join('\n')}`
  })
  return `# Errors

Every error that you can cause has a code, a message that names what was given and what was wanted, and a remedy. It is a
\`TipfyError\` with \`code\`, \`message\` and \`remedy\`; match it by its code. What stands in *italics* here is filled in.

This page is made from the table in \`lib/internal/errors.ts\`.

${sections.filter((text) => text !== '').join('\n')}`
}

if (import.meta.main) writeFileSync(join(import.meta.dirname, '../../docs/errors.md'), errorsPage())
