// Keys: checked and completed on the way in, and written as bytes whose order is Datastore's order of keys, so that a
// B-tree holds an entity's descendants next to it.
import { Code, invalid, StatusError } from './status.ts'
import type { Key, PartitionId, Target } from './wire.ts'

/** One element of a path; `id` and `name` are both absent only at the end of an incomplete key. */
export interface StoredElement {
  kind: string
  idType?: 'id' | 'name'
  id?: string
  name?: string
}

/** A checked key, in the shape that answers have. */
export interface StoredKey {
  partitionId: { projectId: string; databaseId: string; namespaceId: string }
  path: StoredElement[]
}

/** The end of an element's text; `\0` inside a text is written `\0\xff`, which sorts after it. */
const END = 0x01
const ID = 0x01
const NAME = 0x02
/** Sorts after anything that may follow a key's bytes: the end of the range of its descendants. */
export const AFTER_DESCENDANTS = Buffer.from([0xff])

const RESERVED = /^__.*__$/s
const INT64 = 1n << 63n

/** The name under which the engine keeps all that lies in one project, database and namespace. */
export function partitionName(partition: StoredKey['partitionId']): string {
  return `${partition.projectId}\0${partition.databaseId}\0${partition.namespaceId}`
}

export function readPartition(partition: PartitionId | null | undefined, target: Target): StoredKey['partitionId'] {
  const projectId = partition?.projectId || target.projectId || ''
  const databaseId = partition?.databaseId || target.databaseId || ''
  if (target.projectId && projectId !== target.projectId)
    throw invalid(`mismatched projects within request: ${target.projectId} and ${projectId}`)
  if ((target.databaseId ?? '') !== databaseId)
    throw invalid(`mismatched databases within request: "${target.databaseId ?? ''}" and "${databaseId}"`)
  return { projectId, databaseId, namespaceId: partition?.namespaceId ?? '' }
}

/** Checks a key that came in. `complete: false` lets the last element have neither id nor name. */
export function readKey(key: Key | null | undefined, target: Target, options: { complete: boolean }): StoredKey {
  const path = key?.path
  if (!path?.length) throw invalid('The key path is empty.')
  const elements = path.map((element, index) => {
    const kind = element.kind
    if (!kind) throw invalid('The kind is the empty string.')
    const read: StoredElement = { kind }
    const { id, name } = element
    if (name !== undefined && name !== null && element.idType !== 'id') {
      if (name === '') throw invalid('The key path element name is the empty string.')
      read.idType = 'name'
      read.name = name
    } else if (id !== undefined && id !== null && String(id) !== '0') {
      read.idType = 'id'
      read.id = String(id)
    } else if (options.complete || index < path.length - 1) {
      throw invalid('Key path is incomplete: an element has neither a name nor an id.')
    }
    return read
  })
  return { partitionId: readPartition(key?.partitionId, target), path: elements }
}

/** Refuses keys that may be read but not written: the names `__x__` belong to Datastore. */
export function refuseReserved(key: StoredKey): void {
  for (const { kind, name } of key.path) {
    if (RESERVED.test(kind)) throw invalid(`The kind "${kind}" is reserved.`)
    if (name !== undefined && RESERVED.test(name)) throw invalid(`The key path element name "${name}" is reserved.`)
  }
}

export function isComplete(key: StoredKey): boolean {
  return key.path.at(-1)!.idType !== undefined
}

function textBytes(text: string): Buffer {
  const bytes = Buffer.from(text)
  if (!bytes.includes(0)) return bytes
  const escaped: number[] = []
  for (const byte of bytes) {
    escaped.push(byte)
    if (byte === 0) escaped.push(0xff)
  }
  return Buffer.from(escaped)
}

/** A path as bytes that sort as Datastore sorts keys: by kind, ids before names, parents before their children. */
export function pathBytes(path: StoredElement[]): Buffer {
  const parts: Buffer[] = []
  for (const element of path) {
    parts.push(textBytes(element.kind), Buffer.from([0, END, element.idType === 'id' ? ID : NAME]))
    if (element.idType === 'id') {
      const id = Buffer.allocUnsafe(8)
      id.writeBigUInt64BE(BigInt.asUintN(64, BigInt(element.id!) + INT64))
      parts.push(id)
    } else {
      parts.push(textBytes(element.name!), Buffer.from([0, END]))
    }
  }
  return Buffer.concat(parts)
}

/** The path that bytes of `pathBytes` stand for. */
export function pathFromBytes(bytes: Uint8Array): StoredElement[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = 0
  const text = (): string => {
    const parts: Buffer[] = []
    for (;;) {
      const end = buffer.indexOf(0, at)
      const last = buffer[end + 1] === END
      parts.push(buffer.subarray(at, last ? end : end + 1))
      at = end + 2
      if (last) return parts.length === 1 ? parts[0]!.toString() : Buffer.concat(parts).toString()
    }
  }
  const path: StoredElement[] = []
  while (at < buffer.length) {
    const kind = text()
    if (buffer[at++] === ID) {
      path.push({ kind, idType: 'id', id: String(buffer.readBigUInt64BE(at) - INT64) })
      at += 8
    } else {
      path.push({ kind, idType: 'name', name: text() })
    }
  }
  return path
}

/** A key for people, in messages. */
export function describeKey(key: StoredKey): string {
  return `[${key.path.map((e) => `${e.kind}: ${e.idType === 'id' ? e.id : JSON.stringify(e.name ?? null)}`).join(', ')}]`
}

export function notFound(key: StoredKey): StatusError {
  return new StatusError(Code.NOT_FOUND, `no entity to update: ${describeKey(key)}`)
}

export function alreadyExists(key: StoredKey): StatusError {
  return new StatusError(Code.ALREADY_EXISTS, `entity already exists: ${describeKey(key)}`)
}
