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

const known = ['ts', 'js', 'json', 'sh', 'yaml', 'dockerfile', 'html', 'http', 'text', 'mermaid', 'nginx']
const typed = allBlocks.filter(({ language }) => language === 'ts')
const runnable = typed.filter(({ flags }) => flags.includes('run') || flags.includes('test'))

test('every block names its language', () => {
  expect(allBlocks.filter(({ language }) => !known.includes(language)).map(({ place }) => place)).toEqual([])
})

test('every block of TypeScript, and every example in a doc comment, compiles', () => {
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
    const place = block ? `${block.page}:${block.line + Number(at) - 1}` : (examples.get(file) ?? file)
    return [`${place}: ${text}`]
  })
  expect(errors).toEqual([])
}, 120_000)

test('every block of JSON is JSON', () => {
  for (const { language, code, place } of allBlocks) {
    if (language === 'json') expect([place, typeof JSON.parse(code)]).toEqual([place, 'object'])
  }
})

interface Outcome {
  output: string[]
  wanted: string[]
  errors: string
}

function run(path: string, block: Block): Promise<Outcome> {
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
      resolve({ output: texts[0]!.trim() === '' ? [] : texts[0]!.trim().split('\n'), wanted, errors: texts[1]! })
    })
  })
}

describe('a block that is run logs the output in its comments:', () => {
  const results = new Map<Block, Promise<Outcome>>()
  beforeAll(() => {
    // Two at a time: most of the time is the start of a process.
    const waiting = [...files].filter(([, block]) => runnable.includes(block))
    const lanes = [0, 1].map(() => Promise.resolve() as Promise<unknown>)
    for (const [at, [path, block]] of waiting.entries()) {
      const result = lanes[at % 2]!.then(() => run(path, block))
      lanes[at % 2] = result
      results.set(block, result)
    }
  })
  afterAll(() => Promise.all(results.values()), 120_000)

  test.each(runnable.map((block) => [block.place, block] as const))(
    '%s',
    async (_, block) => {
      const { output, wanted, errors } = await results.get(block)!
      if (block.flags.includes('run')) expect({ output, errors }).toEqual({ output: wanted, errors: '' })
      else
        expect(output).toEqual(
          expect.arrayContaining([expect.stringMatching(/ pass [1-9]/), expect.stringMatching(/ fail 0/)]),
        )
    },
    60_000,
  )
})
