// First form of queries: kind, ancestor and property filters joined by AND, orders, offset and limit, over the kind's index.

import { readDocument } from './document.ts'
import { entityResult, type View } from './engine.ts'
import { partitionName, pathBytes, pathFromBytes, readKey, readPartition, type StoredKey } from './keys.ts'
import { indexEntries, sortBytes } from './order.ts'
import { invalid } from './status.ts'
import { indexName, type Row } from './store.ts'
import { readValue, type StoredValue } from './values.ts'
import * as wire from './wire.ts'

interface Test {
  property: string
  op: string
  value: StoredValue
  bytes: Buffer
}

const OPERATORS = ['', 'LESS_THAN', 'LESS_THAN_OR_EQUAL', 'GREATER_THAN', 'GREATER_THAN_OR_EQUAL', 'EQUAL']

function readFilter(filter: wire.Filter | null | undefined, request: wire.RunQueryRequest): Test[] {
  if (!filter) return []
  if (filter.compositeFilter) {
    if (filter.compositeFilter.op !== 'AND' && filter.compositeFilter.op !== 1) throw invalid('only AND filters yet')
    return (filter.compositeFilter.filters ?? []).flatMap((inner) => readFilter(inner, request))
  }
  const { property, op, value } = filter.propertyFilter ?? {}
  const read = readValue(value ?? {}, request)
  return [
    {
      property: property?.name ?? '',
      op: typeof op === 'number' ? (OPERATORS[op] ?? (op === 11 ? 'HAS_ANCESTOR' : '')) : (op ?? ''),
      value: read,
      bytes: sortBytes(read),
    },
  ]
}

interface Candidate {
  key: StoredKey
  k: Buffer
  row: Row
  entries: Map<string, Buffer[]>
}

function holds(candidate: Candidate, test: Test): boolean {
  if (test.op === 'HAS_ANCESTOR') {
    const prefix = pathBytes((test.value.keyValue as StoredKey).path)
    return candidate.k.subarray(0, prefix.length).equals(prefix)
  }
  const bytes =
    test.property === '__key__'
      ? [sortBytes({ valueType: 'keyValue', keyValue: candidate.key })]
      : candidate.entries.get(test.property)
  return (bytes ?? []).some((entry) => {
    const order = Buffer.compare(entry, test.bytes)
    if (test.op === 'EQUAL') return order === 0
    if (test.op === 'LESS_THAN') return order < 0
    if (test.op === 'LESS_THAN_OR_EQUAL') return order <= 0
    if (test.op === 'GREATER_THAN') return order > 0
    if (test.op === 'GREATER_THAN_OR_EQUAL') return order >= 0
    throw invalid(`the operator ${test.op} is not known yet`)
  })
}

function answer(view: View, request: wire.RunQueryRequest): wire.EntityResult[] {
  const { store } = view
  const query = request.query ?? {}
  const partition = readPartition(request.partitionId, request)
  const tests = readFilter(query.filter, request)
  const n = store.number(partitionName(partition))
  const kind = query.kind?.[0]?.name ?? ''
  if (n === undefined) return []
  const equal = tests.find((test) => test.op === 'EQUAL' && test.property !== '__key__')
  const p = store.number(indexName(n, kind, equal?.property ?? ''))
  if (p === undefined) return []
  const found: Candidate[] = []
  for (const { k } of store.sql('SELECT k FROM entry WHERE p = ? AND v = ?').all(p, equal?.bytes ?? Buffer.alloc(0))) {
    const row = store.get(n, k as Uint8Array)!
    const entries = new Map<string, Buffer[]>()
    for (const [name, bytes] of indexEntries(readDocument(row.d))) {
      entries.set(name, [...(entries.get(name) ?? []), bytes])
    }
    const key = { partitionId: partition, path: pathFromBytes(k as Uint8Array) }
    const candidate = { key, k: Buffer.from(k as Uint8Array), row, entries }
    if (tests.every((test) => holds(candidate, test))) found.push(candidate)
  }
  for (const { property, direction } of (query.order ?? []).toReversed()) {
    const down = direction === 'DESCENDING' || direction === 2
    const at = (c: Candidate) => (property?.name === '__key__' ? [c.k] : (c.entries.get(property?.name ?? '') ?? []))
    found.sort((a, b) => (down ? Buffer.compare(at(b).at(-1)!, at(a).at(-1)!) : Buffer.compare(at(a)[0]!, at(b)[0]!)))
  }
  const offset = query.offset ?? 0
  const limit = query.limit?.value ?? Number.POSITIVE_INFINITY
  return found.slice(offset, offset + limit).map(({ key, row }) => entityResult(key, row))
}

export function runQuery(view: View, request: wire.RunQueryRequest): wire.RunQueryResponse {
  const entityResults = answer(view, request)
  if (view.transaction && !view.transaction.readOnly) {
    const seen = entityResults.map((result) => result.version).join()
    view.transaction.queries.push(
      () =>
        answer(view, request)
          .map((result) => result.version)
          .join() === seen,
    )
  }
  return {
    batch: {
      skippedResults: request.query?.offset ?? 0,
      entityResultType: 'FULL',
      entityResults,
      endCursor: Buffer.alloc(0),
      moreResults: 'NO_MORE_RESULTS',
      readTime: wire.toTimestamp(view.version ?? Date.now() * 1000),
    },
    query: null,
  }
}

export { readKey }
