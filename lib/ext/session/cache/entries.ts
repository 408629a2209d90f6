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
    const numbers = [version, created, updated, expires].every((number) => typeof number === 'number')
    if (owner !== id || !numbers || (username !== null && typeof username !== 'string')) return 'broken'
    if (!Array.isArray(commits) || (stamp !== null && typeof stamp !== 'string')) return 'broken'
    return { version, created, updated, expires, data: text.slice(end + 1), username, commits, stamp }
  } catch {
    return 'broken'
  }
}
