// The expectations of Google's own system tests of the Node client, tested again in other words: through the
// client's streams, queries, aggregations, transactions, transforms and explain options, over gRPC and in process.
import {
  AggregateField,
  and,
  Datastore,
  or,
  PropertyFilter,
  type Query,
  type Transaction,
} from '@google-cloud/datastore'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { internalsOf, transportName } from '../../lib/datastore/google/client-internals.ts'
import {
  closeDatastore,
  type DatastoreServer,
  memoryDatastore,
  startDatastoreServer,
} from '../../lib/datastore/index.ts'

process.env['METADATA_SERVER_DETECTION'] = 'none'

// biome-ignore lint/suspicious/noExplicitAny: entities and infos are what the client makes of them
type Any = any

async function collect(stream: AsyncIterable<unknown>): Promise<Any[]> {
  const all = []
  for await (const one of stream) all.push(one)
  return all
}

/** Ships, their crews and the trips they made: a tree of one kind. */
const ships: [path: string[], data: object][] = [
  [['Argo'], { name: 'Argo', fleet: 'East', trips: 9, afloat: false }],
  [['Argo', 'Beagle'], { name: 'Beagle', fleet: 'East', trips: 9, afloat: false }],
  [['Cutty'], { name: 'Cutty', fleet: ['East', 'West'], trips: 26, afloat: false }],
  [['Argo', 'Beagle', 'Dove'], { name: 'Dove', fleet: 'East', trips: 33, afloat: true }],
  [['Argo', 'Beagle', 'Endurance'], { name: 'Endurance', fleet: 'East', trips: 31, afloat: true }],
  [['Argo', 'Beagle', 'Fram'], { name: 'Fram', fleet: 'East', trips: 22, afloat: false }],
  [['Argo', 'Beagle', 'Gjoa'], { name: 'Gjoa', fleet: 'East', trips: 25, afloat: true }],
  [['Argo', 'Beagle', 'Hind'], { name: 'Hind', fleet: 'East', trips: 32, afloat: true }],
]

