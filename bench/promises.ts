// Counts, for `npm run bench:store` with `--stale` and `--ledger`, if sessions keep their promises on real processes and caches.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { Memcached } from '../tests/support/memcached.ts'
import { Valkey } from '../tests/support/valkey.ts'
import { keepLedger, type LedgerCache } from './ledger.ts'
import { countStale } from './stale.ts'

export interface PromisesOptions {
  /** The program of the cache: memcached, redis-server or valkey-server. */
  cache: string
}

async function startCache(program: string): Promise<LedgerCache & { address: string; end(): Promise<void> }> {
  if (program === 'memcached') {
    const server = await Memcached.start()
    return {
      url: `memcached://${server.address}`,
      address: server.address,
      crash: () => server.kill(),
      run: () => server.run(),
      hang: () => server.hang(),
      wake: () => server.wake(),
      end: () => server.kill(),
    }
  }
  const server = await Valkey.start(program)
  const url = `valkey://127.0.0.1:${server.port}`
  return {
    url,
    address: url,
    crash: () => server.crash(),
    run: () => server.run(),
    hang: () => server.hang(),
    wake: () => server.wake(),
    end: () => server.kill(),
  }
}

/** @param options.lib the build to look at */
export async function printStale({
  cache,
  reads,
  lib,
}: PromisesOptions & { reads: number; lib: string }): Promise<void> {
  const server = await startCache(cache)
  const place = mkdtempSync(join(tmpdir(), 'tipfy-bench-stale-'))
  try {
    for (const burn of [0, 20, 70, 200]) {
      const dataFolder = join(place, String(burn))
      const { stale, ended, dead, failed, breakersOpened, seconds, ...figures } = await countStale({
        memcached: server.address,
        dataFolder,
        lib,
        burn,
        clients: 12,
        reads,
      })
      console.log(
        `held for ${burn} ms at a time: ${stale} of ${figures.reads} reads stale, ${dead} of ${ended} ended sessions served, ${failed} failed, breakers opened ${breakersOpened} times, ${seconds} s`,
      )
    }
  } finally {
    await server.end()
    rmSync(place, { recursive: true, force: true })
  }
}

/**
 * Returns true if every promise was kept.
 *
 * @param options.folder where to keep the data; on a file system of its own that is filled from time to time
 */
export async function printLedger({
  cache,
  minutes,
  folder,
}: PromisesOptions & { minutes: number; folder: string | undefined }): Promise<boolean> {
  const server = await startCache(cache)
  const place = mkdtempSync(join(folder === undefined ? tmpdir() : resolve(folder), 'tipfy-bench-ledger-'))
  try {
    const figures = await keepLedger({
      minutes,
      dataFolder: join(place, 'data'),
      cache: server,
      fillsDisk: folder !== undefined,
    })
    const { answered, unknown, sessions, lost, twice, neverAsked, vanished, stale, dead } = figures
    const made = Object.entries(figures.troubles).map(([name, count]) => `${count} × ${name}`)
    console.log(`${minutes} minutes with ${cache}: ${made.join(', ')}`)
    console.log(`${answered} changes confirmed in ${sessions} sessions, ${unknown} without a response, or with a 503`)
    console.log(
      `confirmed and lost: ${lost}, applied twice: ${twice}, never asked for: ${neverAsked}, sessions not found: ${vanished}`,
    )
    console.log(`shown late: ${stale}, by ${(figures.longestStale / 1000).toFixed(1)} s at most`)
    console.log(`served after their end: ${dead}, for ${(figures.longestDead / 1000).toFixed(1)} s at most`)
    return figures.isSound
  } finally {
    await server.end()
    rmSync(place, { recursive: true, force: true })
  }
}
