// The theme of half of the seeds on a Valkey: readers and writers of one session around failovers.
import type { Theme } from './themes.ts'

export const failovers: Theme = {
  requests: 26,
  burst: 6,
  width: 40,
  spread: 10,
  misfortunes: 1,
  pauses: [
    [2, 40],
    [3, 150],
    [1, 700],
    [0.3, 4000],
  ],
  programs: [
    [8, 'read'],
    [3, 'push'],
    [1, 'key'],
    [1, 'count'],
    [0.3, 'slow'],
    [0.3, 'login'],
    [0.3, 'logout'],
  ],
  kinds: [
    [2, 'evict'],
    [0.3, 'crash'],
    [0.3, 'hang'],
  ],
}
