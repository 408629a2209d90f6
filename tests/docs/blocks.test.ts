import { spawn, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { allBlocks, type Block, folder, root, writeBlocks, writeExamples } from './blocks.ts'

let files: Map<string, Block>
let examples: Map<string, string>
beforeAll(() => {
  files = writeBlocks(allBlocks)
  examples = writeExamples()
}, 60_000)

const known = ['ts', 'js', 'json', 'sh', 'yaml', 'dockerfile', 'html', 'http', 'text']
const typed = allBlocks.filter(({ language }) => language === 'ts')
const runnable = typed.filter(({ flags }) => flags.includes('run') || flags.includes('test'))

test('every block says what it is', () => {
  expect(allBlocks.filter(({ language }) => !known.includes(language)).map(({ place }) => place)).toEqual([])
})

test('every block of TypeScript, and every example in a doc comment, is right by its types', () => {
  const program = join(root, 'node_modules/.bin/tsc')
  const { stdout } = spawnSync(process.execPath, [program, '-p', folder, '--pretty', 'false'], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '' },
  })
  const errors = stdout.split('\n').flatMap((line) => {
    const [, file, at, text] = line.match(/^(\S+?)\((\d+),\d+\): (.*)$/) ?? []
    if (file === undefined) return []
    const block = files.get(file)
    const place = block ? `docs/${block.page}:${block.line + Number(at) - 1}` : (examples.get(file) ?? file)
    return [`${place}: ${text}`]
  })
  expect(errors).toEqual([])
}, 120_000)

test('every block of JSON is JSON', () => {
  for (const { language, code, place } of allBlocks) {
    if (language === 'json') expect([place, typeof JSON.parse(code)]).toEqual([place, 'object'])
  }
})

interface Ran {
  said: string[]
  wanted: string[]
  errors: string
}

function run(path: string, block: Block): Promise<Ran> {
  return new Promise((resolve) => {
    const args = ['-C', 'tipfy-source', '--disable-warning=ExperimentalWarning', join(folder, path)]
    const env = { ...process.env, NODE_OPTIONS: '', NO_COLOR: '1' }
    const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
    const texts = ['', '']
    for (const [at, stream] of [child.stdout, child.stderr].entries()) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        texts[at] += text
      })
    }
    child.on('close', () => {
      const wanted = [...block.code.matchAll(/\/\/ → (.*)$/gm)].map(([, text]) => text!.trim())
      resolve({ said: texts[0]!.trim() === '' ? [] : texts[0]!.trim().split('\n'), wanted, errors: texts[1]! })
    })
  })
}

describe('a block that is run logs what its comments say:', () => {
  const results = new Map<Block, Promise<Ran>>()
  beforeAll(() => {
    // Two at a time: most of each is the start of a process.
    const waiting = [...files].filter(([, block]) => runnable.includes(block))
    const lanes = [0, 1].map(() => Promise.resolve() as Promise<unknown>)
    for (const [at, [path, block]] of waiting.entries()) {
      const result = lanes[at % 2]!.then(() => run(path, block))
      lanes[at % 2] = result
      results.set(block, result)
    }
  })
  afterAll(() => Promise.all(results.values()))

  test.each(runnable.map((block) => [block.place, block] as const))(
    '%s',
    async (_, block) => {
      const { said, wanted, errors } = await results.get(block)!
      if (block.flags.includes('run')) expect({ said, errors }).toEqual({ said: wanted, errors: '' })
      else
        expect(said).toEqual(
          expect.arrayContaining([expect.stringMatching(/ pass [1-9]/), expect.stringMatching(/ fail 0/)]),
        )
    },
    60_000,
  )
})
