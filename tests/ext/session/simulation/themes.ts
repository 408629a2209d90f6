// The theme of a seed: an even mixture of everything seldom gets to the corners where protocols break.
import type { programs } from './programs.ts'

export interface Theme {
  requests: number
  /** Requests that begin close together, and within how many ms. */
  burst: number
  width: number
  /** Misfortunes with each burst, at most. */
  misfortunes: number
  /** The longest way of a call to Datastore, in ms. */
  spread: number
  pauses: Weighted<number>
  programs: Weighted<keyof typeof programs>
  kinds: Weighted<Misfortune>
  /** Caches are there for all processes or for none, and no event loop is held: then every response counts, also one that left before the cache confirmed it. */
  isForAll?: true
  /** A process may be cut off from a cache that others use: what they read may be behind, within the bound. */
  cutsOff?: true
}

export type Misfortune =
  | 'evict'
  | 'flush'
  | 'crash'
  | 'restart'
  | 'hang'
  | 'slow cache'
  | 'down'
  | 'cut off'
  | 'datastore'
  | 'silence'
  | 'late commit'
  | 'lock'
type Weighted<T> = readonly (readonly [number, T])[]

const mixture: Theme = {
  requests: 14,
  burst: 5,
  width: 12,
  misfortunes: 2,
  spread: 5,
  pauses: [
    [6, 20],
    [3, 200],
    [2, 2000],
    [1, 12_000],
    [0.5, 70_000],
    [0.2, 110_000],
  ],
  programs: [
    [5, 'read'],
    [1, 'nothing'],
    [4, 'key'],
    [5, 'push'],
    [2, 'member'],
    [1, 'scalar'],
    [1, 'add'],
    [1, 'remove'],
    [4, 'count'],
    [1, 'countAndPush'],
    [3, 'slow'],
    [1, 'slowTouch'],
    [1.5, 'login'],
    [1, 'slowMove'],
    [1, 'logout'],
    [0.5, 'logoutAndBegin'],
    [0.7, 'endAll'],
    [0.7, 'fail'],
  ],
  kinds: [
    [3, 'evict'],
    [1, 'flush'],
    [1, 'crash'],
  ],
}

const faulty: Theme = {
  ...mixture,
  kinds: [...mixture.kinds, [2, 'restart'], [1, 'hang'], [1, 'slow cache'], [3, 'datastore'], [1, 'down']],
}

/** Many requests on one session, and memcached losing what it holds all the while. */
const storm: Theme = {
  ...mixture,
  requests: 24,
  burst: 8,
  misfortunes: 3,
  pauses: [
    [1, 30],
    [1, 60],
  ],
  programs: [
    [6, 'read'],
    [3, 'push'],
    [2, 'count'],
    [2, 'key'],
    [0.3, 'logout'],
  ],
}

