// The ways to make Datastore's calls: the engine in this process, without any package of Google's, a connection without the official
// client, and that client, whose connections are called directly where that is possible. All take and return the messages of
// google.datastore.v1.
import type { Embedded } from '../../../datastore/client.ts'
import { asStatus } from '../../../datastore/engine/protocol/status.ts'
import { hasTransport, internalsOf, transportName } from '../../../datastore/google/client-internals.ts'
import { type Key, SharedLookups } from '../../../datastore/google/shared-lookups.ts'
import { type CallTarget, StubCalls } from '../../../datastore/google/stub-calls.ts'
import { describeCall } from '../../../datastore/traced-client.ts'
import { steps, traced } from '../../../internal/tracing.ts'
import type { DatastoreClient } from '../config/config.ts'

export type Method = 'lookup' | 'runQuery' | 'beginTransaction' | 'commit' | 'rollback'

export interface DatastoreCalls {
  /** The namespace of the records; undefined for the default one. */
  readonly namespace: string | undefined
  /**
   * Makes one call, without any retry; rejects with an error that has a status code of gRPC.
   *
   * @param timeout in ms
   * @param transaction the id of the transaction that the call belongs to
   */
  call<T>(method: Method, request: object, timeout: number, transaction?: Uint8Array): Promise<T>
}

export function engineCalls({ engine, place: { projectId, databaseId, namespace } }: Embedded): DatastoreCalls {
  return {
    namespace,
    async call<T>(method: Method, request: object, timeout: number, transaction?: Uint8Array): Promise<T> {
      const whole = { projectId, databaseId, ...request, ...ofTransaction(method, transaction) }
      const run = () => engine[method](whole, timeout) as T | Promise<T>
      try {
        return await (steps.hasSubscribers ? traced('datastore', describeCall(method, whole), run) : run())
      } catch (error) {
        throw asStatus(error)
      }
    },
  }
}

/** Modes of a commit. */
const [transactional, nonTransactional] = [1, 2]

/** The fields of a request that say whether it belongs to a transaction. */
function ofTransaction(method: Method, transaction: Uint8Array | undefined): object {
  if (method === 'commit') return { mode: transaction === undefined ? nonTransactional : transactional, transaction }
  if (transaction === undefined) return {}
  return method === 'rollback' ? { transaction } : { readOptions: { transaction } }
}

/**
 * Calls the connections of the official client directly. The first call goes its own way, which makes them; the others do so where
 * they are of another kind.
 */
export function clientCalls(datastore: DatastoreClient): DatastoreCalls {
  const requests = requestCalls(datastore)
  let isSought = false
  let direct: DatastoreCalls['call'] | undefined
  const seek = () => {
    isSought = true
    StubCalls.of(datastore).then(
      (found) => {
        direct = found && stubCall(found)
      },
      () => {}, // the client's own way has the same error
    )
  }
  return {
    namespace: requests.namespace,
    call<T>(method: Method, request: object, timeout: number, transaction?: Uint8Array): Promise<T> {
      if (!isSought && hasTransport(datastore)) seek()
      if (direct === undefined) return requests.call(method, request, timeout, transaction)
      return direct(method, request, timeout, transaction)
    },
  }
}

/** Calls a connection of the sessions' own. */
export function connectionCalls(connection: CallTarget): DatastoreCalls {
  return { namespace: undefined, call: stubCall(new StubCalls(connection)) }
}

/** Makes calls by a stub, and lookups of one record each together. */
function stubCall(stub: StubCalls): DatastoreCalls['call'] {
  const lookups = new SharedLookups((request, timeout) => stub.call('lookup', request, timeout))
  return <T>(method: Method, request: object, timeout: number, transaction?: Uint8Array): Promise<T> => {
    const whole = { ...request, ...ofTransaction(method, transaction) }
    const key = method === 'lookup' && transaction === undefined ? onlyKey(request) : undefined
    const run = () => (key ? (lookups.add(key, timeout) as Promise<T>) : stub.call<T>(method, whole, timeout))
    return steps.hasSubscribers ? traced('datastore', describeCall(method, whole), run) : run()
  }
}

/** Returns the key of a lookup that has one. */
function onlyKey({ keys }: { keys?: readonly Key[] }): Key | undefined {
  return keys?.length === 1 ? keys[0] : undefined
}

/** Calls below the client's methods, which hide the versions of entities and cost twice the CPU. */
export function requestCalls(datastore: DatastoreClient): DatastoreCalls {
  const client = internalsOf(datastore)
  return {
    namespace: client.namespace,
    call<T>(method: Method, reqOpts: object, timeout: number, transaction?: Uint8Array): Promise<T> {
      let caller = client
      if (transaction !== undefined) {
        caller = internalsOf(datastore.transaction() as object)
        caller.id = transaction
      }
      // `retry: null`: the client's own would outlast any deadline.
      const config = { client: transportName, method, reqOpts, gaxOpts: { timeout, retry: null } }
      return new Promise<T>((resolve, reject) => {
        caller.request_(config, (error, response) => (error ? reject(error) : resolve(response as T)))
      })
    },
  }
}
