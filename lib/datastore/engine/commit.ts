// Applies a commit inside the one writing transaction: checks the mutations against the stored entities, then writes the rows.

import { toTimestamp } from './encoding/convert.ts'
import { readDocument, writeDocument } from './encoding/document.ts'
import {
  afterDescendants,
  describeKey,
  indexName,
  isComplete,
  partitionName,
  pathBytes,
  type StoredElement,
  type StoredKey,
} from './encoding/keys.ts'
import { masked, setAt, valueAt } from './encoding/paths.ts'
import { entitySize } from './encoding/size.ts'
import { indexEntries } from './encoding/sort-bytes.ts'
import type { Properties } from './encoding/values.ts'
import type { Written } from './locks.ts'
import type { Change } from './mutations.ts'
import type { CommitResponse, MutationResult } from './protocol/messages.ts'
import { Code, invalid, StatusError } from './protocol/status.ts'
import type { Row } from './storage/schema.ts'
import type { Store } from './storage/store.ts'
import type { Transaction } from './transactions.ts'
import { applyTransforms } from './transforms.ts'
import type { Versions } from './writer.ts'

/** An entity while a commit works on it. */
interface Draft {
  name: string
  n: number
  k: Buffer
  kind: string
  stored: Row | undefined
  /** The stored text of the properties; undefined once the entity is deleted. */
  text: string | undefined
  properties: Properties | undefined
}

/** Applies changes. Every error is thrown before the first write. @param check Called before it, with all entities. */
export function applyChanges(
  store: Store,
  changes: Change[],
  transaction: Transaction | undefined,
  versions: Versions,
  check?: (written: Written[]) => void,
): CommitResponse {
  if (transaction && changes.length > 0) checkReads(store, transaction, versions.latest)
  const drafts = new Map<string, Draft>()
  const applied = changes.map((change) => {
    const key = isComplete(change.key) ? change.key : completeKey(store, change.key)
    const draft = draftOf(store, drafts, key)
    const conflict = change.base !== undefined && conflicts(store, change.base, draft, key)
    const transformResults = conflict ? [] : applyChange(change, key, draft, versions.next)
    return { allocated: key === change.key ? null : key, draft, conflict, transformResults }
  })
  check?.(Array.from(drafts.values(), written))
  let indexUpdates = 0
  for (const draft of drafts.values()) indexUpdates += writeDraft(store, draft, versions.next)
  const mutationResults = applied.map(({ allocated, draft, conflict, transformResults }): MutationResult => {
    const { stored, text } = draft
    const version = stored && stored.d === text ? stored.v : versions.next
    return {
      key: allocated,
      version: String(version),
      createTime: text === undefined ? null : toTimestamp(stored?.c ?? version),
      updateTime: text === undefined ? null : toTimestamp(version),
      conflictDetected: conflict,
      transformResults,
    }
  })
  return { mutationResults, indexUpdates, commitTime: toTimestamp(versions.next) }
}

function written({ name, k, kind, stored, properties }: Draft): Written {
  let before: Properties | undefined
  return {
    name,
    k,
    kind,
    before: () => {
      before ??= stored && readDocument(stored.d)
      return before
    },
    after: properties,
  }
}

/** Throws if a transaction has read something that has changed since: otherwise it is as if all of it happened now. */
export function checkReads(store: Store, transaction: Transaction, latest: number): void {
  const { snapshot, reads, queries, groups } = transaction
  if (snapshot === undefined || latest === snapshot) return
  const holds =
    reads.every((read) => stillHolds(store, read)) &&
    queries.every((query) => query()) &&
    Array.from(groups.values()).every(({ name, root }) => {
      const n = store.number(name)
      return n === undefined || !store.history.hasChangedIn(n, root, afterDescendants(root), snapshot)
    })
  if (!holds) throw new StatusError(Code.ABORTED, 'too much contention on these datastore entities. please try again.')
}

function stillHolds(store: Store, { name, k, version, at }: Transaction['reads'][number]): boolean {
  const n = store.number(name)
  const now = n === undefined ? undefined : store.get(n, k)
  return now ? now.v === version && now.t! <= at : version === 0
}

