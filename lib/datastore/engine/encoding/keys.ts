// Checks and completes keys, and writes them as bytes that sort in Datastore's order of keys, so that a B-tree keeps an
// entity's descendants next to it.

import type { Key, PartitionId, PathElement, Target } from '../protocol/messages.ts'
import { invalid } from '../protocol/status.ts'
import { readInt64 } from './convert.ts'

/** One element of a path; `id` and `name` are both missing only at the end of an incomplete key. */
export interface StoredElement {
  kind: string
  idType?: 'id' | 'name'
  id?: string
  name?: string
}

/** A checked key, in the form of responses. */
export interface StoredKey {
  partitionId: { projectId: string; databaseId: string; namespaceId: string }
  path: StoredElement[]
}

/** Stands after the text of an element; `\0` inside a text is written `\0\xff`, which sorts after it. */
const afterText = '\0\x01'
const idTag = '\x01'
const nameTag = '\x02'

const int64Offset = 1n << 63n
export const maxNameBytes = 1500
const maxElements = 100
const maxKeyBytes = 6 * 1024

/** `example.com:shop` and `shop`. */
const projectPattern = /^(?:[a-z\d\-.]{1,100}:)?[a-z\d][a-z\d-]{0,99}$/
const databasePattern = /^[\w.-]{0,100}$/

/** Returns true for names that are reserved for Datastore: they can be read, not written. */
export function isReserved(name: string): boolean {
  return name.length >= 4 && name.startsWith('__') && name.endsWith('__')
}

/** Returns the name under which the tables keep one project, database and namespace: JSON, in which none of them has escapes. */
export function partitionName({ projectId, databaseId, namespaceId }: StoredKey['partitionId']): string {
  return `["${projectId}","${databaseId}","${namespaceId}"]`
}

/** Returns the name of the index of a kind's property; '' is the index of all entities of the kind. */
export function indexName(n: number, kind: string, property: string): string {
  return JSON.stringify([n, kind, property])
}

/** Reads the partition of a key or a query, which must be in the request's own project and database. */
export function readPartition(partition: PartitionId | null | undefined, target: Target): StoredKey['partitionId'] {
  const projectId = partition?.projectId || target.projectId || ''
  const databaseId = partition?.databaseId || target.databaseId || ''
  if (projectId === '') throw invalid('The project id is the empty string.')
  if (projectId !== target.projectId || databaseId !== (target.databaseId ?? '')) {
    const [ours, theirs] = [`${target.projectId}/${target.databaseId ?? ''}`, `${projectId}/${databaseId}`]
    throw invalid(`mismatched databases within request: ${ours} vs. ${theirs}`)
  }
  if (!projectPattern.test(projectId)) throw invalid(`"${projectId}" is an invalid project id.`)
  if (!databasePattern.test(databaseId) || databaseId === '(default)')
    throw invalid(`"${databaseId}" is an invalid database id. The default database is the empty string.`)
  const namespaceId = partition?.namespaceId ?? ''
  if (!/^[\w.-]{0,100}$/.test(namespaceId)) throw invalid(`Illegal string "${namespaceId}" in namespace id.`)
  return { projectId, databaseId, namespaceId }
}

/** Throws for a name that is empty or too long. */
export function checkName(what: string, name: string): string {
  if (name === '') throw invalid(`The ${what} is the empty string.`)
  if (!name.isWellFormed()) throw invalid(`The ${what} is no valid Unicode: it has half of a surrogate pair.`)
  // A UTF-16 unit takes at most three bytes, so most names need no counting.
  if (name.length > maxNameBytes / 3 && Buffer.byteLength(name) > maxNameBytes)
    throw invalid(`The ${what} is longer than ${maxNameBytes} bytes.`)
  return name
}

function readElement(element: PathElement): StoredElement {
  const kind = checkName('kind', element.kind ?? '')
  const { id, name } = element
  if (name !== undefined && name !== null && element.idType !== 'id')
    return { kind, idType: 'name', name: checkName('key path element name', name) }
  if (id === undefined || id === null) return { kind }
  const read = readInt64(id)
  if (read === '0') throw invalid('Key path id is invalid. Must not be zero.')
  return { kind, idType: 'id', id: read }
}

/** The form that a key's last element must have. */
export type Completeness = 'complete' | 'incomplete' | 'either'

