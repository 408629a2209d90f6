// `npm run bench -- --scale`: what must not cost more as there is more of it (rules, sessions that are kept), and what may
// cost in proportion (the size of a session).
import type { Case } from './cases.ts'
import { measure, median, type Settings } from './measure.ts'
import type { LoadProcess } from './processes.ts'

const read: Omit<Case, 'sessions' | 'name' | 'title'> = { method: 'GET', path: '/read', peers: [] }
const login = (extra: number) => `/login?user=alice&extra=${extra}`
const change = { path: '/change', follow: true }

/** `extra` is how many texts of 18 bytes the session holds beside its five. */
const cases: readonly Case[] = [
  ...[10, 1_000, 10_000].map((rules) => ({
    ...read,
    path: '/part-7/2026/foo',
    sessions: 'none' as const,
    rules,
    name: 'rules',
    title: `${rules} rules, one with two variables matches`,
  })),
  ...[100, 10_000, 50_000].map((cookies) => ({
    ...read,
    login: login(0),
    sessions: 'datastore' as const,
    cookies,
    name: 'stored',
    title: `${cookies} sessions in the embedded Datastore, read in turn`,
  })),
  ...[0, 30, 100].map((extra) => ({
    ...read,
    ...change,
    login: login(extra),
    sessions: 'cookie' as const,
    name: 'cookie',
    title: `a cookie session of ${18 * extra + 60} bytes is changed`,
  })),
  ...[0, 500, 5_000, 50_000].map((extra) => ({
    ...read,
    ...change,
    login: login(extra),
    sessions: 'datastore' as const,
    name: 'datastore',
    title: `a datastore session of ${18 * extra + 60} bytes is changed`,
  })),
]

/** Prints what a request costs in each case. */
export async function measureScale(load: LoadProcess, settings: Settings): Promise<void> {
  console.log(`\n${'µs CPU'.padStart(10)}   × node:http`)
  for (const kase of cases) {
    // Large sessions take milliseconds each, and must not keep each other waiting until their time is up.
    const isLarge = /of \d{5,} bytes/.test(kase.title)
    const usual = { ...settings, rounds: Math.min(settings.rounds, 9), starts: 1 }
    const sparing = { ...usual, requests: settings.requests / 50, connections: 2 }
    const { rows } = await measure(kase, [], load, isLarge ? sparing : usual)
    const { micros, ratios } = rows.find(({ server }) => server === 'tipfy')!
    console.log(`${median(micros).toFixed(1).padStart(10)}${median(ratios).toFixed(2).padStart(8)}   ${kase.title}`)
  }
}
