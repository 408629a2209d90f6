// The official client on the engine in this process: what sessions and `npm start` stand on.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Datastore } from '@google-cloud/datastore'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { makeApp } from 'tipfy'
import { closeDatastore, openDatastore } from '../../lib/datastore/client.ts'
import { getDatastore } from '../../lib/datastore/index.ts'

let folder: string
let datastore: Datastore

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tipfy-datastore-'))
  datastore = await openDatastore({ mode: 'embedded', dataFolder: folder, concurrency: 'optimistic' })
})

afterEach(async () => {
  await closeDatastore(datastore)
  rmSync(folder, { recursive: true })
})

describe('a Datastore that is out of reach', () => {
  const { DATASTORE_EMULATOR_HOST: host } = process.env
  beforeEach(() => {
    process.env['DATASTORE_EMULATOR_HOST'] = '127.0.0.1:1'
  })
  afterEach(() => {
    if (host === undefined) delete process.env['DATASTORE_EMULATOR_HOST']
    else process.env['DATASTORE_EMULATOR_HOST'] = host
  })

  test('makes lookups and queries reject when their time is over, not after a minute', async () => {
    const away = await openDatastore({ timeout: 200 })
    const calls = [
      away.get(away.key(['Thing', 'one'])),
      away.runQuery(away.createQuery('Thing')),
      away.runAggregationQuery(away.createAggregationQuery(away.createQuery('Thing')).count('n')),
    ]
    const rejected = { status: 'rejected', reason: expect.objectContaining({ code: 4 }) }
    expect(await Promise.allSettled(calls)).toEqual([rejected, rejected, rejected])
    await closeDatastore(away)
  })

  test('does so after ten seconds for an application, unless the call says otherwise', async () => {
    const app = makeApp({ tipfy: { urls: () => [] } }, { root: folder })
    await app.ready()
    const client = await getDatastore(app)
    const { interfaces } = (client.options as { clientConfig?: { interfaces: object } }).clientConfig!
    expect(JSON.stringify(interfaces)).toContain('"Lookup":{"timeout_millis":10000}')
    await expect(client.get(client.key(['A', 'b']), { gaxOptions: { timeout: 100 } })).rejects.toMatchObject({
      code: 4,
    })
    await app.close()
  })
})

describe('the embedded datastore', () => {
  test('gives back what was saved, with every type as it was', async () => {
    const key = datastore.key(['Thing', 'one'])
    const data = {
      text: 'é€😀',
      int: 42,
      double: 1.5,
      nan: Number.NaN,
      yes: true,
      nothing: null,
      when: new Date(1_700_000_000_123),
      bytes: Buffer.from([0, 255, 1]),
      list: [1, 'two', null],
      place: datastore.geoPoint({ latitude: 1.25, longitude: -3 }),
      inner: { a: { b: [1] } },
      other: datastore.key(['Other', 7]),
    }
    await datastore.save({ key, data })
    const [found] = await datastore.get(key)
    expect({ ...found, place: undefined, other: undefined }).toMatchObject({
      ...data,
      place: undefined,
      other: undefined,
    })
    expect(found.other.path).toEqual(['Other', '7'])
    expect(found.place).toEqual({ latitude: 1.25, longitude: -3 })
    expect(found[datastore.KEY].path).toEqual(['Thing', 'one'])
  })

  test('a missing entity is undefined', async () => {
    expect(await datastore.get(datastore.key(['Thing', 'none']))).toEqual([undefined])
  })

  test('insert on an existing key is refused with 6, update of a missing one with 5', async () => {
    const key = datastore.key(['Thing', 'one'])
    await datastore.insert({ key, data: { a: 1 } })
    await expect(datastore.insert({ key, data: { a: 2 } })).rejects.toMatchObject({ code: 6 })
    await expect(datastore.update({ key: datastore.key(['Thing', 'two']), data: {} })).rejects.toMatchObject({
      code: 5,
    })
    expect((await datastore.get(key))[0]).toMatchObject({ a: 1 })
  })

  test('an incomplete key gets an id', async () => {
    const key = datastore.key(['Thing'])
    await datastore.save({ key, data: { a: 1 } })
    expect(Number(key.id)).toBeGreaterThan(0)
    expect((await datastore.get(key))[0]).toMatchObject({ a: 1 })
  })

  test('of two transactions that read and write one entity, the second to commit is refused with 10', async () => {
    const key = datastore.key(['Counter', 'c'])
    await datastore.save({ key, data: { n: 0 } })
    const [one, two] = [datastore.transaction(), datastore.transaction()]
    await Promise.all([one.run(), two.run()])
    await Promise.all([one.get(key), two.get(key)])
    one.save({ key, data: { n: 1 } })
    two.save({ key, data: { n: 1 } })
    await one.commit()
    await expect(two.commit()).rejects.toMatchObject({ code: 10 })
  })

  test('two clients on one folder see each other and stay serialisable', async () => {
    const other = await openDatastore({ mode: 'embedded', dataFolder: folder })
    const key = datastore.key(['Counter', 'c'])
    await datastore.save({ key, data: { n: 0 } })
    const increment = async (client: Datastore): Promise<void> => {
      for (;;) {
        const transaction = client.transaction()
        await transaction.run()
        const [found] = await transaction.get(key)
        transaction.save({ key, data: { n: found.n + 1 } })
        try {
          await transaction.commit()
          return
        } catch (error) {
          if ((error as { code?: number }).code !== 10) throw error
        }
      }
    }
    await Promise.all(Array.from({ length: 20 }, (_, i) => increment(i % 2 ? other : datastore)))
    expect((await datastore.get(key))[0]).toMatchObject({ n: 20 })
    await closeDatastore(other)
  })

  test('what was committed is there after the folder is opened again', async () => {
    const key = datastore.key(['Thing', 'kept'])
    await datastore.save({ key, data: { a: 1 } })
    await closeDatastore(datastore)
    datastore = await openDatastore({ mode: 'embedded', dataFolder: folder })
    expect((await datastore.get(key))[0]).toMatchObject({ a: 1 })
  })

  test('a query by an indexed property finds the entities and leaves out what is not indexed', async () => {
    await datastore.save([
      { key: datastore.key(['Session', 'a']), data: { username: 'ann', data: 'x' }, excludeFromIndexes: ['data'] },
      { key: datastore.key(['Session', 'b']), data: { username: 'bob', data: 'x' }, excludeFromIndexes: ['data'] },
    ])
    const [found] = await datastore.runQuery(datastore.createQuery('Session').filter('username', '=', 'ann'))
    expect(found.map((entity: { username: string }) => entity.username)).toEqual(['ann'])
    const [none] = await datastore.runQuery(datastore.createQuery('Session').filter('data', '=', 'x'))
    expect(none).toEqual([])
  })
})
