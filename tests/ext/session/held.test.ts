// Two servers on one data folder and one memcached, whose event loops are held by other requests.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { countStale } from '../../../bench/stale.ts'
import { Memcached, memcachedFound } from '../../support/memcached.ts'

const whereFound = memcachedFound ? test : test.skip

whereFound(
  'servers that are busy show one another what was answered, and no session that was ended',
  async () => {
    const memcached = await Memcached.start()
    const dataFolder = mkdtempSync(join(tmpdir(), 'tipfy-held-'))
    const figures = await countStale({
      memcached: memcached.address,
      dataFolder,
      lib: join(import.meta.dirname, '../../../lib'),
      // The wait is longer than by default, for a machine that is itself busy.
      cacheTimeout: 200,
      burn: 300,
      clients: 6,
      reads: 150,
    })
    expect(figures).toMatchObject({ stale: 0, dead: 0, failed: 0, breakersOpened: 0 })
    expect(figures.cacheHits).toBeGreaterThan(100)
    await memcached.kill()
    rmSync(dataFolder, { recursive: true, force: true })
  },
  60_000,
)
