// The place of an operation: its path and host, the variables of its rule by their converters, and the query by its schema.
import { isDeepStrictEqual } from 'node:util'
import { AnyConverter, FloatConverter, IntegerConverter, UuidConverter } from '../../routing/converters.ts'
import type { BaseConverter, Rule, UrlMap } from '../../routing/index.ts'
import { quotePath } from '../../routing/quote.ts'
import type { JsonSchema, JsonSchemas } from './json-schemas.ts'

/** https://spec.openapis.org/oas/v3.1.1.html#parameter-object */
export interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query'
  readonly required: boolean
  readonly schema: JsonSchema
  readonly description?: string
  readonly style?: 'deepObject'
  readonly explode?: boolean
}

/** https://spec.openapis.org/oas/v3.1.1.html#server-object */
export interface Server {
  readonly url: string
  readonly variables?: Readonly<Record<string, { readonly default: string }>>
}

/** Returns the host and the path of a rule, with `<name>` for their variables. */
function halvesOf({ compiled: { trace } }: Rule): [domain: string, path: string] {
  const at = trace.indexOf('|')
  return [trace.slice(0, at), trace.slice(at + 1)]
}

const variable = /<(\w+)>/
const namesIn = (text: string) => Array.from(text.matchAll(/<(\w+)>/g), ([, name]) => name!)

/** Returns the path of a rule as OpenAPI writes it: `/archive/{year}`. Its texts are quoted: a `{` or `?` in them is no more than that. */
export function pathOf(rule: Rule): string {
  const pieces = halvesOf(rule)[1].split(variable)
  return pieces.map((piece, at) => (at % 2 === 0 ? quotePath(piece) : `{${piece}}`)).join('')
}

/** Returns the host of a rule that has one of its own. */
export function serversOf(rule: Rule, { hostMatching, serverName, defaultSubdomain }: UrlMap): Server[] {
  const [domain] = halvesOf(rule)
  if (domain === '' || domain === defaultSubdomain || (!hostMatching && serverName === null)) return []
  const host = hostMatching ? domain : `${domain}.${serverName}`
  const names = namesIn(host)
  const variables = Object.fromEntries(names.map((name) => [name, { default: name }]))
  const url = `//${host.replaceAll('<', '{').replaceAll('>', '}')}`
  return [names.length === 0 ? { url } : { url, variables }]
}

/** @param names those that the path has for its variables, in order */
export function pathParameters(rule: Rule, names: readonly string[]): Parameter[] {
  const { converters } = rule.compiled
  return namesIn(halvesOf(rule)[1]).map((own, at) => ({
    name: names[at]!,
    in: 'path',
    required: true,
    schema: schemaOf(converters.get(own)!),
  }))
}

function schemaOf(converter: BaseConverter): JsonSchema {
  if (converter instanceof IntegerConverter) return { type: 'integer', ...limitsOf(converter) }
  if (converter instanceof FloatConverter) return { type: 'number', ...limitsOf(converter) }
  if (converter instanceof UuidConverter) return { type: 'string', format: 'uuid' }
  if (converter instanceof AnyConverter) return { type: 'string', enum: [...converter.items] }
  const { regex } = converter
  return regex === '[^/]+' || regex === '[^/]{1,}' ? { type: 'string' } : { type: 'string', pattern: `^${regex}$` }
}

function limitsOf({ min, max, regex }: IntegerConverter | FloatConverter): JsonSchema {
  const least = min ?? (regex.startsWith('-') ? null : 0)
  return { ...(least === null ? {} : { minimum: least }), ...(max === null ? {} : { maximum: max }) }
}

/** Returns a parameter for each property of the query's schema; for a schema without properties none can be named. */
export function queryParameters(schema: JsonSchema, schemas: JsonSchemas): Parameter[] {
  return Array.from(propertiesOf(schema, schemas), ([name, { required, schema: property }]) => ({
    name,
    in: 'query',
    required,
    schema: property,
    // The names of nested fields: `filter[name]`.
    ...(schemas.resolve(property).type === 'object' ? { style: 'deepObject', explode: true } : {}),
    ...(typeof property.description === 'string' ? { description: property.description } : {}),
  }))
}

interface Property {
  readonly required: boolean
  readonly schema: JsonSchema
}

/** Gathers the properties of a schema and of those that it is made of: one that only some of its choices require is optional. */
function propertiesOf(
  given: JsonSchema,
  schemas: JsonSchemas,
  above: readonly JsonSchema[] = [],
): Map<string, Property> {
  const found = new Map<string, Property>()
  const schema = schemas.resolve(given)
  if (above.includes(schema)) return found
  const add = (name: string, { required, schema: one }: Property) => {
    const known = found.get(name)
    const isNew = known === undefined || isDeepStrictEqual(known.schema, one)
    found.set(name, {
      required: required || known?.required === true,
      schema: isNew ? one : { allOf: [known.schema, one] },
    })
  }
  const { properties = {}, required = [] } = schema as { properties?: Record<string, JsonSchema>; required?: string[] }
  for (const [name, one] of Object.entries(properties)) add(name, { required: false, schema: one })
  const parts = (key: string) =>
    ((schema[key] ?? []) as JsonSchema[]).map((part) => propertiesOf(part, schemas, [...above, schema]))
  for (const part of parts('allOf')) for (const [name, one] of part) add(name, one)
  for (const choices of [parts('anyOf'), parts('oneOf')])
    for (const name of new Set(choices.flatMap((choice) => [...choice.keys()]))) add(name, eitherOf(choices, name))
  for (const name of required) if (found.has(name)) found.set(name, { ...found.get(name)!, required: true })
  return found
}

function eitherOf(choices: readonly ReadonlyMap<string, Property>[], name: string): Property {
  const given = choices.flatMap((choice) => choice.get(name) ?? [])
  const [first, ...others] = given.map(({ schema }) => schema)
  const isOne = others.every((other) => isDeepStrictEqual(other, first))
  return {
    required: given.length === choices.length && given.every(({ required }) => required),
    schema: isOne ? first! : { anyOf: [first, ...others] },
  }
}
