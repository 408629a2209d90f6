// The entries of the cache: a record, or a lease to put one there.
import { isReadable } from '../data/record-format.ts'
import type { CachedRecord } from './ports.ts'

export function keyOf(id: string): string {
  return `tipfy:${id}`
}

export function isRecord(fetched: unknown): fetched is CachedRecord {
  return typeof fetched === 'object' && fetched !== null && 'version' in fetched
}

/** An entry's content: another reader's lease, a record, that of a newer version of tipfy, or nothing of ours. */
export function parse(id: string, text: string): CachedRecord | 'lease' | 'newer' | 'broken' {
  if (text.startsWith('lease ')) return 'lease'
  const end = text.indexOf('\n')
  if (!text.startsWith('value ') || end === -1) return 'broken'
  try {
    const header = JSON.parse(text.slice(6, end))
    if (typeof header.format === 'number' && !isReadable(header.format)) return 'newer'
    const { id: owner, version, created, updated, expires, username, commits, stamp } = header
    const data = text.slice(end + 1)
    if (owner !== id || !Number.isSafeInteger(version) || version < 1) return 'broken'
    if (![created, updated, expires].every(isTime) || (username !== null && typeof username !== 'string'))
      return 'broken'
    if (!Array.isArray(commits) || !commits.every((token) => typeof token === 'string')) return 'broken'
    if ((stamp !== null && !isStamp(stamp)) || !data.endsWith('}')) return 'broken'
    return { version, created, updated, expires, data, username, commits, stamp }
  } catch {
    return 'broken'
  }
}

/** Returns true for a time that Datastore can hold: until the year 9999. */
function isTime(value: unknown): boolean {
  return typeof value === 'number' && value >= 0 && value < 253_402_300_800_000
}

/** Returns true for a version of Datastore's, a 64-bit integer. */
function isStamp(value: unknown): boolean {
  return typeof value === 'string' && /^\d{1,19}$/.test(value)
}
