// Connections without the official client. To Google Cloud: by a proxy, which leads to a server of this test instead.
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer as createProxy } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, test } from '@jest/globals'
import { closeDatastore, openDatastore } from '../../../lib/datastore/client.ts'
import { canConnect, connectToCloud, connectToEmulator } from '../../../lib/datastore/google/connection.ts'
import {
  clientCalls,
  connectionCalls,
  type DatastoreCalls,
} from '../../../lib/ext/session/repository/datastore-calls.ts'
import { startFakeGrpc } from '../../support/fake-grpc.ts'

const folder = mkdtempSync(join(tmpdir(), 'tipfy-connection-'))
const environment = { ...process.env }
const certificate = join(import.meta.dirname, '../../fixtures/datastore-cloud.pem')

// Read by grpc-js when it is loaded.
process.env.GRPC_DEFAULT_SSL_ROOTS_FILE_PATH = certificate
afterEach(() => {
  process.env = { ...environment }
})
afterAll(() => rmSync(folder, { recursive: true }))

/** Writes the key of a service account, with which no server is asked for a token. */
function writeKey(fields: object = {}): string {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const key = {
    type: 'service_account',
    project_id: 'of-the-key',
    private_key_id: 'k',
    private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    client_email: 'app@of-the-key.iam.gserviceaccount.com',
    client_id: '1',
    ...fields,
  }
  const file = join(folder, 'key.json')
  writeFileSync(file, JSON.stringify(key))
  return file
}

/** Starts a server in the place of Google Cloud, and a proxy that leads there. */
async function startCloud() {
  const server = await startFakeGrpc(() => new Uint8Array(0), readFileSync(certificate))
  const asked: (string | undefined)[] = []
  const proxy = createProxy().listen(0, '127.0.0.1')
  proxy.on('connect', ({ url }, socket) => {
    asked.push(url)
    const [host, port] = server.host.split(':')
    const through = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
      through.pipe(socket).pipe(through)
    })
    for (const end of [socket, through]) end.on('error', () => {})
  })
  await once(proxy, 'listening')
  const close = async () => {
    proxy.close()
    await server.close()
  }
  return { ...server, asked, proxy: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`, close }
}

const lookup = (calls: DatastoreCalls) =>
  calls.call('lookup', { keys: [{ path: [{ kind: 'Session', name: 'a' }] }] }, 5000)

/** The claims of a token, but for its times. */
function claimsOf(authorization: string | undefined): object {
  const claims = JSON.parse(Buffer.from(authorization!.split('.')[1]!, 'base64url').toString())
  return { ...claims, iat: undefined, exp: undefined }
}

describe('a connection to Google Cloud', () => {
  test.each([
    undefined,
    'of-the-environment',
  ])('makes the calls that the official client makes: project %s', async (project) => {
    const cloud = await startCloud()
    process.env.GOOGLE_APPLICATION_CREDENTIALS = writeKey()
    process.env.grpc_proxy = cloud.proxy
    if (project !== undefined) process.env.DATASTORE_PROJECT_ID = project
    const datastore = await openDatastore({ mode: 'cloud' })
    const connection = await connectToCloud()
    expect(await lookup(clientCalls(datastore))).toMatchObject({ found: [] })
    expect(await lookup(connectionCalls(connection))).toMatchObject({ found: [] })
    const seen = cloud.calls.map(({ headers, message }) => ({
      ...headers,
      authorization: claimsOf(headers.authorization),
      'grpc-timeout': undefined,
      message: message.toString('hex'),
    }))
    expect(seen[1]).toEqual(seen[0])
    expect(seen[1]).toMatchObject({
      'x-goog-request-params': `project_id=${project ?? 'of-the-key'}`,
      authorization: { iss: 'app@of-the-key.iam.gserviceaccount.com' },
    })
    expect(cloud.asked).toContain('datastore.googleapis.com:443')
    connection.close()
    await closeDatastore(datastore)
    await cloud.close()
  })

  test('is not made with credentials of another cloud', async () => {
    process.env.GOOGLE_APPLICATION_CREDENTIALS = writeKey({ universe_domain: 'other.example' })
    await expect(connectToCloud()).rejects.toThrow('the credentials are for other.example, not googleapis.com')
  })
})

test.each([
  '',
  'http://',
  'https://',
])('an emulator is found by its host and port, also after "%s" and before a slash', async (scheme) => {
  const server = await startFakeGrpc(() => new Uint8Array(0))
  for (const end of ['', '/']) {
    const connection = connectToEmulator(`${scheme}${server.host}${end}`, 'p')
    expect(await lookup(connectionCalls(connection))).toMatchObject({ found: [] })
    connection.close()
  }
  await server.close()
})

test.each([
  'GOOGLE_API_USE_CLIENT_CERTIFICATE',
  'GOOGLE_CLOUD_UNIVERSE_DOMAIN',
  'GOOGLE_SDK_NODE_ENABLE_TRACING',
  'GOOGLE_SDK_NODE_LOGGING',
])('where the official client connects in another way, it does so: %s', (name) => {
  expect(canConnect()).toBe(true)
  process.env[name] = 'true'
  expect(canConnect()).toBe(false)
})
