import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { Visitor } from '../support/browser.ts'
import { type Program, startProgram } from '../support/process.ts'
import { blocksOf, root } from './blocks.ts'

const folder = mkdtempSync(join(tmpdir(), 'tipfy-quick-start-'))
const blocks = blocksOf('docs/quick-start.md')
let program: Program
let port: number

beforeAll(async () => {
  for (const { file, code, language } of blocks) {
    const json = code.includes('compilerOptions') ? 'tsconfig.json' : 'package.json'
    const name = file ?? (language === 'json' ? json : undefined)
    if (name === undefined) continue
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), code)
  }
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(root, join(folder, 'node_modules/tipfy'))
  program = startProgram(join(root, 'lib/cli/bin.ts'), ['serve', '--port', '0'], {}, folder)
  port = Number((await program.line(/http:\/\/localhost:(\d+)/))[1])
}, 60_000)
afterAll(async () => {
  await program.end()
  rmSync(folder, { recursive: true, force: true })
})

const commands = blocks
  .filter(({ language }) => language === 'sh')
  .flatMap(({ code }) => code.split('\n'))
  .filter((line) => line.startsWith('curl'))

test('the curl commands of the quick start print what it shows', async () => {
  expect(commands.length).toBeGreaterThan(3)
  const jar = new Visitor(port)
  for (const command of commands) {
    const visitor = command.includes('-b jar') ? jar : new Visitor(port)
    const path = command.match(/localhost:8080(\S*)/)![1]!
    const field = command.match(/-d '?(\w+)=([^' ]*)/)
    const response = field === null ? await visitor.ask(path) : await visitor.post(path, { [field[1]!]: field[2]! })
    const wanted = command.match(/ # (.*)$/)?.[1]
    const only = command.match(/\| grep '([^']*)'/)?.[1]
    const lines = response.text.split('\n').filter((line) => only === undefined || line.includes(only))
    if (wanted !== undefined) expect([command, lines.join('\n').trim()]).toEqual([command, wanted])
  }
})
