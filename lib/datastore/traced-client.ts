// Records the calls of the official client as steps of the request that makes them, with any transport.
import { beginStep, steps, traced } from '../internal/tracing.ts'

type Method = (this: object, request: object, ...rest: unknown[]) => unknown

const methods = ['lookup', 'runQuery', 'runAggregationQuery', 'beginTransaction', 'commit', 'rollback'] as const

/** The client's transports: each one set here is traced from then on. */
export class TracedClients extends Map<string, object> {
  override set(name: string, client: object): this {
    return super.set(name, tracedTransport(client))
  }
}

function tracedTransport(client: object): object {
  const own = Object.create(client) as Record<string, Method>
  for (const name of methods) {
    const method = (client as Record<string, Method>)[name]
    if (method === undefined) continue
    own[name] = function (request, ...rest) {
      if (!steps.hasSubscribers) return method.call(this, request, ...rest)
      const step = describeCall(name, request)
      const callback = rest.at(-1)
      if (typeof callback !== 'function') return traced('datastore', step, () => method.call(this, request, ...rest))
      return method.call(this, request, ...rest.slice(0, -1), endingStep(callback, beginStep('datastore', step)))
    }
  }
  return own
}

/** Returns a callback that ends a step before it calls `callback`. */
function endingStep(
  callback: Function,
  end: (error?: unknown) => void,
): (error: unknown, ...results: unknown[]) => void {
  return (error, ...results) => {
    end(error ?? undefined)
    callback(error, ...results)
  }
}

interface Key {
  path?: { kind?: string }[]
}

interface Described {
  keys?: Key[]
  query?: { kind?: { name?: string }[] }
  mutations?: Record<string, Key & { key?: Key }>[]
}

/** Describes a call by its method and the kinds that it is about: `lookup Session`, `commit 2 Session, SessionUser`. */
export function describeCall(method: string, request: object): string {
  const { keys, query, mutations }: Described = request
  const kinds = new Set<string | undefined>()
  const add = (key: Key | undefined) => kinds.add(key?.path?.at(-1)?.kind)
  for (const key of keys ?? []) add(key)
  for (const { name } of query?.kind ?? []) kinds.add(name)
  for (const mutation of mutations ?? []) for (const target of Object.values(mutation)) add(target?.key ?? target)
  kinds.delete(undefined)
  const count = keys?.length ?? mutations?.length ?? 0
  return `${method}${count > 1 ? ` ${count}` : ''}${kinds.size > 0 ? ` ${[...kinds].join(', ')}` : ''}`
}
