import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { inspect } from 'node:util'
import { describe, expect, test } from '@jest/globals'
import { defaultConfig } from '../../lib/app/config.ts'
import { projectFiles } from '../../lib/cli/init/files.ts'
import { makeProgram } from '../../lib/cli/program.ts'
import { defaultConfig as sessionConfig } from '../../lib/ext/session/config/config.ts'
import { readModules } from '../../tools/docs/api.ts'
import { apiReports } from '../../tools/docs/api-report.ts'
import { errorsPage } from '../../tools/docs/errors.ts'
import { anchorsOf } from '../../tools/docs/markdown.ts'
import { allBlocks, docs, pages, root } from './blocks.ts'

const read = (page: string) => readFileSync(join(root, page), 'utf8')

describe.each(pages.map((page) => [page]))('%s', (page) => {
  const text = read(page).replace(/^```[\s\S]*?^```/gm, '')

  test('has one title, at its top', () => {
    expect(text).toMatch(/^# \S/)
    expect(text.match(/^# /gm)).toHaveLength(1)
  })

  test('links only to files and headings that exist', () => {
    const broken = [...text.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, link = '']) => {
      if (/^https?:/.test(link)) return []
      const [path = '', anchor] = link.split('#')
      const file = path === '' ? join(root, page) : join(root, dirname(page), path)
      if (!existsSync(file)) return [link]
      if (anchor === undefined) return []
      return anchorsOf(readFileSync(file, 'utf8')).includes(anchor) ? [] : [link]
    })
    expect(broken).toEqual([])
  })
})

test('the map names things that are where it says', () => {
  const page = read('docs/architecture.md')
  const named = [...page.matchAll(/((?:`\w+`(?: and )?)+) (?:in|with|at the top of) \[[^\]]*\]\(\.\.\/([^)]+\.ts)\)/g)]
  expect(named.length).toBeGreaterThan(20)
  const missing = named.flatMap(([, names = '', file = '']) => {
    const text = read(file)
    return [...names.matchAll(/`(\w+)`/g)]
      .filter(([, name]) => !new RegExp(`\\b${name}\\b`).test(text))
      .map(([name]) => [name, file])
  })
  expect(missing).toEqual([])
})

test('files that pages name exist', () => {
  const missing = pages.flatMap((page) =>
    [...read(page).matchAll(/`((?:lib|tests|tools|bench|docs)\/[\w./-]+)`/g)]
      .filter(([, path]) => !existsSync(join(root, path!)))
      .map(([, path]) => [page, path]),
  )
  expect(missing).toEqual([])
})

test('the cart of the README is that of the example', () => {
  const example = read('app/session_test.ts')
    .replace(/^\/\/.*\n/, '')
    .trim()
  expect(allBlocks.filter(({ page }) => page === 'README.md').map(({ code }) => code)).toContain(example)
})

/** Compares a generated page with its source. Where they differ it is written again, to be committed. */
function expectGenerated(name: string, text: string): void {
  const file = join(docs, name)
  const there = existsSync(file) ? readFileSync(file, 'utf8') : ''
  if (there !== text && process.env.CI !== 'true') writeFileSync(file, text)
  const message = `${relative(root, file)} was out of date and has been written again: commit it`
  expect([message, there]).toEqual([message, text])
}

test('the page of errors has every entry of the table of errors', () => {
  expectGenerated('errors.md', errorsPage())
})

const api = readModules()

test.each(
  [...apiReports(api)].map(([file, text]) => [relative(root, file), text]),
)('the public types are those of %s', (name, text) => {
  const message =
    'The public API has changed. If that is meant: npm run api-report, commit it, and tell users in CHANGELOG.md.'
  expect([message, existsSync(join(root, name)) ? read(name) : '']).toEqual([message, text])
})

