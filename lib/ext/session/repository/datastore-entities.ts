// The repository's rows as Datastore's messages, and back, each checked: another program may have written there.
import type { Properties, StoredValue } from '../../../datastore/engine/encoding/values.ts'
import type { Value, ValueType } from '../../../datastore/engine/protocol/messages.ts'
import { isReadable, NewerFormat, type RecordFormat } from '../data/record-format.ts'
import type { SessionRow, UserRow } from './ports.ts'

// Classes, though nothing but data: plain objects the client copies, all through, with each call.
export class EntityKey {
  path: { kind: string; name: string; idType?: string }[]
  partitionId: { namespaceId?: string }

  constructor(kind: string, name: string, namespace: string | undefined) {
    this.path = [{ kind, name }]
    this.partitionId = partitionOf(namespace)
  }
}

/** The partition of a namespace; undefined for the default one. */
export function partitionOf(namespace: string | undefined): { namespaceId?: string } {
  return namespace === undefined ? {} : { namespaceId: namespace }
}

/** FAIL, by its number, as messages have enumerations. */
export const failAtConflict = 3

/** A change of one entity: one of the four. */
export class Mutation {
  insert?: Entity
  update?: Entity
  upsert?: Entity
  delete?: EntityKey
  /** Datastore's own version of the entity that the change was made from. */
  baseVersion?: string
  /** At another version the whole commit fails. Without it, some servers apply the commit all the same. */
  conflictResolutionStrategy?: typeof failAtConflict

  constructor(change: Mutation) {
    Object.assign(this, change)
  }
}

export interface Entity {
  key: EntityKey
  properties: Record<string, Value>
}

export interface Found {
  entity: Entity
  /** Datastore's own version of the entity. */
  version: number | string
}

const excludeFromIndexes = true

function text(stringValue: string): StoredValue {
  return { valueType: 'stringValue', stringValue, excludeFromIndexes }
}

function integer(value: number): StoredValue {
  return { valueType: 'integerValue', integerValue: String(value), excludeFromIndexes }
}

function timestamp(ms: number): StoredValue {
  const seconds = Math.floor(ms / 1000)
  const timestampValue = { seconds: String(seconds), nanos: Math.floor((ms - seconds * 1000) * 1000) * 1000 }
  return { valueType: 'timestampValue', timestampValue, excludeFromIndexes }
}

/** Returns the properties of a session as the engine stores them, which is a form that all Datastores take. */
export function sessionProperties(row: SessionRow, format: RecordFormat): Properties {
  const { version, created, updated, expires, data, moved, username, commits } = row
  return {
    ...(format > 1 && { format: integer(format) }),
    version: integer(version),
    created: timestamp(created),
    updated: timestamp(updated),
    expires: timestamp(expires),
    data: data === null ? { valueType: 'nullValue', nullValue: 'NULL_VALUE', excludeFromIndexes } : text(data),
    ...(moved !== undefined && { moved: text(moved) }),
    // The one property that is indexed.
    username:
      username === null
        ? { valueType: 'nullValue', nullValue: 'NULL_VALUE' }
        : { valueType: 'stringValue', stringValue: username },
    commits: commitsValue(commits, format),
  }
}

function commitsValue(commits: string[], format: RecordFormat): StoredValue {
  // One text: as values of their own they cost more than all the rest of the record.
  return format > 1 ? text(commits.join(' ')) : { valueType: 'arrayValue', arrayValue: { values: commits.map(text) } }
}

/** `expires` is for a TTL policy: soon after a login or revocation the row means nothing any more. */
export function userEntity(key: EntityKey, { stamp: _, ...row }: UserRow): Entity {
  const last = Math.max(row.revokedAt, ...row.logins.map(({ at }) => at))
  return {
    key,
    properties: {
      expires: timestamp(last + 3_600_000),
      state: text(JSON.stringify(row)),
    },
  }
}

// Over gRPC an unset value is null, '' or 0: which one is set, valueType says.
function holds(value: Value | undefined, type: ValueType): boolean {
  return value !== undefined && (value.valueType === undefined ? type in value : value.valueType === type)
}

function readText(properties: Record<string, Value>, name: string): string | null {
  const value = properties[name]
  if (value === undefined || holds(value, 'nullValue')) return null
  if (!holds(value, 'stringValue')) throw new TypeError(`\`${name}\` is no string`)
  return value.stringValue!
}

function readTime(properties: Record<string, Value>, name: string): number {
  const value = properties[name]
  if (!holds(value, 'timestampValue')) throw new TypeError(`\`${name}\` is no timestamp`)
  const { seconds, nanos } = value!.timestampValue!
  return Number(seconds ?? 0) * 1000 + Math.round(Number(nanos ?? 0) / 1e6)
}

function readInteger(properties: Record<string, Value>, name: string): number {
  const value = properties[name]
  const number = holds(value, 'integerValue') ? Number(value!.integerValue) : Number.NaN
  if (!Number.isSafeInteger(number)) throw new TypeError(`\`${name}\` is no integer`)
  return number
}

/** In either form, whatever the format says: for a time the second was written without it. */
function tokens(properties: Record<string, Value>): string[] {
  const { commits } = properties
  if (holds(commits, 'stringValue')) return commits!.stringValue!.split(' ')
  const values = holds(commits, 'arrayValue') ? (commits!.arrayValue?.values ?? []) : null
  if (!values?.every((token) => holds(token, 'stringValue'))) throw new TypeError('`commits` is no list of strings')
  return values.map(({ stringValue }) => stringValue!)
}

function checkFormat(properties: Record<string, Value>): void {
  const format = properties.format === undefined ? 1 : readInteger(properties, 'format')
  if (!isReadable(format)) throw new NewerFormat(format)
}

/** In front of what a tombstone kept, in the data: so the builds of 30 November 2026 wrote it. No encoded data begins with it. */
const formerMark = '>'

function stateIn(properties: Record<string, Value>): Pick<SessionRow, 'data' | 'moved'> {
  const data = readText(properties, 'data')
  if (data === '') return { data, moved: readText(properties, 'moved') ?? undefined }
  return data?.startsWith(formerMark) ? { data: '', moved: data.slice(1) } : { data }
}

/** Throws TypeError where it is not what tipfy writes, and NewerFormat for what a newer version wrote. */
export function sessionRow({
  entity: { properties },
  version: stamp,
}: { entity: Pick<Entity, 'properties'> } & Pick<Found, 'version'>): SessionRow {
  checkFormat(properties)
  return {
    version: readInteger(properties, 'version'),
    created: readTime(properties, 'created'),
    updated: readTime(properties, 'updated'),
    expires: readTime(properties, 'expires'),
    ...stateIn(properties),
    username: readText(properties, 'username'),
    commits: tokens(properties),
    stamp: String(stamp),
  }
}

/** Throws as `sessionRow` does. */
export function userRow({ entity: { properties }, version: stamp }: Found): UserRow {
  checkFormat(properties)
  const row = JSON.parse(readText(properties, 'state') ?? 'null') as UserRow | null
  if (!Number.isSafeInteger(row?.sequence) || !Number.isSafeInteger(row?.revoked) || !Array.isArray(row?.logins)) {
    throw new TypeError('`state` is not what tipfy writes')
  }
  return { ...row!, stamp: String(stamp) }
}

/** The row of a user of whom nothing is known. */
export function emptyUser(stamp: string | null): UserRow {
  return { sequence: 0, revoked: 0, revokedAt: 0, logins: [], stamp }
}
