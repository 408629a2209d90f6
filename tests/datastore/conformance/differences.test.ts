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

/** Counts the cases, and those in which an emulator differs. */
function summary(): string {
  const older = cases.filter(({ emulator }) => emulator)
  const newer = cases.filter(({ name }) => Object.hasOwn(firestore, name))
  const waits = newer.filter(({ name }) => firestore[name]!.answers === undefined)
  const both = older.filter((one) => newer.includes(one))
  return [
    `Of ${cases.length} cases, the Datastore emulator differs in ${older.length}, and the Firestore emulator in ${newer.length}`,
    `(in ${waits.length} of them it would wait for a lock); both differ in ${both.length}. An empty cell means the same as here.`,
  ].join('\n')
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
  const wanted = `\n\n${summary()}\n\n${table()}\n\n`
  if (process.env['UPDATE_DOCS']) writeFileSync(file, text.slice(0, from) + wanted + text.slice(to))
  else expect(text.slice(from, to)).toBe(wanted)
})
