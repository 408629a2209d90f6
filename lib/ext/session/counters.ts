// What the store counts: plain numbers, so that counting costs nothing worth measuring.

export interface Counters {
  loads: number
  saves: number
  transactions: number
  commits: number
  retries: number
  aborted: number
  /** Commits whose answer was lost, found by their token. */
  recognised: number
  unavailable: number
  merges: number
  /** Places where two requests changed the same thing and the later commit won. */
  conflicts: number
  /** Writes dropped because the session was destroyed, moved or expired meanwhile. */
  dropped: number
  tombstonesMet: number
  touches: number
  touchesFailed: number
  cacheHits: number
  cacheMisses: number
  /** Reads that found another reader's lease, and filled nothing. */
  leasesMet: number
  fills: number
  /** Uses of memcached left out because a breaker was open. */
  cacheBypassed: number
  breakerOpened: number
  /** Entries that were expired, garbage or another session's. */
  cacheBroken: number
  /** Records that another program broke. */
  broken: number
}

export function newCounters(): Counters {
  return {
    loads: 0,
    saves: 0,
    transactions: 0,
    commits: 0,
    retries: 0,
    aborted: 0,
    recognised: 0,
    unavailable: 0,
    merges: 0,
    conflicts: 0,
    dropped: 0,
    tombstonesMet: 0,
    touches: 0,
    touchesFailed: 0,
    cacheHits: 0,
    cacheMisses: 0,
    leasesMet: 0,
    fills: 0,
    cacheBypassed: 0,
    breakerOpened: 0,
    cacheBroken: 0,
    broken: 0,
  }
}
