// Schemas of any library as JSON Schema in one OpenAPI document: what they define and refer to becomes components.
import { isDeepStrictEqual } from 'node:util'
import type { StandardSchema } from '../../http/schema.ts'

/** A JSON Schema, 2020-12. */
export type JsonSchema = Readonly<Record<string, unknown>>

/** Makes libraries leave open what JSON Schema cannot say, instead of throwing. */
const lenient: Readonly<Record<string, Record<string, unknown>>> = {
  zod: { unrepresentable: 'any' },
  arktype: { fallback: ({ base }: { base: unknown }) => base },
  valibot: { errorMode: 'ignore' },
}

/** The schemas of one document. */
export class JsonSchemas {
  /** By name, for `components.schemas`. */
  readonly components: Record<string, JsonSchema> = {}
  /** The reason for each schema that could not be written. */
  readonly problems: string[] = []
  /** The components as their library wrote them. */
  readonly #given = new Map<string, unknown>()

  /** @param name a name for the schema, should it need one because it refers to itself */
  of(schema: StandardSchema, name: string): JsonSchema {
    const { jsonSchema, vendor } = schema['~standard']
    if (jsonSchema === undefined) return this.#open(name, remedies[vendor] ?? `${vendor} does not write JSON Schema`)
    try {
      return this.#adopt(jsonSchema.input({ target: 'draft-2020-12', libraryOptions: lenient[vendor] }), name)
    } catch (error) {
      return this.#open(name, (error as Error).message)
    }
  }

  /** Returns the component that a schema is a reference to, or the schema itself. */
  resolve(schema: JsonSchema): JsonSchema {
    const [, name] = /^#\/components\/schemas\/(.+)$/.exec(String(schema.$ref)) ?? []
    return (name === undefined ? undefined : this.components[name]) ?? schema
  }

  #open(name: string, why: string): JsonSchema {
    this.problems.push(`${name}: ${why}`)
    return {}
  }

  /** References of a schema count from its root, which in a document is somewhere else. */
  #adopt({ $schema: _, $defs = {}, ...own }: Record<string, unknown>, name: string): JsonSchema {
    const names = new Map<string, string>()
    const definitions = Object.entries($defs as Record<string, JsonSchema>)
    for (const [id, definition] of definitions) names.set(`#/$defs/${escapePointer(id)}`, this.#nameFor(id, definition))
    const isRecursive = refersTo(own, '#') || definitions.some(([, definition]) => refersTo(definition, '#'))
    if (isRecursive) names.set('#', this.#nameFor(name, own))
    for (const [id, definition] of definitions) {
      this.components[names.get(`#/$defs/${escapePointer(id)}`)!] = rename(definition, names) as JsonSchema
    }
    const schema = rename(own, names) as JsonSchema
    if (!isRecursive) return schema
    this.components[names.get('#')!] = schema
    return { $ref: `#/components/schemas/${names.get('#')}` }
  }

  /** Returns a name for a component that no other one has. */
  #nameFor(wanted: string, schema: unknown): string {
    const base = wanted.replace(/[^\w.-]+/g, '_')
    for (let n = 1; ; n++) {
      const name = n === 1 ? base : `${base}${n}`
      if (!this.#given.has(name)) this.#given.set(name, schema)
      if (isDeepStrictEqual(this.#given.get(name), schema)) return name
    }
  }
}

const remedies: Readonly<Record<string, string>> = {
  zod: 'zod writes JSON Schema from version 4.2',
  arktype: 'arktype writes JSON Schema from version 2.1.28',
  valibot: 'wrap it in toStandardJsonSchema() of @valibot/to-json-schema',
  effect: 'wrap it in Schema.toStandardJSONSchemaV1()',
  joi: 'joi writes JSON Schema from version 18.1',
}

const escapePointer = (id: string) => id.replaceAll('~', '~0').replaceAll('/', '~1')

function refersTo(value: unknown, target: string): boolean {
  if (typeof value !== 'object' || value === null) return false
  return Object.entries(value).some(([key, one]) => (key === '$ref' ? one === target : refersTo(one, target)))
}

function rename(value: unknown, names: ReadonlyMap<string, string>): unknown {
  if (Array.isArray(value)) return value.map((one) => rename(one, names))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => {
      const name = key === '$ref' ? names.get(one as string) : undefined
      return [key, name === undefined ? rename(one, names) : `#/components/schemas/${name}`]
    }),
  )
}
