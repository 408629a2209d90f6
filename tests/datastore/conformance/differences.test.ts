// docs/datastore-differences.md lists each case in which one of Google's emulators answers otherwise. After a change of the cases:
// UPDATE_DOCS=1 npx jest tests/datastore/conformance
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { cases } from './cases.ts'
import { firestore } from './firestore.ts'

const file = join(import.meta.dirname, '../../../docs/datastore-differences.md')
const [BEGIN, END] = ['<!-- the table, made of the cases -->', '<!-- end of the table -->']

const cell = (value: unknown): string => {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  const short = text.length > 120 ? `${text.slice(0, 119)}…` : text
  return `\`${short.replaceAll('|', '\\|') || ' '}\``
}

function table(): string {
  const rows = cases.flatMap(({ name, want, emulator }) => {
    const newer = Object.hasOwn(firestore, name) ? firestore[name]! : undefined
    if (!emulator && !newer) return []
    const older = emulator ? cell(emulator.answers) : ''
    const answer = newer && (newer.answers === undefined ? 'waits' : cell(newer.answers))
    const because = [...new Set([emulator?.because, newer?.because])].filter(Boolean).join('; ')
    return [`| ${name} | ${cell(want)} | ${older} | ${answer ?? ''} | ${because} |`]
  })
  const head = '| Case | Here | Datastore emulator | Firestore emulator | What decides |'
  return [head, '|---|---|---|---|---|', ...rows].join('\n')
}

test('the page lists every difference from the emulators', () => {
  const text = readFileSync(file, 'utf8')
  const from = text.indexOf(BEGIN) + BEGIN.length
  const to = text.indexOf(END)
  const wanted = `\n\n${table()}\n\n`
  if (process.env['UPDATE_DOCS']) writeFileSync(file, text.slice(0, from) + wanted + text.slice(to))
  else expect(text.slice(from, to)).toBe(wanted)
})