describe.each(['over gRPC', 'in process', 'over gRPC, in a named database'])('%s', (place) => {
  let server: DatastoreServer | undefined
  let datastore: Datastore
  const shipKey = (path: string[]) => datastore.key(['Sea', 'north', ...path.flatMap((name) => ['Ship', name])])

  beforeAll(async () => {
    if (place === 'in process') datastore = await memoryDatastore({ namespace: 'n' })
    else {
      server = await startDatastoreServer({ port: 0, memory: true })
      const databaseId = place === 'over gRPC' ? undefined : 'second'
      const apiEndpoint = `http://127.0.0.1:${server.port}`
      datastore = new Datastore({ projectId: 'p', namespace: 'n', databaseId, apiEndpoint })
    }
    await datastore.save(ships.map(([path, data]) => ({ key: shipKey(path), data })))
  })

  afterAll(async () => {
    await closeDatastore(datastore)
    await server?.close()
  })

  const query = () => datastore.createQuery('Ship').hasAncestor(datastore.key(['Sea', 'north']))
  const ask = async (asked: Query): Promise<string[]> =>
    (await datastore.runQuery(asked))[0].map(({ name }: Any) => name)
  const fresh = (): string => `fresh ${Math.random()}`
  /** An entity without its key. */
  const bare = (entity: Any) => {
    const { [datastore.KEY]: _, ...rest } = entity
    return rest
  }

  test('what is saved under a name, an id, or a generated id is there, and gone when deleted', async () => {
    const post = {
      title: 'How to bake a pizza',
      tags: ['pizza', 'grill'],
      publishedAt: new Date(),
      isDraft: false,
      words: 400,
      rating: 5.5,
      likes: null,
      more: { views: 100 },
    }
    const big = datastore.int('100000000000001234')
    for (const id of [fresh(), 123_456_789, big, undefined]) {
      const key = datastore.key(id === undefined ? ['Post'] : ['Post', id as string])
      await datastore.save({ key, data: post })
      const [found] = await datastore.get(key)
      expect(bare(found)).toEqual(post)
      expect(found[datastore.KEY].path.length).toBe(2)
      await expect(datastore.save({ key, method: 'insert', data: post })).rejects.toMatchObject({ code: 6 })
      await datastore.delete(key)
      expect(await datastore.get(key)).toEqual([undefined])
      await expect(datastore.save({ key, method: 'update', data: post })).rejects.toMatchObject({ code: 5 })
    }
  })

  test('integers of 64 bits come back whole', async () => {
    const key = datastore.key(['Team', fresh()])
    await datastore.save({ key, data: { points: Datastore.int('9223372036854775807'), small: 1 } })
    const [wrapped] = await datastore.get(key, { wrapNumbers: true })
    expect(wrapped.points.value).toBe('9223372036854775807')
    await expect(datastore.get(key)).rejects.toThrow('out of bounds')
    const wrapNumbers = { integerTypeCastFunction: (value: string) => `<${value}>`, properties: 'points' }
    expect((await datastore.get(key, { wrapNumbers: wrapNumbers as Any }))[0]).toMatchObject({
      points: '<9223372036854775807>',
      small: 1,
    })
  })

  test('long texts are kept where they are left out of the indexes, by path, by wildcard or by themselves', async () => {
    const long = '.'.repeat(1501)
    const tree = { long, list: [{ long, list: [{ long, short: true }] }] }
    const data = { long, list: [long], inner: { long, short: 'value', tree } }
    const ways = [
      ['long', 'list[]', 'inner.long', 'inner.tree.long', 'inner.tree.list[].long', 'inner.tree.list[].list[].long'],
      ['long', 'list[]', 'inner.*'],
    ]
    for (const excludeFromIndexes of ways) {
      const key = datastore.key(['Post', fresh()])
      await datastore.save({ key, data, excludeFromIndexes })
      expect(bare((await datastore.get(key))[0])).toEqual(data)
    }
    const key = datastore.key(['Post', fresh()])
    await datastore.save({ key, data, excludeLargeProperties: true })
    expect(bare((await datastore.get(key))[0])).toEqual(data)
    await expect(datastore.save({ key, data })).rejects.toMatchObject({ code: 3 })
  })

  test('buffers come back, empty ones too, and the answer names the key', async () => {
    const key = datastore.key(['Blob'])
    const data = { full: Buffer.from([1, 2, 255]), empty: Buffer.alloc(0) }
    const [{ mutationResults }] = await datastore.save({ key, data })
    expect(mutationResults![0]!.key!.path![0]!.kind).toBe('Blob')
    expect(bare((await datastore.get(key))[0])).toEqual(data)
  })

  test('several entities are read at once, as a list and as a stream', async () => {
    const keys = [shipKey(['Argo']), shipKey(['Cutty']), datastore.key(['Ship', 'none'])]
    expect((await datastore.get(keys))[0]).toHaveLength(2)
    const streamed = await collect(datastore.createReadStream(keys))
    expect(streamed.map(({ name }) => name).sort()).toEqual(['Argo', 'Cutty'])
  })

  test('merging adds to what is there', async () => {
    const key = datastore.key(['Post', fresh()])
    await datastore.save({ key, data: { title: 'old', status: 'neat' } })
    await datastore.merge({ key, data: { title: 'new' } })
    expect((await datastore.get(key))[0]).toMatchObject({ title: 'new', status: 'neat' })
  })

  test('keys are values, and can be asked for', async () => {
    const key = datastore.key(['People', 'all', 'Person', fresh()])
    await datastore.save({ key, data: { self: key } })
    const asked = datastore
      .createQuery('Person')
      .hasAncestor(datastore.key(['People', 'all']))
      .filter('self', key)
    const [[found]] = await datastore.runQuery(asked)
    expect(found.self).toEqual(key)
  })

  test('queries page with limit and cursor, and run as streams', async () => {
    const [first, info] = await datastore.runQuery(query().limit(5))
    const [second, last] = await datastore.runQuery(query().start(info.endCursor!))
    expect([first.length, second.length, last.moreResults]).toEqual([5, 3, 'NO_MORE_RESULTS'])
    expect(await collect(datastore.runQueryStream(query().limit(3)))).toHaveLength(3)
    expect(await collect(query().runStream())).toHaveLength(8)
    const [middle, at] = await datastore.runQuery(query().order('trips').offset(2).limit(3))
    expect(middle.map(({ name }: Any) => name)).toEqual(['Fram', 'Gjoa', 'Cutty'])
    expect(await ask(query().order('trips').start(at.endCursor!))).toEqual(['Endurance', 'Hind', 'Dove'])
  })

  test('filters of every kind', async () => {
    const filtered = async (filter: Any) => (await ask(query().filter(filter))).length
    const trips = (op: Any, value: Any) => new PropertyFilter('trips', op, value)
    const east = new PropertyFilter('fleet', '=', 'East')
    expect(await filtered(trips('>=', 20))).toBe(6)
    expect(await filtered(trips('!=', 9))).toBe(6)
    expect(await filtered(trips('IN', [9, 25]))).toBe(3)
    expect(await filtered(trips('NOT_IN', [9, 25]))).toBe(5)
    expect(await filtered(and([east, trips('>=', 20)]))).toBe(6)
    expect(await filtered(or([east, trips('>=', 20)]))).toBe(8)
    expect(await filtered(new PropertyFilter('__key__', '=', shipKey(['Argo'])))).toBe(1)
    const keys = [['Argo'], ['Argo', 'Beagle', 'Endurance'], ['Argo', 'Beagle']].map(shipKey)
    expect(await ask(query().filter(new PropertyFilter('__key__', 'IN', keys)))).toEqual([
      'Argo',
      'Beagle',
      'Endurance',
    ])
    const below = datastore
      .createQuery('Ship')
      .filter(trips('<', 30))
      .hasAncestor(shipKey(['Argo', 'Beagle']))
    expect((await ask(below)).length).toBe(3)
  })

  test('orders, projections and groups', async () => {
    const byTrips = await ask(query().order('trips'))
    expect([byTrips[0], byTrips[7]]).toEqual(['Argo', 'Dove'])
    const [rows] = await datastore.runQuery(query().select(['name', 'fleet']))
    expect(rows.map(bare)).toHaveLength(9)
    expect([bare(rows[0]), bare(rows[2]), bare(rows[3])]).toEqual([
      { name: 'Argo', fleet: 'East' },
      { name: 'Cutty', fleet: 'East' },
      { name: 'Cutty', fleet: 'West' },
    ])
    expect((await ask(query().groupBy('trips'))).length).toBe(7)
  })

  const aggregate = async (asked: Query, ...fields: AggregateField[]) =>
    (await datastore.runAggregationQuery(datastore.createAggregationQuery(asked).addAggregations(fields)))[0]

  test('sums, averages and counts', async () => {
    const { sum, average, count } = AggregateField
    const many = [count(), average('trips'), count().alias('n'), sum('trips').alias('s'), average('trips').alias('a')]
    expect(await aggregate(query(), ...many)).toEqual([{ property_1: 8, property_2: 23.375, n: 8, s: 187, a: 23.375 }])
    const east = query().filter('fleet', 'East').filter('trips', '>=', 20)
    expect(await aggregate(east, sum('trips'), average('trips'))).toEqual([{ property_1: 169, property_2: 169 / 6 }])
    expect(await aggregate(query().limit(5), sum('trips'), average('trips'))).toEqual([
      { property_1: 91, property_2: 18.2 },
    ])
    expect(await aggregate(query().limit(7), sum('trips'))).toEqual([{ property_1: 154 }])
    expect(await aggregate(query().limit(5), count())).toEqual([{ property_1: 5 }])
    expect(await aggregate(query(), sum('fleet'))).toEqual([{ property_1: 0 }])
    expect(await aggregate(query(), average('fleet'))).toEqual([{ property_1: null }])
    expect(await aggregate(query().filter('fleet', 'None'), sum('trips'), average('trips'))).toEqual([
      { property_1: 0, property_2: null },
    ])
    await expect(aggregate(query(), sum('__key__'))).rejects.toThrow(
      '3 INVALID_ARGUMENT: Aggregations are not supported for the property: __key__',
    )
    await expect(aggregate(query(), ...many, count().alias('m'))).rejects.toThrow(
      '3 INVALID_ARGUMENT: The maximum number of aggregations allowed in an aggregation query is 5. Received: 6',
    )
  })

  test('sums beyond 64 bits are doubles, and nulls are left out', async () => {
    const kind = fresh()
    const keys = [1, 2].map((id) => datastore.key([kind, id]))
    const least = Datastore.int('-9223372036854775808')
    await datastore.save(keys.map((key) => ({ key, data: { n: least, m: 4 } })))
    const { sum, average } = AggregateField
    expect(await aggregate(datastore.createQuery(kind), sum('n'), average('n'))).toEqual([
      { property_1: -(2 ** 64), property_2: -(2 ** 63) },
    ])
    await datastore.save({ key: keys[0]!, data: { m: null } })
    expect(await aggregate(datastore.createQuery(kind), sum('m'), average('m'))).toEqual([
      { property_1: 4, property_2: 4 },
    ])
  })

  describe.each([true, false])('a transaction (begun by itself: %s)', (run) => {
    const begin = async (options?: object): Promise<Transaction> => {
      const transaction = datastore.transaction(options)
      if (run) await transaction.run()
      return transaction
    }

    test('commits saves and deletes at its end, the last change of an entity winning', async () => {
      const [gone, kept, twice] = [1, 2, 3].map(() => datastore.key(['Company', fresh()])) as [Any, Any, Any]
      const incomplete = datastore.key(['Company'])
      await datastore.save({ key: gone, data: {} })
      const transaction = await begin()
      expect(await transaction.get(kept)).toEqual([undefined])
      transaction.delete(gone)
      transaction.save([
        { key: kept, data: { rating: 10 } },
        { key: incomplete, data: { rating: 100 } },
        { key: twice, data: {} },
      ])
      transaction.delete(twice)
      expect(await transaction.get(kept)).toEqual([undefined])
      await transaction.commit()
      expect(incomplete.path).toHaveLength(2)
      const [found] = await datastore.get([gone, kept, twice, incomplete])
      expect(found.map(({ rating }: Any) => rating).sort()).toEqual([10, 100])
      await expect(transaction.get(kept)).rejects.toThrow('This transaction has already expired.')
    })

    test('that only reads sees one state, in queries and aggregations too', async () => {
      const kind = fresh()
      const transaction = await begin({ readOnly: true })
      const counted = async (): Promise<Any> =>
        transaction.createAggregationQuery(transaction.createQuery(kind)).count('n').run()
      expect((await counted())[0]).toEqual([{ n: 0 }])
      await datastore.save({ key: datastore.key([kind, 1]), data: { n: 1 } })
      expect((await counted())[0]).toEqual([{ n: 0 }])
      expect(((await transaction.runQuery(transaction.createQuery(kind))) as Any)[0]).toEqual([])
      expect(await transaction.get(datastore.key([kind, 1]))).toEqual([undefined])
      await transaction.commit()
      expect((await datastore.runQuery(datastore.createQuery(kind)))[0]).toHaveLength(1)
    })

    test('that only reads cannot write', async () => {
      const transaction = await begin({ readOnly: true })
      await transaction.get(shipKey(['Argo']))
      transaction.save({ key: datastore.key(['Company', fresh()]), data: {} })
      await expect(transaction.commit()).rejects.toMatchObject({ code: 3 })
    })
  })

  test('the past is read at a time', async () => {
    const key = datastore.key(['Post', fresh()])
    await datastore.save({ key, data: { n: 1 } })
    const raw: Any = internalsOf(datastore).clients_.get(transportName)
    const projectId = await datastore.getProjectId()
    const databaseId = datastore.getDatabaseId() ?? ''
    const [{ readTime }] = await raw.lookup({ projectId, databaseId, keys: [], readOptions: { newTransaction: {} } })
    await datastore.save({ key, data: { n: 2 } })
    const path = [{ kind: 'Post', name: key.name }]
    const [{ found }] = await raw.lookup({
      projectId,
      databaseId,
      keys: [{ partitionId: { namespaceId: 'n' }, path }],
      readOptions: { readTime },
    })
    expect(found[0].entity.properties.n.integerValue).toBe('1')
    // The client's own option knows whole seconds only.
    expect(await datastore.get(key, { readTime: Date.now() - 3_000_000 })).toEqual([undefined])
  })

  test('transforms, each with its result', async () => {
    const key = datastore.key(['Post', fresh()])
    const save = async (data: object, transforms: object[]) => {
      const [{ mutationResults, commitTime }] = (await datastore.save({ key, data, transforms } as Any)) as Any
      expect([mutationResults[0].key, mutationResults[0].conflictDetected, commitTime]).toEqual([null, false, null])
      return mutationResults[0].transformResults
    }
    const plain = { meaning: 0, excludeFromIndexes: false }
    const integer = (n: number) => ({ ...plain, integerValue: String(n), valueType: 'integerValue' })
    const nothing = { ...plain, nullValue: 'NULL_VALUE', valueType: 'nullValue' }
    const results = await save({ p1: 3, p2: 4, p3: 5, list: [3, 4, 5], inner: { n: 10 } }, [
      { property: 'p1', setToServerValue: true },
      { property: 'p2', increment: 4 },
      { property: 'p3', maximum: 9 },
      { property: 'p2', minimum: 6 },
      { property: 'list', appendMissingElements: [5, 6] },
      { property: 'list', removeAllFromArray: [3] },
      { property: 'inner.n', increment: 5 },
    ])
    expect(results[0]).toMatchObject({ ...plain, valueType: 'timestampValue' })
    expect(results.slice(1)).toEqual([integer(8), integer(9), integer(6), nothing, nothing, integer(15)])
    const [found] = await datastore.get(key)
    expect(found).toMatchObject({ p1: expect.any(Date), p2: 6, p3: 9, list: [4, 5, 6], inner: { n: 15 } })
    expect(await save({ n: 3.5 }, [{ property: 'n', increment: 1.2 }])).toEqual([
      { ...plain, doubleValue: 4.7, valueType: 'doubleValue' },
    ])
  })

  test('queries are explained, and run as well where that is asked', async () => {
    const plan = { indexesUsed: [{ properties: '(__name__ ASC)', query_scope: 'Collection group' }] }
    const [none, planned] = (await datastore.runQuery(query(), { explainOptions: {} })) as Any
    expect([none, planned.explainMetrics]).toEqual([[], { planSummary: plan }])
    const [found, info] = (await datastore.runQuery(query(), { explainOptions: { analyze: true } })) as Any
    const { planSummary, executionStats } = info.explainMetrics
    expect([found.length, planSummary]).toEqual([8, plan])
    expect(executionStats).toMatchObject({
      resultsReturned: 8,
      readOperations: 8,
      debugStats: {
        documents_scanned: '8',
        index_entries_scanned: '8',
        billing_details: { min_query_cost: '0', small_ops: '0', index_entries_billable: '0', documents_billable: '8' },
      },
    })
    const sums = datastore.createAggregationQuery(query()).addAggregation(AggregateField.sum('trips'))
    const [sum, how] = (await datastore.runAggregationQuery(sums, { explainOptions: { analyze: true } })) as Any
    expect(sum).toEqual([{ property_1: 187 }])
    expect(how.explainMetrics).toMatchObject({
      planSummary: { indexesUsed: [{ properties: '(trips ASC, __name__ ASC)', query_scope: 'Includes ancestors' }] },
      executionStats: {
        resultsReturned: 1,
        readOperations: 1,
        debugStats: {
          documents_scanned: '0',
          index_entries_scanned: '8',
          billing_details: { index_entries_billable: '8', documents_billable: '0' },
        },
      },
    })
    expect((await datastore.runAggregationQuery(sums, { explainOptions: {} }))[0]).toEqual([])
    expect((await datastore.runQuery(query()))[1]).not.toHaveProperty('explainMetrics')
  })

  test('ids are allocated and the project is known', async () => {
    const [keys] = await datastore.allocateIds(datastore.key(['Kind']), 10)
    expect(new Set(keys.map(({ id }) => id)).size).toBe(10)
    expect(await datastore.getProjectId()).toBeTruthy()
  })
})
