// Looks up entities by their keys.
import { toTimestamp } from './encoding/convert.ts'
import { readDocument } from './encoding/document.ts'
import { partitionName, pathBytes, type StoredKey } from './encoding/keys.ts'
import { masked, type Path } from './encoding/paths.ts'
import type { EntityResult, LookupResponse, ReadOptions, Timestamp } from './protocol/messages.ts'
import type { Row } from './storage/schema.ts'
import type { Store } from './storage/store.ts'
import { timeNow, type View } from './storage/view.ts'

/** Looks up one key at the latest version in one statement; undefined for requests that need a view. */
export function lookupLatest(
  store: Store,
  keys: StoredKey[],
  mask: Path[] | undefined,
  options: ReadOptions | null | undefined,
): LookupResponse | undefined {
  const [key] = keys as [StoredKey]
  if (keys.length !== 1 || options?.transaction || options?.newTransaction || options?.readTime) return undefined
  const n = store.number(partitionName(key.partitionId))
  if (n === undefined) return undefined
  const { row, version } = store.latest(n, pathBytes(key.path))
  const response = emptyResponse(timeNow(version))
  if (row) response.found.push(found(key, row, mask))
  else response.missing.push(missing(key, version))
  return response
}

/** Looks up keys in a view. */
export function lookup(view: View, keys: StoredKey[], mask: Path[] | undefined): LookupResponse {
  const response = emptyResponse(view.readTime)
  for (const key of keys) {
    const row = view.read(key)
    if (row) response.found.push(found(key, row, mask))
    else response.missing.push(missing(key, view.version ?? view.store.version()))
  }
  return response
}

function emptyResponse(readTime: Timestamp): LookupResponse {
  return { found: [], missing: [], deferred: [], readTime }
}

function found(key: StoredKey, row: Row, mask: Path[] | undefined): EntityResult {
  return {
    entity: { key, properties: masked(readDocument(row.d), mask) },
    version: String(row.v),
    createTime: toTimestamp(row.c),
    updateTime: toTimestamp(row.v),
  }
}

function missing(key: StoredKey, version: number): EntityResult {
  return { entity: { key, properties: {} }, version: String(version) }
}
