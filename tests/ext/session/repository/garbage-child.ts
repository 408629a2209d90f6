// Changes sessions, and prints the bytes of the old generation that each change leaves behind without a full collection.
import { getHeapSpaceStatistics } from 'node:v8'
import { Engine } from '../../../../lib/datastore/engine/engine.ts'
import { EmbeddedDatastore } from '../../../../lib/ext/session/repository/embedded-datastore.ts'
import { systemRandomness } from '../../../../lib/ext/session/repository/randomness.ts'
import { SessionRepository } from '../../../../lib/ext/session/repository/repository.ts'
import { systemClock } from '../../../../lib/internal/clock.ts'

const changes = 2000
const engine = new Engine({ memory: true })
const data = { engine, place: { projectId: 'p', databaseId: '' } }
const datastore = new EmbeddedDatastore(data, { kind: 'Session', isEmbedded: true })
const repository = new SessionRepository({ datastore, clock: systemClock, randomness: systemRandomness })
const ids = Array.from({ length: 20 }, () => repository.newId())
for (const id of ids) await repository.create(id, { data: '{"n":0}' })

async function changeAll(count: number): Promise<void> {
  for (let n = 0; n < count; n += ids.length) {
    await Promise.all(
      ids.map(async (id) => {
        const loaded = await repository.load(id)
        if (loaded.state === 'live') await repository.save(id, loaded.record, { data: `{"n":${n}}` })
      }),
    )
  }
}

const collect = (globalThis as unknown as { gc(options?: { type: 'minor' }): void }).gc
const used = () => getHeapSpaceStatistics().find((space) => space.space_name === 'old_space')!.space_used_size
await changeAll(changes)
collect()
const before = used()
await changeAll(changes)
collect({ type: 'minor' })
collect({ type: 'minor' })
console.log((used() - before) / changes)
engine.close()