/** The keys of the first column of a page's tables. */
function keysIn(page: string): Set<string> {
  const cells = [...read(`docs/${page}`).matchAll(/^\| (`[^|]*?) \|/gm)].map(([, cell]) => cell!)
  return new Set(cells.flatMap((cell) => [...cell.matchAll(/`(\w+)`/g)].map(([, key]) => key!)))
}

/** The doc comment of each key, from the tables of settings. */
function settingComments(): Map<string, string> {
  const sources = ['lib/app/settings.ts', 'lib/http/request/settings.ts', 'lib/app/types.ts'].map(read)
  const found = sources.flatMap((source) => [...source.matchAll(/\/\*\* ([^\n]*?)\.? \*\/\n {2}(\w+):/g)])
  return new Map(found.reverse().map(([, comment, key]) => [key!, comment!]))
}

/** A default as the page writes it; null for those that depend on the environment. */
function written(key: string, value: unknown): string | null {
  if (['dev', 'appId', 'versionId', 'trustedProxies'].includes(key)) return null
  if (typeof value === 'number' && key.endsWith('Timeout')) return `${value} s`
  if (typeof value === 'number' && value >= 2 ** 20) return `${value / 2 ** 20} MiB`
  if (typeof value === 'number' && value >= 1024) return `${value / 1024} KiB`
  if (typeof value === 'object' && value !== null) return `\`${inspect(value)}\``.replace('[ ', '[').replace(' ]', ']')
  return typeof value === 'string' ? `\`'${value}'\`` : String(value)
}

test('every key of the configuration is documented with its default and its doc comment', () => {
  const rows = new Map(
    [...read('docs/config.md').matchAll(/^\| `(\w+)` \| (.*?) \| (.*) \|$/gm)].map(([, key, ...cells]) => [
      key!,
      cells,
    ]),
  )
  const comments = settingComments()
  const plain = (text: string) =>
    text
      .replace(/\[([^\]]+)\]\([^)]*\)/g, '$1')
      .replaceAll('`', '')
      .toLowerCase()
  for (const [key, value] of Object.entries(defaultConfig)) {
    const [default_ = '', text = ''] = rows.get(key) ?? []
    expect({ key, default: default_ }).toEqual({ key, default: written(key, value) ?? default_ })
    expect({ key, text: plain(text).slice(0, plain(comments.get(key)!).length) }).toEqual({
      key,
      text: plain(comments.get(key)!),
    })
  }
})

test('every key of the configuration of sessions is documented', () => {
  const keys = keysIn('sessions.md')
  expect(Object.keys(sessionConfig).filter((key) => !keys.has(key))).toEqual([])
})

test('everything that can be imported has a doc comment', () => {
  for (const { name: module, exports } of api.modules) {
    const silent = exports.filter(({ doc }) => doc === '').map(({ name }) => name)
    expect([module, silent]).toEqual([module, []])
  }
})

describe('commands of tipfy', () => {
  const program = makeProgram()
  const lines = allBlocks
    .filter(({ language }) => language === 'sh')
    .flatMap(({ code, place }) => code.split('\n').map((line) => [place, line] as const))
    .flatMap(([place, line]) =>
      [...line.replace(/ #.*/, '').matchAll(/\btipfy ([a-z][^|>]*)/g)].map(
        ([, words]) => [place, words!.trim()] as const,
      ),
    )

  /** Finds the command that words name, and the words after it. */
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

  test('each of them is documented, with its options', () => {
    const page = read('docs/command-line.md')
    for (const command of program.commands) {
      const row = page.split('\n').find((line) => line.startsWith(`| \`tipfy ${command.name()}\` |`))
      expect([command.name(), row]).toEqual([command.name(), expect.any(String)])
      for (const { long } of command.options.filter(({ hidden }) => !hidden)) expect(row).toContain(`\`${long}`)
      for (const sub of command.commands) expect(row).toContain(`\`${sub.name()}\``)
    }
  })
})

test('the Dockerfile is the one that tipfy init writes', () => {
  const written = projectFiles('shop', { example: 'cart', sessions: 'datastore', login: 'none', language: 'ts' })
    .Dockerfile!
  const shown = allBlocks.filter(({ language }) => language === 'dockerfile').map(({ code }) => code)
  expect(shown).toEqual([written.replace(/^#.*\n/gm, '').trim()])
})