export const themes: Record<string, readonly [weight: number, theme: Theme]> = {
  mixture: [3, mixture],
  faulty: [3, faulty],
  storm: [1, storm],
  'slow storm': [1, { ...storm, spread: 40, width: 50 }],
  'faulty slow storm': [1, { ...storm, spread: 40, width: 50, kinds: faulty.kinds }],
  evictions: [
    1,
    {
      ...storm,
      spread: 20,
      width: 30,
      misfortunes: 6,
      programs: [
        [1, 'read'],
        [1, 'push'],
      ],
      kinds: [[1, 'evict']],
    },
  ],
  // Ids that count anew while a few readers are under way.
  restarts: [
    2,
    {
      ...storm,
      spread: 150,
      burst: 4,
      width: 100,
      misfortunes: 2,
      pauses: [
        [1, 100],
        [1, 200],
      ],
      programs: [
        [2, 'read'],
        [1, 'push'],
      ],
      kinds: [[1, 'restart']],
    },
  ],
  // Logins, moves and revocations of one user, with answers lost and an index that lags.
  logins: [
    1,
    {
      ...faulty,
      pauses: [
        [1, 20],
        [1, 300],
      ],
      spread: 20,
      programs: [
        [4, 'login'],
        [3, 'slowMove'],
        [3, 'endAll'],
        [2, 'push'],
        [1, 'logout'],
        [1, 'logoutAndBegin'],
      ],
      kinds: [
        [4, 'datastore'],
        [1, 'crash'],
      ],
    },
  ],
  // The same value written by many.
  'one value': [
    1,
    {
      ...storm,
      misfortunes: 2,
      programs: [
        [4, 'scalar'],
        [2, 'add'],
        [1, 'push'],
        [1, 'read'],
      ],
      kinds: [
        [2, 'evict'],
        [1, 'datastore'],
      ],
    },
  ],
  // Sessions that grow old.
  'old age': [
    1,
    {
      ...mixture,
      burst: 3,
      pauses: [
        [1, 20],
        [2, 20_000],
        [1, 60_000],
        [0.3, 110_000],
      ],
      programs: [
        [3, 'read'],
        [2, 'push'],
        [1, 'slowTouch'],
        [1, 'slowMove'],
        [0.5, 'login'],
      ],
    },
  ],
  // A Datastore that does not answer for a while, and many who wait for the same session.
  silence: [
    0.5,
    {
      ...storm,
      requests: 12,
      misfortunes: 1,
      pauses: [
        [1, 20],
        [1, 6000],
      ],
      programs: [
        [3, 'push'],
        [2, 'key'],
        [1, 'read'],
      ],
      kinds: [
        [3, 'silence'],
        [1, 'hang'],
      ],
    },
  ],
  // A memcached that hangs for a moment, and long silences of its processes afterwards.
  hanging: [
    0.7,
    {
      ...mixture,
      burst: 3,
      misfortunes: 2,
      pauses: [
        [1, 20],
        [2, 5000],
      ],
      programs: [
        [3, 'read'],
        [3, 'push'],
        [0.3, 'logout'],
      ],
      kinds: [
        [3, 'hang'],
        [1, 'slow cache'],
      ],
    },
  ],
  // Requests just before and just after the idle end.
  'idle end': [
    1,
    {
      ...mixture,
      requests: 28,
      burst: 7,
      width: 60,
      spread: 40,
      misfortunes: 2,
      pauses: [
        [1, 20],
        [2, 99_960],
        [2, 100_000],
        [2, 100_030],
      ],
      programs: [
        [3, 'read'],
        [4, 'push'],
        [1, 'key'],
        [1, 'count'],
        [0.5, 'slow'],
        [0.5, 'slowMove'],
        [0.3, 'login'],
      ],
      kinds: [
        [3, 'evict'],
        [1, 'flush'],
        [0.3, 'datastore'],
      ],
    },
  ],
  // Commits that arrive after their process has given them up, when the session has come to its idle end.
  'late commits': [
    0.5,
    {
      ...mixture,
      requests: 12,
      burst: 3,
      misfortunes: 3,
      pauses: [
        [1, 20],
        [3, 98_500],
        [2, 99_500],
      ],
      programs: [
        [4, 'push'],
        [1, 'key'],
        [1, 'count'],
        [1, 'read'],
        [0.3, 'login'],
      ],
      kinds: [[1, 'late commit']],
    },
  ],
  // Caches that are away for all processes at once. Only on demand.
  outages: [
    0,
    {
      ...storm,
      burst: 6,
      width: 60,
      misfortunes: 2,
      isForAll: true,
      pauses: [
        [4, 40],
        [3, 300],
        [2, 1500],
        [1, 5000],
        [0.3, 80_000],
      ],
      programs: [
        [5, 'read'],
        [3, 'push'],
        [1, 'count'],
        [0.5, 'login'],
        [0.5, 'logout'],
        [0.3, 'endAll'],
      ],
      kinds: [
        [2, 'hang'],
        [1, 'down'],
        [1, 'restart'],
        [0.5, 'evict'],
      ],
    },
  ],
  // A process that cannot reach the caches while others use them. Only on demand.
  'one cut off': [
    0,
    {
      ...storm,
      burst: 5,
      width: 60,
      misfortunes: 2,
      cutsOff: true,
      pauses: [
        [4, 60],
        [3, 300],
        [2, 1500],
        [2, 6000],
        [0.5, 20_000],
      ],
      programs: [
        [5, 'read'],
        [3, 'push'],
        [1, 'count'],
        [0.5, 'slow'],
        [0.5, 'login'],
        [0.5, 'logout'],
        [0.3, 'endAll'],
      ],
      kinds: [
        [4, 'cut off'],
        [1, 'evict'],
        [0.5, 'crash'],
        [0.3, 'hang'],
        [0.3, 'restart'],
      ],
    },
  ],
  // Somebody else's transactions, which lock all that they have read.
  locks: [
    1,
    {
      ...faulty,
      misfortunes: 1,
      pauses: [
        [2, 20],
        [1, 300],
        [1, 4000],
      ],
      programs: [
        [3, 'push'],
        [2, 'login'],
        [2, 'count'],
        [1, 'read'],
        [1, 'slowMove'],
        [1, 'endAll'],
        [0.5, 'logout'],
      ],
      kinds: [
        [4, 'lock'],
        [1, 'datastore'],
        [0.3, 'crash'],
      ],
    },
  ],
}
