// The gRPC front: one port for Datastore clients and for a health check, and the folder behind it.

import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Datastore } from '@google-cloud/datastore'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import {
  closeDatastore,
  type DatastoreServer,
  openDatastore,
  startDatastoreServer,
} from '../../../lib/datastore/index.ts'

process.env['METADATA_SERVER_DETECTION'] = 'none'

let folder: string
let server: DatastoreServer

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tipfy-datastore-'))
  server = await startDatastoreServer({ port: 0, dataFolder: folder })
})

afterEach(async () => {
  await server.close()
  rmSync(folder, { recursive: true })
})

/** Runs with a client of the server, closed afterwards. */
async function withClient<T>(run: (datastore: Datastore) => Promise<T>, options: object = {}): Promise<T> {
  const datastore = new Datastore({ projectId: 'p', apiEndpoint: `http://127.0.0.1:${server.port}`, ...options })
  try {
    return await run(datastore)
  } finally {
    await closeDatastore(datastore)
  }
}

/** Returns the response on a raw connection. */
function say(...chunks: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(server.port, '127.0.0.1')
    let answer = ''
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1')
    })
    socket.on('error', reject).on('close', () => resolve(answer))
    const next = () => {
      const chunk = chunks.shift()
      if (chunk !== undefined) socket.write(chunk, () => setImmediate(next))
    }
    socket.on('connect', next)
  })
}

describe('the server', () => {
  test('answers GET / with Ok, and HEAD, on the port of gRPC', async () => {
    const answer = await fetch(`http://127.0.0.1:${server.port}/`)
    expect([answer.status, (await answer.text()).trim()]).toEqual([200, 'Ok'])
    const head = await fetch(answer.url, { method: 'HEAD' })
    expect([head.status, await head.text()]).toEqual([200, ''])
    expect((await fetch(`http://127.0.0.1:${server.port}/other`)).status).toBe(404)
    await withClient(async (datastore) => {
      const key = datastore.key(['K', 'a'])
      await datastore.save({ key, data: { n: 1 } })
      expect((await datastore.get(key))[0]).toMatchObject({ n: 1 })
    })
  })

  test('tells HTTP/1 from HTTP/2 whatever the pieces that a request comes in', async () => {
    const request = 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'
    expect(await say(request)).toContain('Ok')
    expect(await say('G', request.slice(1))).toContain('Ok')
    // A SETTINGS frame comes first in HTTP/2: length 3 bytes, then type 4.
    const hello = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0'
    const goaway = '\0\0\x08\x07\0\0\0\0\0\0\0\0\0\0\0\0\0'
    for (const chunks of [
      [hello + goaway],
      ['P', hello.slice(1) + goaway],
      [hello.slice(0, 20), hello.slice(20) + goaway],
    ])
      expect((await say(...chunks)).charCodeAt(3)).toBe(4)
  })

  test('refuses what is no HTTP, and goes on', async () => {
    expect(await say('nonsense\r\n\r\n')).toContain('400 Bad Request')
    expect((await fetch(`http://127.0.0.1:${server.port}/`)).status).toBe(200)
  })

  test('serves a client that knows only DATASTORE_EMULATOR_HOST', async () => {
    process.env['DATASTORE_EMULATOR_HOST'] = `127.0.0.1:${server.port}`
    try {
      const datastore = await openDatastore({ mode: 'cloud', projectId: 'p' })
      const key = datastore.key(['K', 'a'])
      await datastore.save({ key, data: { n: 2 } })
      expect((await datastore.get(key))[0]).toMatchObject({ n: 2 })
      await closeDatastore(datastore)
    } finally {
      delete process.env['DATASTORE_EMULATOR_HOST']
    }
  })

  test('keeps projects, databases and namespaces apart', async () => {
    const places = [{}, { projectId: 'q' }, { databaseId: 'd' }, { namespace: 'n' }]
    for (const [n, place] of places.entries())
      await withClient((datastore) => datastore.save({ key: datastore.key(['K', 'a']), data: { n } }), place)
    for (const [n, place] of places.entries()) {
      await withClient(async (datastore) => {
        expect((await datastore.get(datastore.key(['K', 'a'])))[0]).toMatchObject({ n })
        expect((await datastore.runQuery(datastore.createQuery('K')))[0]).toHaveLength(1)
      }, place)
    }
  })

  test('shares its folder with an engine in another place', async () => {
    const embedded = await openDatastore({ mode: 'embedded', dataFolder: folder, projectId: 'p' })
    const key = embedded.key(['K', 'a'])
    await embedded.save({ key, data: { n: 1 } })
    await withClient(async (datastore) => {
      expect((await datastore.get(key))[0]).toMatchObject({ n: 1 })
      await datastore.save({ key, data: { n: 2 } })
    })
    expect((await embedded.get(key))[0]).toMatchObject({ n: 2 })
    await closeDatastore(embedded)
  })

  test('gives a query of many megabytes in batches, which the client puts together', async () => {
    await withClient(async (datastore) => {
      const big = 'x'.repeat(1_000_000)
      for (let i = 0; i < 9; i++)
        await datastore.save({ key: datastore.key(['K', i + 1]), data: { big }, excludeFromIndexes: ['big'] })
      const [found] = await datastore.runQuery(datastore.createQuery('K'))
      expect(found.map((one: Record<symbol, { id: string }>) => one[datastore.KEY]!.id)).toEqual([...'123456789'])
    })
  })

  test('refuses a commit of more than 10 MiB', async () => {
    await withClient(async (datastore) => {
      const entities = Array.from({ length: 11 }, (_, i) => ({
        key: datastore.key(['K', i + 1]),
        data: { big: 'x'.repeat(1_000_000) },
        excludeFromIndexes: ['big'],
      }))
      await expect(datastore.save(entities)).rejects.toMatchObject({ code: 3 })
    })
  })

  test('a port that is in use is told with its remedy', async () => {
    await expect(startDatastoreServer({ port: server.port, memory: true })).rejects.toMatchObject({
      code: 'TIPFY_E_PORT_IN_USE',
    })
  })

  test('closes with calls under way: they fail, and the process can end', async () => {
    const other = await startDatastoreServer({ port: 0, memory: true })
    const datastore = new Datastore({ projectId: 'p', apiEndpoint: `http://127.0.0.1:${other.port}` })
    const gaxOptions = { timeout: 2000, retry: { retryCodes: [] } } as object
    await datastore.get(datastore.key(['K', 'a']), { gaxOptions })
    await other.close()
    await expect(datastore.get(datastore.key(['K', 'a']), { gaxOptions })).rejects.toMatchObject({
      code: expect.any(Number),
    })
    await closeDatastore(datastore)
  })
})
