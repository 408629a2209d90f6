// Vector search in process and over HTTP; over gRPC it is one of the conformance cases.
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { closeDatastore, openDatastore, startDatastoreServer } from '../../lib/datastore/index.ts'
import { Api } from './conformance/api.ts'
import { nearest } from './conformance/nearest.ts'

const embedded = await openDatastore({ mode: 'embedded', memory: true })
let server: Awaited<ReturnType<typeof startDatastoreServer>>

beforeAll(async () => {
  server = await startDatastoreServer({ port: 0, memory: true })
})

afterAll(async () => {
  await closeDatastore(embedded)
  await server.close()
})

test.each(nearest)('in process, $name', async ({ name, run, want }) => {
  expect(await run(new Api(embedded, 'p', name.replaceAll(/\W/g, '-')))).toEqual(want)
})

test('in JSON, a search is asked for and found with plain numbers', async () => {
  const say = async (method: string, body: object) => {
    const response = await fetch(`http://127.0.0.1:${server.port}/v1/projects/p:${method}`, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    })
    return [response.status, await response.json()]
  }
  const vector = (...numbers: number[]) => ({
    arrayValue: { values: numbers.map((doubleValue) => ({ doubleValue })) },
    meaning: 31,
    excludeFromIndexes: true,
  })
  const key = (name: string) => ({ path: [{ kind: 'K', name }] })
  const mutations = [
    { upsert: { key: key('far'), properties: { v: vector(0, 4) } } },
    { upsert: { key: key('near'), properties: { v: vector(3, 0) } } },
  ]
  expect((await say('commit', { mode: 'NON_TRANSACTIONAL', mutations }))[0]).toBe(200)
  const findNearest = {
    vectorProperty: { name: 'v' },
    queryVector: vector(1, 0),
    distanceMeasure: 'EUCLIDEAN',
    limit: 2,
    distanceThreshold: 2,
    distanceResultProperty: 'distance',
  }
  const found = await say('runQuery', { query: { kind: [{ name: 'K' }], findNearest } })
  expect(found).toMatchObject([200, { batch: { moreResults: 'NO_MORE_RESULTS' } }])
  const { entityResults } = (found[1] as { batch: { entityResults: object[] } }).batch
  const properties = { v: vector(3, 0), distance: { doubleValue: 2 } }
  expect(entityResults).toEqual([{ ...(entityResults[0] as object), entity: expect.objectContaining({ properties }) }])
})
