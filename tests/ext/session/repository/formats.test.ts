// Records of older builds are read, the format to write can be chosen, and what a newer version wrote is left as it is.
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from '@jest/globals'
import { makeApp, RequestHandler, Rule, request } from 'tipfy'
import { type Session, session, sessionStore, setDatastoreSession } from 'tipfy/ext/session'
import { createClient } from 'tipfy/testing'
import { Engine } from '../../../../lib/datastore/engine/engine.ts'
import type { Entity, Value } from '../../../../lib/datastore/engine/protocol/messages.ts'
import { cacheOn } from '../../../../lib/ext/session/cache/cache.ts'
import type { CacheConnection } from '../../../../lib/ext/session/cache/ports.ts'
import { newestFormat, recordFormats } from '../../../../lib/ext/session/data/record-format.ts'
import { keyName } from '../../../../lib/ext/session/repository/record.ts'
import { SessionRepository } from '../../../../lib/ext/session/repository/repository.ts'
import type { Sessions } from '../../../../lib/ext/session/session-interface.ts'
import { FakeClock, fakeRandomness } from '../../../support/fake-world.ts'
import { MemoryDatastore } from '../../../support/memory-datastore.ts'

const fixtures = join(import.meta.dirname, '../../../fixtures/formats')
const builds = readdirSync(fixtures, { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() ? entry.name : [],
)
const secretKey = 'the key of the formats, 32 bytes or more'
const expiration = 3_000_000_000
// biome-ignore lint/suspicious/noExplicitAny: the keys are those of the fixtures
const free = session as unknown as Session & Record<string, any>

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

function copyOf(build?: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'tipfy-formats-'))
  closing.push(() => rmSync(folder, { recursive: true }))
  if (build !== undefined) cpSync(join(fixtures, build, 'datastore.sqlite'), join(folder, 'datastore.sqlite'))
  return folder
}

const cookieOf = (build: string) => readFileSync(join(fixtures, build, 'cookie.txt'), 'utf8').trim()

type Actions = Record<string, () => unknown>

const actions: Actions = {
  read: () => free.text,
  unused: () => 'nothing of the session',
  write: () => {
    free.third = 3
  },
  update: () =>
    sessionStore.update((data) => {
      Object.assign(data, { third: 3 })
    }),
  regenerate: () => sessionStore.regenerate(),
  destroy: () => sessionStore.destroy(),
  login: () => {
    sessionStore.user = 'another'
  },
  end: () => sessionStore.destroyAllFor('somebody'),
}

async function open(dataFolder: string, more: object = {}, own: Actions = {}) {
  class Act extends RequestHandler {
    async get() {
      return { result: (await { ...actions, ...own }[request.args.get('do')!]!()) ?? null }
    }
  }
  const app = makeApp({
    tipfy: {
      urls: () => [new Rule('/', { endpoint: 'act', handler: Act })],
      hooks: { posInitApp: [setDatastoreSession] },
    },
    'tipfy/ext/session': { secretKey, datastore: 'embedded', dataFolder, expiration, ...more },
  })
  closing.push(() => app.close())
  const client = await createClient(app)
  const act = (name: string, cookie?: string) => client.get(`/?do=${name}`, { headers: cookie ? { cookie } : {} })
  return { app, act }
}

type Use<Records, T> = (records: Records, engine: Engine) => T | Promise<T>

/** The records of a folder's sessions, as they are stored. */
async function withRecords<T>(folder: string, use: Use<Entity[], T>): Promise<T> {
  const engine = new Engine({ dataFolder: folder })
  try {
    const found = engine.runQuery({ projectId, query: { kind: [{ name: 'Session' }] } }).batch!.entityResults!
    return await use(
      found.map(({ entity }) => entity!),
      engine,
    )
  } finally {
    engine.close()
  }
}

function withRecord<T>(folder: string, use: Use<Entity, T>): Promise<T> {
  return withRecords(folder, (records, engine) => {
    expect(records).toHaveLength(1)
    return use(records[0]!, engine)
  })
}
const projectId = 'tipfy'

/** Changes a folder's one record, as a newer version of tipfy would write it. */
function makeNewer(folder: string, more: Record<string, Value> = {}): Promise<Entity> {
  return withRecord(folder, async ({ key, properties }, engine) => {
    const format: Value = { integerValue: String(newestFormat + 1), excludeFromIndexes: true }
    const upsert = { key, properties: { ...properties, data: { stringValue: 'in another form' }, ...more, format } }
    await engine.commit({ projectId, mode: 'NON_TRANSACTIONAL', mutations: [{ upsert } as never] })
    return upsert as Entity
  })
}

describe.each(builds)('a folder of the build of %s', (build) => {
  test('holds a session with all its values, its user and its flashes', async () => {
    const { app, act } = await open(
      copyOf(build),
      {},
      {
        all: async () => {
          const [map] = [...free.map]
          expect(map).toEqual([{ a: 1 }, new Set([1, 2n])])
          expect(free.text).toBe('é "quoted" \\ ~')
          expect(free.when).toEqual(new Date(1_700_000_000_000))
          const list = [1, { '"': null, '~d': undefined }]
          expect(free.nested).toEqual({ list, bytes: new Uint8Array([1, 2, 255]), nan: Number.NaN })
          expect([free.get('$own'), free.second, sessionStore.user]).toEqual([1, 2, 'somebody'])
          expect(await sessionStore.listFor('somebody')).toHaveLength(1)
          expect(await sessionStore.getFlashes()).toEqual([{ message: 'a flash', level: 'info' }])
        },
      },
    )
    expect((await act('all', cookieOf(build))).text).toBe('{"result":null}')
    expect((await act('write', cookieOf(build))).status).toBe(200)
    expect((await act('end')).json()).toEqual({ result: 1 })
    await app.close()
  })

  test.each(recordFormats)('is written in format %i where that is named', async (recordFormat) => {
    const folder = copyOf(build)
    const { app, act } = await open(folder, { recordFormat }, { third: () => free.third })
    expect((await act('write', cookieOf(build))).status).toBe(200)
    expect((await act('third', cookieOf(build))).json()).toEqual({ result: 3 })
    await app.close()
    await withRecord(folder, ({ properties }) => {
      const { format, commits } = properties as Record<string, Value>
      expect(format?.integerValue).toBe(recordFormat === 1 ? undefined : String(recordFormat))
      if (recordFormat === 1) expect(commits?.arrayValue?.values?.[0]?.stringValue).toMatch(/^\S{16}/)
      else expect(commits?.stringValue).toMatch(/^\S{16,} \S{16}/)
    })
  })
})

