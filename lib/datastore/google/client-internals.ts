// Everything private that we use of Google's client: the map of transports, the call beneath its methods, and the packages
// below it. In one file, with a test that names what a new version has moved.
import { isUtf8 } from 'node:buffer'
import { createRequire } from 'node:module'
import type { Datastore } from '@google-cloud/datastore'
import { resolveClient } from './load-client.ts'

/** The name under which the client keeps its one transport. */
export const transportName = 'DatastoreClient'

/** A client, or a transaction of one, as its own methods see it. */
export interface ClientInternals {
  readonly namespace?: string
  /** The transports by name: made at the first call, unless one is set before it. */
  clients_: Map<string, object>
  readonly options: {
    databaseId?: string
    sslCreds?: unknown
    enableTelemetryTracing?: boolean
    enableTelemetryLogging?: boolean
  }
  readonly auth: { getClient(): Promise<unknown>; getProjectId(): Promise<string> }
  /** Calls a method of the transport with the project and the credentials of the client. */
  request_(
    config: { client: string; method: string; reqOpts?: object; gaxOpts: object },
    callback: (error: unknown, response: never) => void,
  ): void
  /** The id of a transaction that has begun. */
  id?: unknown
}

/** The private members of a client or a transaction. */
export function internalsOf(client: object): ClientInternals {
  return client as ClientInternals
}

/** Replaces the client's map of transports. */
export function setTransports(datastore: Datastore, transports: Map<string, object>): void {
  internalsOf(datastore).clients_ = transports
}

/** The client of grpc-js that a transport calls: with the connections and the credentials. */
export interface Stub {
  makeUnaryRequest(
    path: string,
    encode: (request: object) => Uint8Array,
    decode: (bytes: Uint8Array) => object,
    request: object,
    metadata: object,
    options: { deadline: number },
    callback: (error: Error | null, response: object) => void,
  ): object
}

/** A transport as the client makes it. */
interface Transport {
  initialize?(): Promise<Partial<Stub>>
  readonly _defaults: { lookup: { otherArgs: { metadataBuilder(tests: undefined, headers: object): object } } }
}

/** Returns true once a client has its transport: it makes that at its first call. */
export function hasTransport(datastore: object): boolean {
  return internalsOf(datastore).clients_?.has(transportName) ?? false
}

/**
 * Returns the stub that a client's transport calls, and the metadata that it sends with `headers`; undefined for a transport of
 * another kind: in this process, over HTTP/1, or with Google's own tracing and logs, which lie above the stub.
 */
export async function stubOf(
  datastore: object,
  headers: object,
): Promise<{ stub: Stub; metadata: object } | undefined> {
  const { clients_: clients, options } = internalsOf(datastore)
  const { GOOGLE_SDK_NODE_ENABLE_TRACING, GOOGLE_SDK_NODE_LOGGING } = process.env
  if (GOOGLE_SDK_NODE_ENABLE_TRACING || GOOGLE_SDK_NODE_LOGGING) return undefined
  if (options.enableTelemetryTracing || options.enableTelemetryLogging) return undefined
  const transport = clients.get(transportName) as Transport
  const stub = await transport.initialize?.()
  if (stub?.makeUnaryRequest === undefined) return undefined
  return { stub: stub as Stub, metadata: transport._defaults.lookup.otherArgs.metadataBuilder(undefined, headers) }
}

/** Closes the connections of a client. */
export async function closeTransports(datastore: Datastore): Promise<void> {
  const transports = internalsOf(datastore).clients_.values() as Iterable<{ close?(): Promise<void> }>
  await Promise.all(Array.from(transports, (transport) => transport.close?.()))
}

const protosFolder = '@google-cloud/datastore-api/build/protos'

/** Requires a package that the client depends on, wherever npm has put it. */
function clientRequire(): NodeJS.Require {
  return createRequire(resolveClient())
}

