import { expect, test } from '@jest/globals'
import {
  partitionName,
  pathBytes,
  pathFromBytes,
  type StoredElement,
} from '../../../../lib/datastore/engine/encoding/keys.ts'

const named = (kind: string, name: string): StoredElement => ({ kind, idType: 'name', name })
const numbered = (kind: string, id: string): StoredElement => ({ kind, idType: 'id', id })

test.each<[StoredElement[], string]>([
  [[named('K', 'ab')], '4b000102' + '61620001'],
  [[named('é', '€')], 'c3a9000102' + 'e282ac0001'],
  [[named('K', 'a\0b')], '4b000102' + '6100ff620001'],
  [[named('K', 'é\0')], '4b000102' + 'c3a900ff0001'],
  [[numbered('K', '1')], '4b000101' + '8000000000000001'],
  [[numbered('K', '-1')], '4b000101' + '7fffffffffffffff'],
  [[numbered('K', '9223372036854775807')], '4b000101' + 'ffffffffffffffff'],
  [[named('K', 'a'), numbered('L', '2')], '4b000102' + '610001' + '4c000101' + '8000000000000002'],
])('the bytes of a key are those that data folders have, and are read back: %j', (path, bytes) => {
  expect(pathBytes(path).toString('hex')).toBe(bytes)
  expect(pathFromBytes(pathBytes(path))).toEqual(path)
})

test('the name of a partition is the JSON that data folders have', () => {
  const partition = { projectId: 'example.com:shop', databaseId: 'd-1', namespaceId: 'n_.2' }
  expect(partitionName(partition)).toBe(JSON.stringify(Object.values(partition)))
})
