// docs/datastore-differences.md lists each case in which Google's emulator answers otherwise. After a change of the cases:
// UPDATE_DOCS=1 npx jest tests/datastore/conformance
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { cases } from './cases.ts'

const file = join(import.meta.dirname, '../../../docs/datastore-differences.md')
const [BEGIN, END] = ['<!-- the table, made of the cases -->', '<!-- end of the table -->']

const cell = (value: unknown): string => {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return `\`${text.replaceAll('|', '\\|') || ' '}\``
}

function table(): string {
  const rows = cases.flatMap(({ name, want, emulator }) =>
    emulator ? [`| ${name} | ${cell(want)} | ${cell(emulator.answers)} | ${emulator.because} |`] : [],
  )
  return ['| Case | Here | The emulator | What decides |', '|---|---|---|---|', ...rows].join('\n')
}

test('the page lists every difference from the emulator', () => {
  const text = readFileSync(file, 'utf8')
  const from = text.indexOf(BEGIN) + BEGIN.length
  const to = text.indexOf(END)
  const wanted = `\n\n${table()}\n\n`
  if (process.env['UPDATE_DOCS']) writeFileSync(file, text.slice(0, from) + wanted + text.slice(to))
  else expect(text.slice(from, to)).toBe(wanted)
})
