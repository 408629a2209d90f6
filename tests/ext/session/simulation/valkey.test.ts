// Histories of a Valkey with a replica that a seed makes up: outside of two primaries nothing old is served, and with two of
// them nothing that is older than the bound; and the proof that the simulation would notice, and that it runs scripts right.
import { execFile } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import type { Reply } from '../../../../lib/ext/session/cache/resp.ts'
import { ReplyReader } from '../../../../lib/ext/session/cache/resp.ts'
import { scripts } from '../../../../lib/ext/session/cache/valkey-scripts.ts'
import { Valkey, valkeyServers } from '../../../support/valkey.ts'
import { executeCommand, newNode } from './valkey-node.ts'
import { valkeyPlants } from './valkey-plants.ts'

const program = new URL('simulate.ts', import.meta.url).pathname

function simulate(...args: string[]): Promise<string> {
  const options = { env: { ...process.env, NODE_OPTIONS: '' }, maxBuffer: 1 << 26 }
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', program, ...args],
      options,
      (_, stdout, stderr) => resolve(stdout + stderr),
    )
  })
}

describe('with a Valkey and its replica, every promise is kept', () => {
  test.each([
    ['the primary dies', 'crash'],
    ['the roles are swapped, and swapped back', 'swap'],
    ['the primary restarts from a snapshot', 'restart'],
    ['all of it happens', 'all'],
  ])(
    'where %s',
    async (_, kind) => {
      const output = await simulate('--valkey', kind, '--seeds', '250', '--seconds', '30')
      expect(output).toContain(' 0 broken')
    },
    60_000,
  )

  test('also for changes that left before the cache confirmed them, where it is away for all processes at once', async () => {
    const output = await simulate('--valkey', 'crash', '--theme', 'outages', '--seeds', '250', '--seconds', '20')
    expect(output).toContain(' 0 broken')
  }, 60_000)

  test('within the bound, where a process is cut off from a cache that others use', async () => {
    const output = await simulate('--valkey', 'all', '--theme', 'one cut off', '--seeds', '250', '--seconds', '20')
    expect(output).toContain(' 0 broken')
    expect(Number(/^(\d+) reads behind/m.exec(output)?.[1])).toBeGreaterThan(0)
  }, 60_000)

  test('within the bound, where the old primary goes on beside the new one', async () => {
    const output = await simulate('--valkey', 'linger', '--seeds', '250', '--seconds', '30')
    expect(output).toContain(' 0 broken')
    // Some reads were behind: or it would not have been looked for.
    expect(Number(/^(\d+) reads behind/m.exec(output)?.[1])).toBeGreaterThan(0)
  }, 60_000)
})

describe('a planted fault is found', () => {
  test.each(Object.keys(valkeyPlants))('%s', async (name) => {
    const { kind, near, shows } = valkeyPlants[name]!
    const args = ['--valkey', kind, '--plant', name, '--most', '1']
    let output = await simulate(...args, '--seeds', '5', '--from', String(near))
    if (output.includes(' 0 broken')) output = await simulate(...args, '--seeds', '3000')
    expect(output).toMatch(shows)
  }, 120_000)
})

const found = valkeyServers.length > 0 ? describe.each(valkeyServers) : describe.skip.each(['redis-server'])

found('the simulated server', (server) => {
  test(`replies to random scripts as ${server} does`, async () => {
    const real = await Valkey.start(server)
    const replid = (await real.replication('master_replid'))!
    const node = newNode(replid, 'run', 'master')
    const tokens = ['t1', 't2', 't3']
    const one = <T>(list: readonly T[]): T => list[randomInt(list.length)]!
    const around = {
      now: 0,
      write: (change: () => void) => change(),
      ran: () => {},
    }
    for (let n = 0; n < 500; n++) {
      const script = one(Object.values(scripts))
      const [token, value, old] = [one(tokens), one(['a', 'b c', 'ä\r\nö', '']), one(tokens)]
      const args = script === scripts.delete ? one([[], [old]]) : [token, value, '60000', old]
      const how = randomInt(3) === 0 ? ['EVAL', script.text] : ['EVALSHA', script.digest]
      const words = [...how, '1', one(['k', 'l']), ...(script === scripts.get ? [] : args)]
      // Entries of another term, now and then.
      if (randomInt(10) === 0) {
        const set = ['SET', 'k', `other t1 old`, 'PX', '60000']
        executeCommand(node, set, around)
        await real.command(...set)
      }
      const reply = await real.command(...words)
      const [simulated] = new ReplyReader().push(Buffer.from(executeCommand(node, words, around))) as [Reply]
      const shape = (one: Reply) => (one instanceof Error ? one.message.split(' ')[0] : one)
      expect([n, words, shape(simulated)]).toEqual([n, words, shape(reply)])
    }
    await real.kill()
  }, 30_000)
})