/** Requires a package that the client's transport depends on. */
function gaxRequire(): NodeJS.Require {
  return createRequire(clientRequire().resolve('google-gax'))
}

/** The protobuf messages of `google`, as generated classes. */
export function generatedProtos(): { google: { datastore: { v1: Record<string, never> } } } {
  return clientRequire()(`${protosFolder}/protos.js`)
}

/** The same messages as protobufjs describes them. */
export function describedProtos(): object {
  return clientRequire()(`${protosFolder}/protos.json`)
}

/** Reads the fields of a message from its bytes. */
export interface ProtobufReader {
  bytes(): Buffer
  string(): string
}

interface Protobuf {
  Reader: { create(bytes: Uint8Array): ProtobufReader }
}

/** Kept, because to find a package takes longer than to read a message. */
let protobuf: Protobuf | undefined

/** Returns a reader that rejects texts that are no UTF-8, or longer than the message: protobufjs reads others in their place. */
export function strictReader(message: Uint8Array): ProtobufReader {
  protobuf ??= (clientRequire()('google-gax/build/src/protobuf') as { protobufMinimal: Protobuf }).protobufMinimal
  const reader = protobuf.Reader.create(Buffer.from(message.buffer, message.byteOffset, message.length))
  reader.string = strictText
  return reader
}

function strictText(this: ProtobufReader): string {
  const bytes = this.bytes()
  if (!isUtf8(bytes)) throw new Error('a text is no valid UTF-8')
  return bytes.toString()
}

/** The parts of grpc-js that a connection uses. */
interface Grpc {
  readonly Client: new (address: string, credentials: object, options: object) => Stub & { close(): void }
  readonly Metadata: new () => { set(name: string, value: string): void }
  readonly credentials: {
    createInsecure(): object
    createSsl(): object
    createFromGoogleCredential(client: { getRequestHeaders(url: string): Promise<object> }): object
    combineChannelCredentials(channel: object, call: object): object
  }
}

/** Returns grpc-js, the connections of the client's transport. */
export function grpcPackage(): Grpc {
  return gaxRequire()('@grpc/grpc-js') as Grpc
}

/** The parts of google-auth-library that a connection uses. */
interface GoogleAuth {
  getClient(): Promise<{ getRequestHeaders(url: string): Promise<Iterable<[string, string]>> }>
  getProjectId(): Promise<string>
  getUniverseDomain(): Promise<string>
}

/** Returns what looks for credentials, as the client's transport sets it up. @param projectId undefined to look for it as well */
export function googleAuth(projectId: string | undefined, host: string): GoogleAuth {
  const found = gaxRequire()('google-auth-library') as { GoogleAuth: new (options: object) => GoogleAuth }
  const auth = new found.GoogleAuth({ scopes, projectId })
  return Object.assign(auth, { useJWTAccessWithScope: true, defaultServicePath: host, defaultScopes: scopes })
}

const scopes = ['https://www.googleapis.com/auth/cloud-platform', 'https://www.googleapis.com/auth/datastore']

/** Returns the header by which the client's transport tells its versions. */
export function clientHeader(): string {
  const [client, gax] = [clientRequire(), gaxRequire()]
  const versions = {
    gax: versionIn(gax),
    gapic: versionIn(createRequire(client.resolve('@google-cloud/datastore-api'))),
    'gl-node': process.versions.node,
    grpc: versionIn(createRequire(gax.resolve('@grpc/grpc-js'))),
    gccl: versionIn(client),
  }
  return Object.entries(versions)
    .map(([name, version]) => `${name}/${version}`)
    .join(' ')
}

/** By the place of the manifest beside the main file, `build/src/index.js`: not all packages export it. */
function versionIn(require: NodeJS.Require): string {
  return (require('../../package.json') as { version: string }).version
}

/** Credentials that need no server: the client would search a second for one. */
export function noCredentials(): object {
  const { PassThroughClient } = gaxRequire()('google-auth-library') as { PassThroughClient: new () => object }
  return new PassThroughClient()
}