describe('the tombstone of a session that has a new id', () => {
  const [build] = builds as [string]
  const tombstones = (folder: string) =>
    withRecords(folder, (found) => found.filter(({ properties }) => properties!.data?.stringValue === ''))

  test.each(recordFormats)('has the empty data by which builds of format %i know it', async (recordFormat) => {
    const folder = copyOf(build)
    const { app, act } = await open(folder, { recordFormat })
    expect((await act('regenerate', cookieOf(build))).status).toBe(200)
    expect((await act('regenerate', cookieOf(build))).status).toBe(200)
    await app.close()
    const [tombstone, ...others] = await tombstones(folder)
    expect(others).toEqual([])
    expect(tombstone!.properties).toMatchObject({ moved: { stringValue: expect.stringMatching(/^{"to":\["/) } })
  })

  test('is read as builds of 30 November wrote it, with what it keeps in its data', async () => {
    const folder = copyOf(build)
    const first = await open(folder)
    const next = (await first.act('regenerate', cookieOf(build))).headers.getSetCookie()[0]!.split(';')[0]
    await first.app.close()
    await withRecords(folder, async (found, engine) => {
      const { key, properties } = found.find(({ properties }) => properties!.data?.stringValue === '')!
      const { moved, ...rest } = properties!
      const update = { key, properties: { ...rest, data: { stringValue: `>${moved!.stringValue}` } } }
      await engine.commit({ projectId, mode: 'NON_TRANSACTIONAL', mutations: [{ update } as never] })
    })
    const { app, act } = await open(folder, {}, { text: () => free.text ?? 'none' })
    expect((await act('text', cookieOf(build))).json()).toEqual({ result: 'none' })
    expect((await act('text', next)).json()).toEqual({ result: 'é "quoted" \\ ~' })
    await app.close()
  })
})

describe('a record of a newer version', () => {
  const [build] = builds as [string]

  test.each([
    'read',
    'write',
    'update',
    'regenerate',
    'destroy',
    'login',
    'end',
  ])('is a 503 where the session is used (%s), and stays with its cookie', async (use) => {
    const folder = copyOf(build)
    const newer = await makeNewer(folder)
    const { app, act } = await open(folder)
    const response = await act(use, cookieOf(build))
    expect([response.status, response.headers.getSetCookie()]).toEqual([503, []])
    const unused = await act('unused', cookieOf(build))
    expect([unused.status, unused.headers.getSetCookie()]).toEqual([200, []])
    await app.close()
    await withRecord(folder, ({ properties }) => expect(properties).toMatchObject(newer.properties as object))
  })

  test('is neither listed nor purged, even if it looks expired', async () => {
    const folder = copyOf(build)
    await makeNewer(folder, { expires: { timestampValue: { seconds: '1', nanos: 0 } } })
    const { app, act } = await open(folder)
    await act('read', cookieOf(build))
    const { admin } = (app.sessionInterface as unknown as Sessions).openedRepository!
    expect((await admin.page({ limit: 10 })).sessions).toEqual([])
    expect(await admin.purge()).toBe(0)
    await app.close()
    await withRecord(folder, ({ properties }) => expect(properties).toHaveProperty('format'))
  })

  test('is a miss in the cache, and stays there', async () => {
    const [datastore, clock] = [new MemoryDatastore(), new FakeClock()]
    const calls: string[] = []
    const key = `tipfy:${keyName('sid')}`
    const header = { id: keyName('sid'), format: newestFormat + 1 }
    const connection = new Proxy({ alive: true, look: undefined } as unknown as CacheConnection, {
      get: (target, name: keyof CacheConnection) =>
        name in target || (name as string) === 'then'
          ? target[name]
          : async (...given: unknown[]) => {
              calls.push(`${name} ${given[0]}`)
              return name === 'get' ? { value: `value ${JSON.stringify(header)}\n?`, cas: 1 } : null
            },
    })
    const cache = cacheOn([{ name: 'fake', connect: async () => connection }])
    const repository = new SessionRepository({ datastore, clock, randomness: fakeRandomness(), cache })
    const other = new SessionRepository({ datastore, clock, randomness: fakeRandomness() })
    await other.create('sid', { data: '{}' })
    expect(await repository.load('sid')).toMatchObject({ state: 'live' })
    expect(calls).toEqual([`get ${key}`])
    expect(repository.stats.cacheBroken).toBe(0)
    repository.close()
  })
})

test('the format to write has to be one of those that are known', async () => {
  const opening = open(copyOf(), { recordFormat: newestFormat + 1 })
  await expect(opening).rejects.toThrow(`recordFormat must be one of the formats ${recordFormats.join(', ')}`)
})
