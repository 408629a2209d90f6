// Random transactions that meet on a few entities, the same for the same seed.
import type { Mutation } from '../../../lib/datastore/engine/protocol/messages.ts'
import { type Api, int, outcome } from './api.ts'
import type { Abilities, Random } from './random.ts'

/** One step: of the first or the second transaction, or of a writer without one. */
interface Step {
  by: 'first' | 'second' | 'writer'
  /** Entities to read, to write and commit, or to end without writing. */
  reads?: string[]
  writes?: string[]
  ends?: 'commit' | 'rollback'
}

const entities = ['a', 'b', 'c']

export function randomMeeting(random: Random, { modern }: Abilities): Step[] {
  // The older emulator aborts a transaction that reads two entities, and undoes with one that is rolled back what others wrote.
  const own = {
    first: modern ? entities : [random.pick(entities)],
    second: modern ? entities : [random.pick(entities)],
  }
  // The emulators disagree on which of two that wait for each other is aborted, so the second one writes nothing.
  const ends = (by: 'first' | 'second'): Step =>
    by === 'first' && random.chance(60)
      ? { by, writes: random.some(own[by], 50) }
      : { by, ends: modern ? random.pick(['commit', 'rollback'] as const) : 'commit' }
  const steps = random.times(4 + random.nat(6), (): Step => {
    const by = random.pick(['first', 'second', 'writer'] as const)
    return by === 'writer' ? { by, writes: [random.pick(entities)] } : { by, reads: [random.pick(own[by])] }
  })
  steps.splice(2 + random.nat(steps.length - 1), 0, ends('first'))
  steps.splice(2 + random.nat(steps.length - 1), 0, ends('second'))
  return steps
}

/** Runs the steps; gives what was read and how each commit ended, in order. While a commit waits, only transactions that end go on. */
export async function runMeeting(api: Api, steps: Step[]): Promise<string[]> {
  const seen: string[] = []
  const put = (name: string, n: number): Mutation => api.upsert(api.key('K', name), { n: int(n) })
  await api.commit(put('a', 0), put('b', 0))
  const transactions = new Map<string, Uint8Array | undefined>()
  for (const by of ['first', 'second']) transactions.set(by, await api.begin())
  let waiting: Promise<void> | undefined
  const commit = (label: string, request: object) => {
    const done = api.call('commit', request).then((response) => {
      seen.push(`${label}: ${outcome(response)}`)
      waiting = undefined
    })
    waiting = done
  }
  for (const [i, { by, reads, writes, ends }] of steps.entries()) {
    const transaction = transactions.get(by)
    if (by !== 'writer' && !transaction) continue
    // The newer emulator aborts a commit that waits when another transaction reads what it is to write.
    for (const name of waiting ? [] : (reads ?? []))
      seen.push(`${i} ${by} reads ${name}: ${await api.get(api.key('K', name), { transaction })}`)
    const mode = transaction ? { mode: 'TRANSACTIONAL', transaction } : { mode: 'NON_TRANSACTIONAL' }
    if ((writes || ends === 'commit') && waiting) continue
    if (writes) commit(`${i} ${by} writes ${writes}`, { ...mode, mutations: writes.map((name) => put(name, i + 1)) })
    if (ends === 'commit') commit(`${i} ${by} ends`, mode)
    if (ends === 'rollback') await api.call('rollback', { transaction })
    if (writes || ends) transactions.set(by, undefined)
    // Longer than a commit takes that does not wait, and longer still for one that has waited.
    for (let gets = 0; waiting && gets < (ends ? 60 : 20); gets++) await api.get(api.key('Other', 'one'))
    if (waiting && writes) seen.push(`${i} waits`)
  }
  for (const transaction of transactions.values())
    if (transaction) await api.call('commit', { mode: 'TRANSACTIONAL', transaction })
  await waiting
  for (const name of entities) seen.push(`${name}: ${await api.get(api.key('K', name))}`)
  return seen
}
