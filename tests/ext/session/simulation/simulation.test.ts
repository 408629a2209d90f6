// Every promise, over thousands of histories that a seed makes up; and the proof that the checker would notice.

import { execFile } from 'node:child_process'
import { cpus } from 'node:os'
import { describe, expect, test } from '@jest/globals'
import { plants } from './plants.ts'

const program = new URL('simulate.ts', import.meta.url).pathname

/** Runs the program as `npm run simulate` does; its output and whether every promise was kept. */
function simulate(...args: string[]): Promise<{ kept: boolean; output: string }> {
  const options = { env: { ...process.env, NODE_OPTIONS: '' }, maxBuffer: 1 << 26 }
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', program, ...args],
      options,
      (error, stdout, stderr) => resolve({ kept: error === null, output: stdout + stderr }),
    )
  })
}

describe('the simulation', () => {
  // A quiet machine needs half a minute. One that is busy runs as many as it can in a minute.
  test('keeps every promise over 20,000 seeds', async () => {
    const args = ['--seeds', '10000', '--seconds', '60', '--from']
    const halves = await Promise.all([simulate(...args, '1'), simulate(...args, '10001')])
    expect(halves.map(({ output }) => output)).toEqual(halves.map(() => expect.stringContaining(' 0 broken')))
    expect(halves.every(({ kept }) => kept)).toBe(true)
  }, 120_000)

  test('keeps those of sessions that are bound to devices over 3,000 seeds', async () => {
    const { kept, output } = await simulate('--devices', '--seeds', '3000', '--seconds', '30')
    expect(output).toContain(' 0 broken')
    expect(kept).toBe(true)
  }, 120_000)

  test('replays a failing seed alone, the same each time', async () => {
    const { output } = await simulate('--plant', 'the later save wins altogether', '--seeds', '100', '--most', '1')
    const [, seed, violation] = /seed (\d+): (.*)/.exec(output)!
    const replays = await Promise.all(
      [1, 2].map(() => simulate('--plant', 'the later save wins altogether', '--seed', seed!)),
    )
    expect(replays[0]!.output).toContain(violation)
    expect(replays[1]!.output).toBe(replays[0]!.output)
  }, 60_000)
})

describe('a planted fault is found', () => {
  const left = Object.entries(plants)
  const found = new Map<string, Promise<string>>()

  // As many at a time as there are processors, whatever order the tests are asked in.
  function next(): void {
    const [name, plant] = left.shift() ?? []
    if (name === undefined || plant === undefined) return
    const search = async () => {
      const theme = plant.theme === undefined ? [] : ['--theme', plant.theme]
      const from = String(plant.near)
      const near = await simulate('--plant', name, '--most', '1', '--seeds', '40', '--from', from, ...theme)
      if (!near.kept) return near.output
      return (await simulate('--plant', name, '--most', '1', '--seeds', '6000', ...theme)).output
    }
    const result = search()
    found.set(name, result)
    result.then(next)
  }
  for (const _ of cpus().slice(0, 2)) next()

  test.each(Object.keys(plants))('%s', async (name) => {
    while (!found.has(name)) await Promise.race(found.values()).then(() => new Promise(setImmediate))
    expect(await found.get(name)).toMatch(/^seed \d+: (?!errors)/m)
  }, 120_000)
})
