// Commit: mutations are checked as they come in, then, inside the one writing transaction, against what is stored.
import { readDocument, writeDocument } from './document.ts'
import type { StoredElement, StoredKey } from './keys.ts'
import { alreadyExists, isComplete, notFound, partitionName, pathBytes, readKey, refuseReserved } from './keys.ts'
import { indexEntries } from './order.ts'
import { Code, invalid, StatusError } from './status.ts'
import { indexName, type Row, type Store } from './store.ts'
import type { Transaction } from './transactions.ts'
import { type Properties, readProperties } from './values.ts'
import { type CommitRequest, type CommitResponse, type Mutation, type MutationResult, toTimestamp } from './wire.ts'

type Operation = 'insert' | 'update' | 'upsert' | 'delete'

interface Change {
  operation: Operation
  key: StoredKey
  properties: Properties
  mutation: Mutation
}

/** An entity while a commit works on it. */
interface Draft {
  n: number
  k: Buffer
  kind: string
  stored: Row | undefined
  properties: Properties | undefined
}

const MAX_WRITES = 500

/** Checks what can be checked without the store. */
export function readMutations(request: CommitRequest, transactional: boolean): Change[] {
  const mutations = request.mutations ?? []
  if (mutations.length > MAX_WRITES) throw invalid(`cannot write more than ${MAX_WRITES} entities in a single call`)
  const seen = new Set<string>()
  return mutations.map((mutation) => {
    const change = readMutation(mutation, request)
    if (!transactional && isComplete(change.key)) {
      const id = partitionName(change.key.partitionId) + pathBytes(change.key.path).toString('latin1')
      if (seen.has(id))
        throw invalid('A non-transactional commit may not contain multiple mutations affecting the same entity.')
      seen.add(id)
    }
    return change
  })
}

function readMutation(mutation: Mutation, request: CommitRequest): Change {
  for (const operation of ['insert', 'update', 'upsert'] as const) {
    const entity = mutation[operation]
    if (!entity) continue
    const key = readKey(entity.key, request, { complete: operation === 'update' })
    refuseReserved(key)
    return { operation, key, properties: readProperties(entity, request), mutation }
  }
  if (!mutation.delete) throw invalid('A mutation has no operation.')
  const key = readKey(mutation.delete, request, { complete: true })
  refuseReserved(key)
  return { operation: 'delete', key, properties: {}, mutation }
}

/** Refuses a transaction whose reads no longer hold. */
function checkReads(store: Store, transaction: Transaction, latest: number): void {
  if (latest === transaction.snapshot) return
  const holds =
    [...transaction.reads.values()].every(({ n, k, version }) => (store.get(n, k)?.v ?? 0) === version) &&
    transaction.queries.every((query) => query())
  if (!holds) {
    throw new StatusError(Code.ABORTED, 'too much contention on these datastore entities. please try again.')
  }
}

/** Applies changes at a version; all refusals come before the first write. */
export function applyChanges(
  store: Store,
  changes: Change[],
  transaction: Transaction | undefined,
  version: number,
  latest: number,
): CommitResponse {
  if (transaction) checkReads(store, transaction, latest)
  const drafts = new Map<string, Draft>()
  const time = toTimestamp(version)
  const results: MutationResult[] = []
  for (const change of changes) {
    const completed = isComplete(change.key) ? change.key : completeKey(store, change.key)
    const draft = draftOf(store, drafts, completed)
    applyChange(change, completed, draft)
    results.push({
      key: completed === change.key ? null : completed,
      version: String(version),
      createTime: draft.properties ? toTimestamp(draft.stored?.c ?? version) : null,
      updateTime: draft.properties ? time : null,
      conflictDetected: false,
      transformResults: [],
    })
  }
  let indexUpdates = 0
  let place = 0
  for (const draft of drafts.values()) indexUpdates += writeDraft(store, draft, version, place++)
  return { mutationResults: results, indexUpdates, commitTime: time }
}

