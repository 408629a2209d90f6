// A user of more sessions than one call to Datastore takes.
import { expect, test } from '@jest/globals'
import { openEmbedded } from '../../../../lib/datastore/client.ts'
import { EmbeddedDatastore } from '../../../../lib/ext/session/repository/embedded-datastore.ts'
import { systemRandomness } from '../../../../lib/ext/session/repository/randomness.ts'
import { SessionRepository } from '../../../../lib/ext/session/repository/repository.ts'
import { nothing } from '../../../../lib/ext/session/repository/transactions.ts'
import { systemClock } from '../../../../lib/internal/clock.ts'

const count = 10_000

test('ten thousand sessions of one user are listed, revoked and ended', async () => {
  const data = openEmbedded({ memory: true })
  const rows = new EmbeddedDatastore(data, { kind: 'Session' })
  const repository = new SessionRepository({ datastore: rows, clock: systemClock, randomness: systemRandomness })
  const now = Date.now()
  const row = { version: 1, created: now, updated: now, expires: now + 1e6, data: '{}', username: 'ann', stamp: null }
  for (let at = 0; at < count; at += 500) {
    const writes = Array.from({ length: 500 }, (_, n) => ({
      op: 'insert' as const,
      id: repository.idOf(`sid-${at + n}`),
      row: { ...row, updated: now + at + n, commits: [`t${at + n}`] },
    }))
    await rows.commit(writes, nothing, 10_000)
  }
  const all = await repository.listFor('ann')
  expect(all).toHaveLength(count)
  expect(all[0]!.id).toBe(repository.idOf(`sid-${count - 1}`))
  await repository.revoke(all[0]!.id)
  expect(await repository.listFor('ann')).toHaveLength(count - 1)
  expect(
    (
      await rows.read(
        all.map(({ id }) => id),
        'ann',
        10_000,
      )
    ).sessions.size,
  ).toBe(count)
  expect(await repository.destroyAllFor('ann')).toBe(count - 1)
  expect(await repository.listFor('ann')).toEqual([])
  data.engine.close()
}, 60_000)
