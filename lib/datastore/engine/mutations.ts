// Checks the mutations of a commit, as far as that is possible without the stored entities.

import { fromTimestamp, readInt64 } from './encoding/convert.ts'
import { assertWritable, isComplete, partitionName, pathBytes, readKey, type StoredKey } from './encoding/keys.ts'
import { type Path, readMask } from './encoding/paths.ts'
import { entitySize } from './encoding/size.ts'
import { type Properties, ValueReader } from './encoding/values.ts'
import type { CommitRequest, Mutation } from './protocol/messages.ts'
import { invalid } from './protocol/status.ts'
import { checkTransformCount, countTransforms, readTransforms, type Transform } from './transforms.ts'

export interface Change {
  operation: 'insert' | 'update' | 'upsert' | 'delete'
  key: StoredKey
  properties: Properties
  mask: Path[] | undefined
  transforms: Transform[]
  /** The version that the entity must be at, which is its update time in microseconds. */
  base: { version: number; strict: boolean; fail: boolean } | undefined
}

const maxRequestBytes = 10 * 1024 * 1024

/** Checks the mutations of a commit. */
export function readMutations(request: CommitRequest, transactional: boolean): Change[] {
  const mutations = request.mutations ?? []
  const reader = new ValueReader(request)
  const seen = new Map<string, Pick<Change, 'operation' | 'base'> & { transforms: number }>()
  let size = 0
  return mutations.map((mutation) => {
    const change = readMutation(mutation, request, reader)
    if (change.operation !== 'delete') size += entitySize(change.key, change.properties)
    if (size > maxRequestBytes) throw invalid(`Request payload size exceeds the limit: ${maxRequestBytes} bytes.`)
    if (mutations.length > 1 && isComplete(change.key)) {
      const id = partitionName(change.key.partitionId) + pathBytes(change.key.path).toString('latin1')
      const before = seen.get(id)
      if (before && !transactional)
        throw invalid('A non-transactional commit may not contain multiple mutations affecting the same entity.')
      if (before) checkSequence(before, change)
      const transforms = (before?.transforms ?? 0) + countTransforms(mutation.propertyTransforms)
      checkTransformCount(transforms)
      seen.set(id, { ...change, transforms })
    }
    return change
  })
}

/** Throws for mutations of one entity that can never both be applied. */
function checkSequence(
  { operation: first, base: early }: Pick<Change, 'operation' | 'base'>,
  { operation: then, base: late }: Change,
): void {
  if (first === 'delete' ? then === 'update' : then === 'insert')
    throw invalid(`Cannot ${first} then ${then} an entity in the same request.`)
  if (late && late.version !== early?.version)
    throw invalid('Mutations for the same entity must have the same base version.')
  if (Boolean(late?.fail) !== Boolean(early?.fail))
    throw invalid('Mutations for the same entity must have the same conflict resolution strategy.')
}

function readMutation(mutation: Mutation, request: CommitRequest, reader: ValueReader): Change {
  for (const operation of ['insert', 'update', 'upsert'] as const) {
    const entity = mutation[operation]
    if (!entity) continue
    if (!entity.key) throw invalid('Entity is missing key.')
    const key = readKey(entity.key, request, operation === 'update' ? 'complete' : 'either')
    assertWritable(key)
    return {
      operation,
      key,
      properties: reader.properties(entity),
      mask: readMask(mutation.propertyMask),
      transforms: readTransforms(mutation.propertyTransforms, reader),
      base: readBase(mutation, operation),
    }
  }
  if (!mutation.delete) throw invalid('Mutation is missing operation.')
  if (mutation.propertyTransforms?.length) throw invalid('A delete cannot have property transforms.')
  const key = readKey(mutation.delete, request)
  assertWritable(key)
  return {
    operation: 'delete',
    key,
    properties: {},
    mask: undefined,
    transforms: [],
    base: readBase(mutation, 'delete'),
  }
}

const strategies = { SERVER_VALUE: false, FAIL: true, 1: false, 3: true } as Record<string | number, boolean>

function readBase(mutation: Mutation, operation: Change['operation']): Change['base'] {
  const { baseVersion, updateTime, conflictResolutionStrategy: strategy } = mutation
  const hasVersion = baseVersion !== undefined && baseVersion !== null
  if (!hasVersion && !updateTime) {
    if (strategy && strategy !== 'STRATEGY_UNSPECIFIED')
      throw invalid('cannot set a conflict resolution strategy if no detection strategy was set')
    return undefined
  }
  const version = updateTime ? fromTimestamp(updateTime, 'exact') : Number(readInt64(baseVersion))
  if (version < 0) throw invalid(`Invalid base_version: ${version}, it should be >= 0`)
  if (operation === 'insert') {
    if (version > 0) throw invalid('Cannot insert an entity with a base version greater than zero')
    // An insert has no other base.
    return undefined
  }
  if (operation === 'update' && version === 0) throw invalid('Cannot update an entity with a base version set to zero')
  return { version, strict: Boolean(updateTime), fail: strategies[strategy ?? ''] ?? false }
}
