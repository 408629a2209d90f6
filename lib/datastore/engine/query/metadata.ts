// The kinds that Datastore generates: __namespace__, __kind__ and __property__ list what exists.

import { everything } from '../encoding/byte-range.ts'
import { writeDocument } from '../encoding/document.ts'
import { indexName, partitionName, pathBytes, type StoredElement } from '../encoding/keys.ts'
import type { StoredValue } from '../encoding/values.ts'
import { invalid } from '../protocol/status.ts'
import type { Store } from '../storage/store.ts'
import type { OldEntity } from '../storage/view.ts'
import { keyProperty } from './filters.ts'
import type { Plan } from './plan.ts'
import { Postings } from './postings.ts'

const made = new Map<string, (store: Store, plan: Plan) => StoredElement[][]>([
  ['__namespace__', (store, plan) => namespaces(store, plan).map((name) => [element('__namespace__', name)])],
  ['__kind__', (store, plan) => indexesOf(store, plan, '').map(({ kind }) => [element('__kind__', kind)])],
  [
    '__property__',
    (store, plan) =>
      indexesOf(store, plan).map(({ kind, property }) => [
        element('__kind__', kind),
        element('__property__', property),
      ]),
  ],
])

/** Returns the entities of a generated kind; undefined for other kinds. */
export function metadataEntities(store: Store, plan: Plan): OldEntity[] | undefined {
  const list = made.get(plan.kind ?? '')
  if (!list) return undefined
  const filtered = [...plan.equal, ...plan.unequal, ...plan.orders.map(({ property }) => property)]
  const projected = new Set(plan.projection)
  if (filtered.some((name) => name !== keyProperty && !projected.has(name)))
    throw invalid('Only comparison filters on __key__ supported')
  return list(store, plan).map((path) => ({
    k: pathBytes(path),
    row: { c: 0, v: 0, d: writeDocument(path.length === 2 ? representations(store, plan, path) : {}) },
  }))
}

function element(kind: string, name: string): StoredElement {
  return name === '' ? { kind, idType: 'id', id: '1' } : { kind, idType: 'name', name }
}

function namespaces(store: Store, { partition }: Plan): string[] {
  return store
    .names()
    .filter(([project, database]) => project === partition.projectId && database === partition.databaseId)
    .map(([, , namespace]) => ({
      namespace,
      n: store.number(partitionName({ ...partition, namespaceId: namespace as string }))!,
    }))
    .filter(({ n }) => store.sql.first('SELECT 1 FROM entity WHERE n = ? LIMIT 1', n))
    .map(({ namespace }) => namespace as string)
}

interface Index {
  p: number
  kind: string
  property: string
}

/** Returns the non-empty indexes of a plan's partition, optionally those of one property name. */
function indexesOf(store: Store, plan: Plan, only?: string): Index[] {
  const n = store.number(partitionName(plan.partition))
  const postings = new Postings(store)
  return store
    .names()
    .filter(([owner, , property]) => owner === n && (only === undefined ? property !== '' : property === only))
    .map(([, kind, property]) => ({
      p: store.number(indexName(n!, kind as string, property as string))!,
      kind: kind as string,
      property: property as string,
    }))
    .filter(({ p }) => postings.countValues(p, everything, 1) > 0)
}

const types = ['NULL', 'INT64', 'BOOLEAN', 'STRING', 'DOUBLE', 'POINT', 'REFERENCE']

/** Returns the types of a property's values. */
function representations(store: Store, plan: Plan, [kind, property]: StoredElement[]): Record<string, StoredValue> {
  const n = store.number(partitionName(plan.partition))!
  const p = store.number(indexName(n, kind!.name!, property!.name!))!
  const postings = new Postings(store)
  const values = types
    .filter((_, i) => postings.countValues(p, { low: Buffer.from([i + 1]), high: Buffer.from([i + 2]) }, 1) > 0)
    .map((stringValue): StoredValue => ({ valueType: 'stringValue', stringValue }))
  return { property_representation: { valueType: 'arrayValue', arrayValue: { values } } }
}
