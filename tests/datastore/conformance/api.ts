// The tools of a conformance case: the official client over gRPC, the raw calls beneath it, and short ways to say what
// was seen. Everything lies in a namespace of the case's own.
import type { Datastore } from '@google-cloud/datastore'
import type { Filter, Key, Mutation, Query, Value } from '../../../lib/datastore/engine/protocol/messages.ts'
import { internalsOf, transportName } from '../../../lib/datastore/google/client-internals.ts'

type Raw = Record<string, (request: object) => Promise<[Record<string, never>]>>

/** A refusal, or the answer. */
export interface Refusal {
  code: number
  details: string
}

export class Api {
  readonly datastore: Datastore
  readonly projectId: string
  readonly namespaceId: string

  constructor(datastore: Datastore, projectId: string, namespaceId: string) {
    this.datastore = datastore
    this.projectId = projectId
    this.namespaceId = namespaceId
  }

  /** Calls a method of the service itself. */
  // biome-ignore lint/suspicious/noExplicitAny: cases look into answers of every shape
  async call(method: string, request: object): Promise<any> {
    const { clients_: transports } = internalsOf(this.datastore)
    if (!transports.has(transportName)) await this.datastore.get(this.datastore.key(['Warm', 'up']))
    try {
      const [answer] = await (transports.get(transportName) as Raw)[method]!({ projectId: this.projectId, ...request })
      return answer
    } catch (error) {
      const { code, details } = error as Refusal
      return { code, details }
    }
  }

  /** A key of kinds and ids in turn; an id left out at the end leaves the key incomplete. */
  key(...path: (string | number | undefined)[]): Key {
    const elements = []
    for (let i = 0; i < path.length; i += 2) {
      const id = path[i + 1]
      elements.push({
        kind: String(path[i]),
        ...(typeof id === 'number' ? { id: String(id) } : id === undefined ? {} : { name: id }),
      })
    }
    return { partitionId: { namespaceId: this.namespaceId }, path: elements }
  }

  /** A plain commit; gives `ok`, or the refusal's code. */
  async commit(...mutations: Mutation[]): Promise<unknown> {
    return outcome(await this.call('commit', { mode: 'NON_TRANSACTIONAL', mutations }))
  }

  upsert(key: Key, properties: Record<string, Value> = {}): Mutation {
    return { upsert: { key, properties } }
  }

  /** Saves entities of kind K, by name (`a`, or `a/b` for a child), through the client's own conversion. */
  async put(entities: Record<string, object>): Promise<void> {
    const saved = Object.entries(entities).map(([names, data]) => ({
      key: this.datastore.key({
        namespace: this.namespaceId,
        path: names.split('/').flatMap((name) => ['K', name]),
      }),
      data,
    }))
    await this.datastore.save(saved)
  }

  async begin(options?: object): Promise<Uint8Array> {
    const { transaction } = await this.call('beginTransaction', options ? { transactionOptions: options } : {})
    return transaction
  }

  /** The properties of one entity as `name=value`, or `missing`, or a refusal's code. */
  async get(key: Key, readOptions?: object): Promise<unknown> {
    const answer = await this.call('lookup', { keys: [key], readOptions })
    if (answer.code) return answer.code
    return answer.found.length > 0 ? show(answer.found[0].entity.properties) : 'missing'
  }

  /** Runs a GQL text; literals are allowed unless that is said otherwise. */
  async gql(queryString: string, more: object = {}): Promise<unknown> {
    const answer = await this.call('runQuery', {
      partitionId: { namespaceId: this.namespaceId },
      gqlQuery: { queryString, allowLiterals: true, ...more },
    })
    return (
      answer.code ?? results(answer, /^select (distinct on \(.*?\) )?\*/i.test(queryString) ? {} : { projection: [{}] })
    )
  }

  /** Runs a query of kind K; gives the results' names, with the values of a projection, or the refusal's code. */
  async ask(query: Query, more: object = {}): Promise<unknown> {
    const answer = await this.call('runQuery', {
      partitionId: { namespaceId: this.namespaceId },
      query: { kind: [{ name: 'K' }], ...query },
      ...more,
    })
    return answer.code ?? results(answer, query)
  }
}

// biome-ignore lint/suspicious/noExplicitAny: as it came
function results(answer: any, query: Query): string {
  return answer.batch.entityResults
    .map(({ entity }: { entity: { key: Key; properties: Record<string, Value> } }) => {
      const name = entity.key.path!.map((element) => element.name ?? element.id).join('/')
      return query.projection?.length ? name + show(entity.properties) : name
    })
    .join(' ')
}

/** Values for people: `{a=1, b="x"}`. */
export function show(properties: Record<string, Value>): string {
  return `{${Object.entries(properties)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${showValue(value)}`)
    .join(', ')}}`
}

function showValue(value: Value): string {
  if (value.entityValue) return show(value.entityValue.properties ?? {})
  if (value.arrayValue) return `[${(value.arrayValue.values ?? []).map(showValue).join(', ')}]`
  if (value.stringValue !== undefined) return JSON.stringify(value.stringValue)
  if (value.blobValue) return `0x${Buffer.from(value.blobValue as Buffer).toString('hex')}`
  if (value.timestampValue) return `${value.timestampValue.seconds}s${value.timestampValue.nanos ?? 0}`
  if (value.geoPointValue) return `(${value.geoPointValue.latitude}, ${value.geoPointValue.longitude})`
  if (value.keyValue) return `<${value.keyValue.path!.map(({ kind, id, name }) => `${kind} ${name ?? id}`).join(' ')}>`
  return String(
    value.nullValue !== undefined ? null : (value.booleanValue ?? value.integerValue ?? `${value.doubleValue}d`),
  )
}

/** `ok`, or the code of a refusal. */
export function outcome(answer: { code?: number }): unknown {
  return answer.code ?? 'ok'
}

export const int = (n: number): Value => ({ integerValue: String(n) })
export const text = (stringValue: string): Value => ({ stringValue })
export const list = (...values: Value[]): Value => ({ arrayValue: { values } })
export const inner = (properties: Record<string, Value>, key?: Key): Value => ({ entityValue: { properties, key } })
export const where = (name: string, op: string, value: Value): Filter => ({
  propertyFilter: { property: { name }, op, value },
})
export const and = (...filters: Filter[]): Filter => ({ compositeFilter: { op: 'AND', filters } })
export const or = (...filters: Filter[]): Filter => ({ compositeFilter: { op: 'OR', filters } })
export const order = (...names: string[]) =>
  names.map((name) => ({
    property: { name: name.replace(/^-/, '') },
    direction: name.startsWith('-') ? 'DESCENDING' : 'ASCENDING',
  }))
export const select = (...names: string[]) => names.map((name) => ({ property: { name } }))
export const names = (...list: string[]) => list.map((name) => ({ name }))

/** One thing that can be asked of any Datastore. */
export interface Case {
  name: string
  run(api: Api): Promise<unknown>
  /** The engine's answer. */
  want: unknown
  /** The response of Google's emulator where it differs, and the reason that decides for the engine. */
  emulator?: { answers: unknown; because: string }
}
