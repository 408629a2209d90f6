// Shows the calls of the official client as steps of the request that makes them, whatever transport is below it.
import { beginStep, steps } from '../trace.ts'

type Callback = (error: Error | null, response?: unknown) => void
type Method = (this: object, request: object, options: object | undefined, callback: Callback) => unknown

const methods = ['lookup', 'runQuery', 'runAggregationQuery', 'beginTransaction', 'commit', 'rollback'] as const

/** What the client keeps its transports in: each one set here is seen through from then on. */
export class TracedClients extends Map<string, object> {
  override set(name: string, client: object): this {
    return super.set(name, seenThrough(client))
  }
}

function seenThrough(client: object): object {
  const own = Object.create(client) as Record<string, Method>
  for (const name of methods) {
    const method = (client as Record<string, Method>)[name]
    if (method === undefined) continue
    own[name] = function (request, options, callback) {
      if (!steps.hasSubscribers) return method.call(this, request, options, callback)
      const end = beginStep('datastore', `${name}${subjectOf(request)}`)
      return method.call(this, request, options, (error, response) => {
        end(error ?? undefined)
        callback(error, response)
      })
    }
  }
  return own
}

interface Key {
  path?: { kind?: string }[]
}

interface Described {
  keys?: Key[]
  query?: { kind?: { name?: string }[] }
  mutations?: Record<string, Key & { key?: Key }>[]
}

/** The kinds that a call is about: ` Session`, ` 2 Session, SessionUser`. */
function subjectOf({ keys, query, mutations }: Described): string {
  const kinds = new Set<string | undefined>()
  const add = (key: Key | undefined) => kinds.add(key?.path?.at(-1)?.kind)
  for (const key of keys ?? []) add(key)
  for (const { name } of query?.kind ?? []) kinds.add(name)
  for (const mutation of mutations ?? []) for (const target of Object.values(mutation)) add(target?.key ?? target)
  kinds.delete(undefined)
  const count = keys?.length ?? mutations?.length ?? 0
  return `${count > 1 ? ` ${count}` : ''}${kinds.size > 0 ? ` ${[...kinds].join(', ')}` : ''}`
}
