// The parameters of an operation: the variables of its rule by their converters, and the query by its schema.
import { AnyConverter, FloatConverter, IntegerConverter, UuidConverter } from '../../routing/converters.ts'
import type { BaseConverter, Rule } from '../../routing/index.ts'
import type { JsonSchema } from './json-schemas.ts'

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

/** Returns the path of a rule as OpenAPI writes it: `/archive/{year}`. */
export function pathOf({ path }: Rule): string {
  return path.replace(/<(?:\w+(?:\(.*?\))?:)?(\w+)>/g, '{$1}')
}

export function pathParameters(rule: Rule): Parameter[] {
  const inPath = new Set(Array.from(pathOf(rule).matchAll(/\{(\w+)\}/g), ([, name]) => name))
  return rule.compiled.variables
    .filter(([name]) => inPath.has(name))
    .map(([name, converter]) => ({ name, in: 'path', required: true, schema: schemaOf(converter) }))
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
export function queryParameters(schema: JsonSchema): Parameter[] {
  const { properties = {}, required = [] } = schema as { properties?: Record<string, JsonSchema>; required?: string[] }
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    schema: property,
    // The names of nested fields: `filter[name]`.
    ...(property.type === 'object' ? { style: 'deepObject', explode: true } : {}),
    ...(typeof property.description === 'string' ? { description: property.description } : {}),
  }))
}