function draftOf(store: Store, drafts: Map<string, Draft>, key: StoredKey): Draft {
  const name = partitionName(key.partitionId)
  const n = store.numberFor(name)
  const k = pathBytes(key.path)
  const id = n + k.toString('latin1')
  let draft = drafts.get(id)
  if (!draft) {
    const stored = store.get(n, k)
    draft = { name, n, k, kind: key.path.at(-1)!.kind, stored, text: stored?.d, properties: undefined }
    drafts.set(id, draft)
  }
  return draft
}

/** Returns true if an entity is not at the version that a mutation expects. */
function conflicts(store: Store, base: NonNullable<Change['base']>, { n, k, stored }: Draft, key: StoredKey): boolean {
  if (stored && base.version > stored.v && !base.strict)
    throw invalid('Invalid base version, it is greater than the stored version')
  // No entity is stored: that agrees with a version at which it was already deleted.
  const conflict = stored
    ? base.version !== stored.v
    : base.strict || (base.version !== 0 && base.version < store.history.goneSince(n, k))
  if (conflict && base.fail) {
    throw new StatusError(
      Code.FAILED_PRECONDITION,
      `the stored version (${stored?.v ?? 0}) does not match the required base version (${base.version}): ${describeKey(key)}`,
    )
  }
  return conflict
}

function applyChange(
  change: Change,
  key: StoredKey,
  draft: Draft,
  version: number,
): MutationResult['transformResults'] {
  const { operation, mask, transforms } = change
  if (operation === 'insert' && draft.text !== undefined)
    throw new StatusError(Code.ALREADY_EXISTS, `entity already exists: ${describeKey(key)}`)
  if (operation === 'update' && draft.text === undefined)
    throw new StatusError(Code.NOT_FOUND, `no entity to update: ${describeKey(key)}`)
  if (operation === 'delete') {
    draft.text = draft.properties = undefined
    return []
  }
  let properties = change.properties
  if (mask && draft.text !== undefined) {
    properties = readDocument(draft.text)
    for (const path of mask) setAt(properties, path, valueAt(change.properties, path))
  } else if (mask) {
    properties = masked(properties, mask)
  }
  let results: MutationResult['transformResults'] = []
  if (transforms.length > 0) {
    // Works on a copy: this commit may have to run again.
    properties = readDocument(writeDocument(properties))
    results = applyTransforms(properties, transforms, version)
  }
  if (mask || results.length > 0) entitySize(key, properties)
  draft.properties = properties
  draft.text = writeDocument(properties)
  return results
}

/** Completes a key with an id that is neither used nor reserved. */
export function completeKey(store: Store, key: StoredKey): StoredKey {
  const n = store.numberFor(partitionName(key.partitionId))
  for (;;) {
    // 16 digits below 2^53, scattered, like Datastore's own.
    const id = String(2 ** 52 + Math.floor(Math.random() * 2 ** 52))
    const last: StoredElement = { kind: key.path.at(-1)!.kind, idType: 'id', id }
    const path = [...key.path.slice(0, -1), last]
    if (!store.isTaken(n, pathBytes(path))) return { partitionId: key.partitionId, path }
  }
}

/** Writes an entity's final state; returns the number of index rows written. */
function writeDraft(store: Store, { n, k, kind, stored, text, properties }: Draft, version: number): number {
  if (stored?.d === text) {
    if (stored) store.touch(n, k, version)
    return 0
  }
  store.history.remember(version, n, k, stored, text)
  const before = stored ? entries(readDocument(stored.d)) : new Map<string, Entry>()
  const after = properties ? entries(properties) : new Map<string, Entry>()
  if (text === undefined) store.delete(n, k)
  else if (stored) store.update(n, k, version, text, stored.c)
  else store.insert(n, k, version, text)
  // Most changes are of values without an index: nothing but these needs the number of one.
  const number = (property: string) => store.numberFor(indexName(n, kind, property))
  let touched = 0
  for (const [id, { property, v }] of before) {
    if (after.delete(id)) continue
    store.removeEntry(number(property), v, k)
    touched++
  }
  for (const { property, v } of after.values()) store.addEntry(number(property), v, k)
  return touched + after.size
}

interface Entry {
  property: string
  v: Buffer
}

const nothing = Buffer.alloc(0)

/** Returns the index entries of an entity, each under a text that no other has. */
function entries(properties: Properties): Map<string, Entry> {
  const found = new Map<string, Entry>([['', { property: '', v: nothing }]])
  for (const [property, v] of indexEntries(properties)) {
    found.set(`${property.length} ${property}${v.toString('latin1')}`, { property, v })
  }
  return found
}