function draftOf(store: Store, drafts: Map<string, Draft>, key: StoredKey): Draft {
  const n = store.numberFor(partitionName(key.partitionId))
  const k = pathBytes(key.path)
  const id = n + k.toString('latin1')
  let draft = drafts.get(id)
  if (!draft) {
    const stored = store.get(n, k)
    draft = { n, k, kind: key.path.at(-1)!.kind, stored, properties: stored && readDocument(stored.d) }
    drafts.set(id, draft)
  }
  return draft
}

function applyChange(change: Change, key: StoredKey, draft: Draft): void {
  if (change.operation === 'insert' && draft.properties) throw alreadyExists(key)
  if (change.operation === 'update' && !draft.properties) throw notFound(key)
  draft.properties = change.operation === 'delete' ? undefined : change.properties
}

/** Gives an incomplete key an id that no entity has and nobody reserved. */
export function completeKey(store: Store, key: StoredKey): StoredKey {
  const n = store.numberFor(partitionName(key.partitionId))
  for (;;) {
    // 16 digits below 2^53, scattered, as Datastore's own are.
    const id = String(2 ** 52 + Math.floor(Math.random() * 2 ** 52))
    const last: StoredElement = { kind: key.path.at(-1)!.kind, idType: 'id', id }
    const path = [...key.path.slice(0, -1), last]
    const k = pathBytes(path)
    const taken = store.get(n, k) ?? store.sql('SELECT 1 FROM reserved WHERE n = ? AND k = ?').get(n, k)
    if (!taken) return { partitionId: key.partitionId, path }
  }
}

function writeDraft(store: Store, draft: Draft, version: number, place: number): number {
  const { n, k, kind, stored, properties } = draft
  if (!stored && !properties) return 0
  store
    .sql(
      'INSERT INTO history (id, n, k, c, v, d) VALUES (CAST(? AS INTEGER) * 1024 + CAST(? AS INTEGER), ?, ?, ?, ?, ?)',
    )
    .run(version, place, n, k, stored?.c ?? null, stored?.v ?? null, stored?.d ?? null)
  let updates = stored && properties ? 0 : 1
  if (!properties) {
    store.sql('DELETE FROM entity WHERE n = ? AND k = ?').run(n, k)
    store.sql('DELETE FROM entry WHERE p = ? AND v = ? AND k = ?').run(kindNumber(store, n, kind), EMPTY, k)
  } else {
    const d = writeDocument(properties)
    if (stored) {
      store.sql('UPDATE entity SET v = ?, d = ? WHERE n = ? AND k = ?').run(version, d, n, k)
      if (d === stored.d) return 1
    } else {
      store.sql('INSERT INTO entity (n, k, c, v, d) VALUES (?, ?, ?, ?, ?)').run(n, k, version, version, d)
      store.sql('INSERT INTO entry VALUES (?, ?, ?)').run(kindNumber(store, n, kind), EMPTY, k)
    }
  }
  updates += writeEntries(store, draft)
  return updates
}

const EMPTY = Buffer.alloc(0)

function kindNumber(store: Store, n: number, kind: string): number {
  return store.numberFor(indexName(n, kind, ''))
}

/** Brings the index from the stored properties to the new ones; gives the number of rows touched. */
function writeEntries(store: Store, { n, k, kind, stored, properties }: Draft): number {
  const before = stored ? entriesByText(readDocument(stored.d)) : new Map<string, [string, Buffer]>()
  const after = properties ? entriesByText(properties) : new Map<string, [string, Buffer]>()
  let touched = 0
  for (const [text, [property, bytes]] of before) {
    if (after.delete(text)) continue
    store
      .sql('DELETE FROM entry WHERE p = ? AND v = ? AND k = ?')
      .run(store.numberFor(indexName(n, kind, property)), bytes, k)
    touched++
  }
  for (const [property, bytes] of after.values()) {
    store.sql('INSERT INTO entry VALUES (?, ?, ?)').run(store.numberFor(indexName(n, kind, property)), bytes, k)
    touched++
  }
  return touched
}

function entriesByText(properties: Properties): Map<string, [string, Buffer]> {
  const entries = new Map<string, [string, Buffer]>()
  for (const [property, bytes] of indexEntries(properties)) {
    entries.set(`${property}\0${bytes.toString('latin1')}`, [property, bytes])
  }
  return entries
}