/** Checks a key of a request. */
export function readKey(key: Key | null | undefined, target: Target, wanted: Completeness = 'complete'): StoredKey {
  if (!key?.path?.length) throw invalid('Key path is empty.')
  if (key.path.length > maxElements) throw invalid(`Key path is too long. Cannot exceed ${maxElements} elements.`)
  const read: StoredKey = { partitionId: readPartition(key.partitionId, target), path: key.path.map(readElement) }
  const gap = read.path.findIndex((element) => element.idType === undefined)
  if (gap !== -1 && (gap < read.path.length - 1 || wanted === 'complete'))
    throw invalid(`Key path element must not be incomplete: ${describeKey(read)}`)
  if (gap === -1 && wanted === 'incomplete')
    throw invalid(`Key path element must not be complete: ${describeKey(read)}`)
  return read
}

/** Throws for keys that can be read but not written, and for keys that are too large. */
export function assertWritable(key: StoredKey): void {
  if (isReserved(key.partitionId.namespaceId))
    throw invalid(`The namespace id "${key.partitionId.namespaceId}" is reserved.`)
  for (const { kind, name } of key.path) {
    if (isReserved(kind)) throw invalid(`The kind "${kind}" is reserved.`)
    if (name !== undefined && isReserved(name)) throw invalid(`The key path element name "${name}" is reserved.`)
  }
  if (key.path.length > 1 && keySize(key) > maxKeyBytes) throw invalid(`The key is longer than ${maxKeyBytes} bytes.`)
}

/** Returns the bytes of a key as Datastore counts them. */
export function keySize({ partitionId, path }: StoredKey): number {
  let size = 16 + (partitionId.namespaceId ? Buffer.byteLength(partitionId.namespaceId) + 1 : 0)
  for (const { kind, name } of path) {
    size += Buffer.byteLength(kind) + 1 + (name === undefined ? 8 : Buffer.byteLength(name) + 1)
  }
  return size
}

export function isComplete(key: StoredKey): boolean {
  return key.path.at(-1)!.idType !== undefined
}

/** Returns a text's UTF-8, one character for each byte. */
function latin1Of(text: string): string {
  const bytes = Buffer.byteLength(text) === text.length ? text : Buffer.from(text).toString('latin1')
  return bytes.includes('\0') ? bytes.replaceAll('\0', '\0\xff') : bytes
}

/** Returns the exclusive end of the range that holds a key and its descendants. */
export function afterDescendants(bytes: Uint8Array): Buffer {
  return Buffer.concat([bytes, Buffer.from([0xff])])
}

/** Writes a path as bytes that sort like Datastore's keys: by kind, ids before names, parents before children. */
export function pathBytes(path: StoredElement[]): Buffer {
  let bytes = ''
  for (const { kind, idType, id, name } of path) {
    bytes += `${latin1Of(kind)}${afterText}`
    if (idType === 'id') bytes += `${idTag}${idBytes(id!).toString('latin1')}`
    else bytes += `${nameTag}${latin1Of(name!)}${afterText}`
  }
  return Buffer.from(bytes, 'latin1')
}

function idBytes(id: string): Buffer {
  const bytes = Buffer.allocUnsafe(8)
  bytes.writeBigUInt64BE(BigInt.asUintN(64, BigInt(id) + int64Offset))
  return bytes
}

/** Reads a path from the bytes of `pathBytes`. */
export function pathFromBytes(bytes: Uint8Array): StoredElement[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = 0
  const text = (): string => {
    const parts: string[] = []
    for (;;) {
      const end = buffer.indexOf(0, at)
      const last = buffer[end + 1] === afterText.charCodeAt(1)
      parts.push(buffer.toString('utf8', at, last ? end : end + 1))
      at = end + 2
      if (last) return parts.length === 1 ? parts[0]! : parts.join('')
    }
  }
  const path: StoredElement[] = []
  while (at < buffer.length) {
    const kind = text()
    if (buffer[at++] === idTag.charCodeAt(0)) {
      path.push({ kind, idType: 'id', id: String(buffer.readBigUInt64BE(at) - int64Offset) })
      at += 8
    } else {
      path.push({ kind, idType: 'name', name: text() })
    }
  }
  return path
}

/** Describes a key's path in messages. */
export function describeKey(key: StoredKey): string {
  return `[${key.path.map(({ kind, id, name }) => `${kind}: ${id ?? (name === undefined ? '' : JSON.stringify(name))}`).join(', ')}]`
}
