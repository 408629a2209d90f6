// Datastore's calls by the stub below the official client's transport: with its connections, credentials, headers and deadlines, but
// without the copies of requests, responses and settings that the layers between them make at each call.
import { stringify } from 'node:querystring'
import { internalsOf, type Stub, stubOf } from './client-internals.ts'
import { messageTypes, read, write } from './message-types.ts'

/** Writes the requests of a method, and reads its responses. */
interface Codec {
  path: string
  encode(request: object): Uint8Array
  decode(bytes: Uint8Array): object
}

export type StubMethod = 'lookup' | 'runQuery' | 'beginTransaction' | 'commit' | 'rollback'

/** The connection that calls are made by, the headers of each call, and the database. */
export interface CallTarget {
  readonly stub: Stub
  readonly metadata: object
  readonly database: { projectId: string; databaseId?: string }
}

/** Returns the header that says where calls belong. */
export function requestParams(projectId: string, databaseId?: string): string {
  return stringify({ project_id: projectId, ...(databaseId && { database_id: databaseId }) })
}

export class StubCalls {
  readonly #target: CallTarget
  readonly #codecs: Record<StubMethod, Codec>

  /**
   * Returns the calls of a client that has made its transport; undefined if that has no stub.
   *
   * @throws the client's error where it finds no project or no credentials
   */
  static async of(datastore: object): Promise<StubCalls | undefined> {
    const { auth, options } = internalsOf(datastore)
    const projectId = await auth.getProjectId()
    const { databaseId } = options
    const found = await stubOf(datastore, { 'x-goog-request-params': requestParams(projectId, databaseId) })
    return found && new StubCalls({ ...found, database: { projectId, ...(databaseId && { databaseId }) } })
  }

  constructor(target: CallTarget) {
    this.#target = target
    this.#codecs = {
      lookup: codec('Lookup'),
      commit: codec('Commit'),
      beginTransaction: codec('BeginTransaction'),
      rollback: codec('Rollback'),
      runQuery: plainCodec('RunQuery'),
    }
  }

  /**
   * Makes one call; rejects with grpc-js's error.
   *
   * @param request as its message has it: enumerations as numbers, but for queries
   * @param timeout in ms
   */
  call<T>(method: StubMethod, request: object, timeout: number): Promise<T> {
    const { path, encode, decode } = this.#codecs[method]
    const options = { deadline: Date.now() + timeout }
    const { stub, metadata, database } = this.#target
    const whole = { ...database, ...request }
    return new Promise((resolve, reject) => {
      withoutStacks(() => {
        stub.makeUnaryRequest(path, encode, decode, whole, metadata, options, (error, response) => {
          if (error) reject(error)
          else resolve(response as T)
        })
      })
    })
  }
}

/** Runs `fn` without stacks: grpc-js makes an error for each call, for its stack, which took a tenth of the CPU of a change. */
function withoutStacks(fn: () => void): void {
  const { stackTraceLimit } = Error
  Reflect.set(Error, 'stackTraceLimit', 0) // which may be frozen
  try {
    fn()
  } finally {
    Reflect.set(Error, 'stackTraceLimit', stackTraceLimit)
  }
}

const pathOf = (name: string): string => `/google.datastore.v1.Datastore/${name}`

/** Returns the codec of messages as protobufjs has them: 64-bit integers are objects that print as one, unset values null. */
function codec(name: string): Codec {
  const { [`${name}Request`]: request, [`${name}Response`]: response } = messageTypes()
  return {
    path: pathOf(name),
    encode: (message) => request!.encode(message).finish(),
    decode: (bytes) => response!.decode(bytes),
  }
}

/** Returns the codec of plain objects, with names of enumerations. */
function plainCodec(name: string): Codec {
  const { [`${name}Request`]: request, [`${name}Response`]: response } = messageTypes()
  return {
    path: pathOf(name),
    encode: (plain) => write(request!, plain),
    decode: (bytes) => read(response!, bytes),
  }
}
