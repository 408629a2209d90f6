// Reads one entity in a transaction, says so, and stays: a process that holds a lock. `node locks-child.ts FOLDER`
import { Engine } from '../../../lib/datastore/engine/engine.ts'

const engine = new Engine({ dataFolder: process.argv[2]! })
const { transaction } = engine.beginTransaction({ projectId: 'p' })
engine.lookup({
  projectId: 'p',
  keys: [{ path: [{ kind: 'K', name: 'a' }] }],
  readOptions: { transaction },
})
console.log('locked')
setInterval(() => {}, 60_000)
