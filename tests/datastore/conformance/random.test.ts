// Random queries, commits and transactions, the same for the same seed: what this engine gives is what each of Google's emulators
// gave, or unlike it for a reason that a document decides (compare.ts). What the emulators gave is recorded; where this machine has
// one, it is asked again. RUNS=2500 SEED=1 asks 20,000 queries; RUNS=10 RECORD=1 records.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Datastore } from '@google-cloud/datastore'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { closeTransports } from '../../../lib/datastore/google/client-internals.ts'
import { startDatastoreServer } from '../../../lib/datastore/server/server.ts'
import { type EmulatorName, emulatorJar, startEmulator } from '../../support/emulator.ts'
import { Api } from './api.ts'
import { likeness } from './compare.ts'
import { randomMeeting, runMeeting } from './interleaved.ts'
import {
  ask,
  fillWorld,
  type Given,
  Random,
  randomQuestion,
  randomSequence,
  randomWorld,
  runSequence,
} from './random.ts'

process.env['METADATA_SERVER_DETECTION'] = 'none'

const runs = Number(process.env['RUNS'] ?? 4)
const first = Number(process.env['SEED'] ?? 1)
const seeds = Array.from({ length: runs }, (_, i) => first + i)
const recordedSeeds = Array.from({ length: 10 }, (_, i) => 1 + i)
const questions = 8

/** The recorded results of an emulator, by seed: those of its queries, and the outcomes of commits and of transactions that meet. */
type Recorded = Record<string, { queries: Given[]; commits: string[]; meeting: string[] }>

interface Server {
  api(namespace: string): Api
  close(): Promise<void>
}

async function connected(starting: Promise<{ port: number; close(): Promise<void> }>): Promise<Server> {
  const server = await starting
  const client = new Datastore({ projectId: 'random', apiEndpoint: `http://127.0.0.1:${server.port}` })
  return {
    api: (namespace) => new Api(client, 'random', namespace),
    async close() {
      await closeTransports(client)
      await server.close()
    },
  }
}

/** Asks a server all that belongs to a seed. @param round Makes the namespaces new. */
async function askAll({ api }: Server, seed: number, modern: boolean, round = 0): Promise<Recorded[string]> {
  const random = new Random(seed)
  const world = randomWorld(random)
  const asked = api(`queries-${seed}-${round}`)
  await fillWorld(asked, world)
  const queries: Given[] = []
  for (let i = 0; i < questions; i++) queries.push(await ask(asked, randomQuestion(random, asked, world, { modern })))
  const commits = await runSequence(api(`commits-${seed}-${round}`), randomSequence(new Random(seed), { modern }))
  const meeting = await runMeeting(api(`meeting-${seed}-${round}`), randomMeeting(new Random(seed), { modern }))
  return { queries, commits, meeting }
}

/** Returns what is unlike for no known reason. */
function unlike(ours: Recorded[string], theirs: Recorded[string], seed: number, server: Server, modern: boolean) {
  const random = new Random(seed)
  const world = randomWorld(random)
  const found: object[] = []
  for (let i = 0; i < questions; i++) {
    const question = randomQuestion(random, server.api('any'), world, { modern })
    const [mine, other] = [ours.queries[i]!, theirs.queries[i]!]
    if (likeness(mine, other, question, world) === undefined) found.push({ seed, i, question, mine, other })
  }
  for (const what of ['commits', 'meeting'] as const)
    if (JSON.stringify(ours[what]) !== JSON.stringify(theirs[what]))
      found.push({ seed, mine: ours[what], other: theirs[what] })
  return found
}

describe.each<EmulatorName>(['datastore', 'firestore'])("Google's %s emulator and the engine", (name) => {
  const modern = name === 'firestore'
  const file = join(import.meta.dirname, `../../vectors/${name}-emulator.json`)
  let ours: Server

  beforeAll(async () => {
    const concurrency = modern ? 'pessimistic' : 'optimistic'
    ours = await connected(startDatastoreServer({ port: 0, memory: true, concurrency }))
  })

  afterAll(() => ours.close())

  test('give the same, as it is recorded', async () => {
    const recorded = JSON.parse(readFileSync(file, 'utf8')) as Recorded
    expect(Object.keys(recorded)).toEqual(recordedSeeds.map(String))
    for (const seed of recordedSeeds)
      expect(unlike(await askAll(ours, seed, modern), recorded[seed]!, seed, ours, modern)).toEqual([])
  })

  if (!emulatorJar(name)) {
    console.warn(`Google's ${name} emulator is not on this machine: only what is recorded of it is compared.`)
    return
  }

  test('give the same now', async () => {
    const theirs = await connected(startEmulator(name))
    const recorded: Recorded = {}
    try {
      for (const seed of seeds) {
        const mine = await askAll(ours, seed, modern, 1)
        // The older emulator aborts a transaction now and then that nothing is in the way of.
        for (let round = 0; ; round++) {
          recorded[seed] = await askAll(theirs, seed, modern, round)
          const found = unlike(mine, recorded[seed], seed, ours, modern)
          if (found.length > 0 && round < 3) continue
          expect(found).toEqual([])
          break
        }
      }
    } finally {
      await theirs.close()
    }
    if (process.env['RECORD']) writeFileSync(file, `${JSON.stringify(recorded, null, 1)}\n`)
  }, 600_000)
})
