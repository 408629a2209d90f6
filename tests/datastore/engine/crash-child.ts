// A process that writes until it is killed: each commit makes two entities and counts. What was answered is told on
// standard output before anything else happens.
import { writeSync } from 'node:fs'
import { Engine } from '../../../lib/datastore/engine/engine.ts'

const [, , dataFolder, name, once] = process.argv as [string, string, string, string, string?]
const projectId = 'p'
const engine = new Engine({ dataFolder })
const run = { kind: 'Run', name }
let next = 0

async function write(): Promise<never> {
  for (;;) {
    const n = next++
    const entity = (id: string) => ({
      key: { path: [run, { kind: 'K', name: id }] },
      properties: {
        n: { integerValue: n },
        text: { stringValue: String(n).repeat(100), excludeFromIndexes: true },
      },
    })
    const { transaction } = engine.beginTransaction({ projectId })
    engine.lookup({ projectId, keys: [entity(`${n}x`).key], readOptions: { transaction } })
    const mutations = [{ insert: entity(`${n}x`) }, { insert: entity(`${n}y`) }, { upsert: entity(`slot${n % 5}`) }]
    await engine.commit({ projectId, mode: 'TRANSACTIONAL', transaction, mutations })
    writeSync(1, `${n}\n`)
    if (once) process.exit()
  }
}

for (let writer = 0; writer < 8; writer++) write()
