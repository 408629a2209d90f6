// The calls of the official client as steps, while somebody listens: they must work as they do when nobody does.
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Datastore } from '@google-cloud/datastore'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { closeDatastore } from 'tipfy/datastore'
import { memoryDatastore } from 'tipfy/testing'
import { internalsOf, transportName } from '../../lib/datastore/google/client-internals.ts'
import type { Step } from '../../lib/internal/tracing.ts'

type Call = (request: object, ...rest: unknown[]) => Promise<unknown[]> | undefined

let datastore: Datastore
let raw: Record<'lookup', Call>
let steps: Step[] = []
const listen = (step: unknown) => steps.push(step as Step)

beforeAll(async () => {
  datastore = await memoryDatastore()
  raw = internalsOf(datastore).clients_.get(transportName) as typeof raw
})
afterAll(() => closeDatastore(datastore))
beforeEach(() => {
  steps = []
  subscribe('tipfy.step', listen)
})
afterEach(() => {
  unsubscribe('tipfy.step', listen)
})

const wish = () => ({ projectId: 'tipfy-local', keys: [{ path: [{ kind: 'Post', name: 'a' }] }] })
const told = () => steps.map(({ kind, name, end, error }) => [kind, name, end !== null, error === undefined])

test('with a callback', async () => {
  const results = await new Promise((resolve) => {
    raw.lookup(wish(), {}, (...given: unknown[]) => resolve(given))
  })
  expect(results).toEqual([null, expect.objectContaining({ missing: [expect.anything()] })])
  expect(told()).toEqual([['datastore', 'lookup Post', true, true]])
})

test('with a promise', async () => {
  expect(await raw.lookup(wish())).toEqual([expect.objectContaining({ missing: [expect.anything()] })])
  expect(await raw.lookup(wish(), {})).toHaveLength(1)
  await expect(raw.lookup({ ...wish(), readOptions: { transaction: Buffer.from('none') } })).rejects.toThrow()
  const lookup = ['datastore', 'lookup Post', true]
  expect(told()).toEqual([
    [...lookup, true],
    [...lookup, true],
    [...lookup, false],
  ])
})
