// Finds the record that the cookies of a request lead to.
import { ServiceUnavailable } from '../../../http/exceptions.ts'
import type { SignedCookie } from '../cookies/signing.ts'
import type { RepositoryUnavailable, SessionRecord, SessionRepository } from '../repository/repository.ts'

/** The session of a request. */
export type State =
  /** There is none: no cookie came, its id is unknown, or this request ended it. */
  | { readonly is: 'none' }
  /** Its record is not there yet. */
  | { readonly is: 'loading'; readonly id: string }
  /** `isSent` is false while the browser does not have the id. */
  | {
      readonly is: 'live'
      readonly id: string
      readonly record: SessionRecord
      readonly isSent: boolean
      /** True if a newer cookie came whose session ended a moment ago: this one must not be renewed over its successor. */
      readonly isOlder: boolean
    }
  /** Another request ended or moved it a moment ago. `record`: as it was before, if this request had it. */
  | { readonly is: 'dead'; readonly id: string; readonly record: SessionRecord | null }
  /** It could not be loaded. */
  | { readonly is: 'failed'; readonly id: string; readonly error: unknown }

export type Live = Extract<State, { is: 'live' }>

export const none: State = { is: 'none' }

/** The ids of one request that are looked up, newest first: a browser may have the cookies of former domains and paths. */
const maxLookups = 3

/** The error that a request gets while the repository is out of reach: a 503. */
export function unavailable(error: unknown): unknown {
  const { retryAfter } = error as RepositoryUnavailable
  if (retryAfter === undefined) return error
  const headers = retryAfter === null ? undefined : { 'Retry-After': String(retryAfter) }
  return new ServiceUnavailable(undefined, { cause: error, headers })
}

/**
 * Looks up the id of the newest cookie, and those of older ones where its session is gone. Never throws.
 *
 * @returns with `cookie` where an older one leads to the session
 */
export async function findRecord(
  repository: SessionRepository,
  newest: string,
  older: readonly SignedCookie[],
): Promise<{ state: State; cookie?: SignedCookie }> {
  let state = await lookUp(repository, newest)
  for (const cookie of older.slice(0, maxLookups - 1)) {
    if (state.is !== 'none' && state.is !== 'dead') break
    const found = await lookUp(repository, cookie.text)
    if (found.is === 'live') return { state: { ...found, isOlder: state.is === 'dead' }, cookie }
    if (state.is === 'none') state = found
  }
  return { state }
}

async function lookUp(repository: SessionRepository, id: string): Promise<State> {
  try {
    const loaded = await repository.load(id)
    if (loaded.state === 'live') return { is: 'live', id, record: loaded.record, isSent: true, isOlder: false }
    return loaded.state === 'tombstone' ? { is: 'dead', id, record: null } : none
  } catch (error) {
    return { is: 'failed', id, error: unavailable(error) }
  }
}
