import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { configTypes, defaultConfig } from '../../lib/app/config.ts'
import { projectFiles } from '../../lib/cli/init/files.ts'
import { makeProgram } from '../../lib/cli/program.ts'
import { defaultConfig as sessionConfig } from '../../lib/ext/session/config/config.ts'
import { readModules } from '../../tools/docs/api.ts'
import { errorsPage } from '../../tools/docs/errors.ts'
import { anchorsOf } from '../../tools/docs/markdown.ts'
import { pictures } from '../../tools/docs/pictures.ts'
import { allBlocks, docs, pages, root } from './blocks.ts'

const read = (page: string) => readFileSync(join(docs, page), 'utf8')

describe.each(pages.map((page) => [page]))('%s', (page) => {
  const text = read(page).replace(/^```[\s\S]*?^```/gm, '')

  test('has one title, at its top', () => {
    expect(text).toMatch(/^# \S/)
    expect(text.match(/^# /gm)).toHaveLength(1)
  })

  test('links only to pages and places that are there', () => {
    const broken = [...text.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, link = '']) => {
      if (/^https?:/.test(link)) return []
      const [path = '', anchor] = link.split('#')
      const file = path === '' ? join(docs, page) : join(docs, dirname(page), path)
      if (!existsSync(file)) return [link]
      if (anchor === undefined) return []
      return anchorsOf(readFileSync(file, 'utf8')).includes(anchor) ? [] : [link]
    })
    expect(broken).toEqual([])
  })
})

/** Holds a page that is made to what it is made from. Where they differ it is written anew, to be committed. */
function expectMade(name: string, text: string): void {
  const file = join(docs, name)
  const there = existsSync(file) ? readFileSync(file, 'utf8') : ''
  if (there !== text && process.env.CI !== 'true') writeFileSync(file, text)
  expect([`${relative(root, file)} was behind and has been made anew: commit it`, there]).toEqual([
    `${relative(root, file)} was behind and has been made anew: commit it`,
    text,
  ])
}

test('the page of errors says what the table says', () => {
  expectMade('errors.md', errorsPage())
})

test.each(Object.entries(pictures))('the picture %s is as it is drawn', (name, text) => {
  expectMade(`images/${name}`, text)
})

/** The keys of the first column of a page's tables. */
function keysIn(page: string): Set<string> {
  const cells = [...read(page).matchAll(/^\| (`[^|]*?) \|/gm)].map(([, cell]) => cell!)
  return new Set(cells.flatMap((cell) => [...cell.matchAll(/`(\w+)`/g)].map(([, key]) => key!)))
}

test('every key of the configuration is told of', () => {
  const keys = keysIn('config.md')
  expect(Object.keys(defaultConfig).filter((key) => !keys.has(key))).toEqual([])
  expect(Object.keys(configTypes).filter((key) => !keys.has(key))).toEqual([])
})

test('every key of the configuration of sessions is told of', () => {
  const keys = keysIn('sessions.md')
  expect(Object.keys(sessionConfig).filter((key) => !keys.has(key))).toEqual([])
})

test('everything that can be imported has a doc comment', () => {
  for (const [module, declarations] of readModules()) {
    const silent = declarations.filter(({ doc }) => doc === '').map(({ name }) => name)
    expect([module, silent]).toEqual([module, []])
  }
})

describe('commands of tipfy', () => {
  const program = makeProgram()
  const lines = allBlocks
    .filter(({ language }) => language === 'sh')
    .flatMap(({ code, place }) => code.split('\n').map((line) => [place, line] as const))
    .flatMap(([place, line]) =>
      [...line.matchAll(/\btipfy ([a-z][^|>#]*)/g)].map(([, words]) => [place, words!.trim()] as const),
    )

  /** The command that words mean, and the words after it. */
  function find(words: readonly string[]) {
    let command = program
    let at = 0
    for (; at < words.length; at++) {
      const found = command.commands.find((one) => one.name() === words[at])
      if (found === undefined) break
      command = found
    }
    return { command, rest: words.slice(at) }
  }

  test.each(lines)('%s: tipfy %s', (_, text) => {
    const { command, rest } = find(text.split(/\s+/))
    expect(command).not.toBe(program)
    const known = command.options.flatMap(({ long, short }) => [long, short])
    expect(rest.filter((word) => word.startsWith('-') && !known.includes(word))).toEqual([])
  })

  test('each of them is told of, with its options', () => {
    const page = read('command-line.md')
    for (const command of program.commands) {
      const row = page.split('\n').find((line) => line.startsWith(`| \`tipfy ${command.name()}\` |`))
      expect([command.name(), row]).toEqual([command.name(), expect.any(String)])
      for (const { long } of command.options.filter(({ hidden }) => !hidden)) expect(row).toContain(`\`${long}`)
      for (const sub of command.commands) expect(row).toContain(`\`${sub.name()}\``)
    }
  })
})

test('the Dockerfile is the one that tipfy init writes', () => {
  const written = projectFiles('shop', { example: 'cart', sessions: 'datastore', language: 'ts' }).Dockerfile!
  const shown = allBlocks.filter(({ language }) => language === 'dockerfile').map(({ code }) => code)
  expect(shown).toEqual([written.replace(/^#.*\n/gm, '').trim()])
})
