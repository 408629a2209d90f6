// The rules and schemas of an application as an OpenAPI 3.1 document.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isApiPath } from '../../http/request/settings.ts'
import type { InputSchemas } from '../../http/request/valid.ts'
import type { Rule, UrlMap } from '../../routing/index.ts'
import { type HandlerClass, methodsOf, type Verb } from '../handler.ts'
import type { App } from '../types.ts'
import { type JsonSchema, JsonSchemas } from './json-schemas.ts'
import { type Parameter, pathOf, pathParameters, queryParameters, type Server, serversOf } from './parameters.ts'

/** https://spec.openapis.org/oas/v3.1.1.html#operation-object */
export interface Operation {
  readonly operationId: string
  readonly summary: string
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: JsonSchema
  readonly responses: Readonly<Record<string, JsonSchema>>
  readonly servers?: readonly Server[]
}

/** Operations by method in lower case; `x-query` for HTTP QUERY, which OpenAPI knows from 3.2. */
export type PathItem = Record<string, Operation>

/** https://spec.openapis.org/oas/v3.1.1.html#openapi-object */
export interface OpenApiDocument {
  readonly openapi: '3.1.1'
  readonly info: { readonly title: string; readonly version: string }
  readonly paths: Readonly<Record<string, PathItem>>
  readonly components: { readonly schemas: Readonly<Record<string, JsonSchema>> }
}

/** The document, and what could not be said in it. */
export interface Described {
  readonly document: OpenApiDocument
  readonly problems: readonly string[]
}

const problem: JsonSchema = {
  description: 'Invalid input, by RFC 9457.',
  type: 'object',
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          path: { type: 'array', items: { type: ['string', 'integer'] } },
          message: { type: 'string' },
          in: { enum: ['form', 'query', 'json', 'files'] },
          field: { type: 'string' },
        },
        required: ['path', 'message', 'in'],
      },
    },
  },
  required: ['title', 'status', 'errors'],
}

/** Describes the rules of an application, or of its `apiPaths` alone, with the schemas of `static input`. Imports its handlers. */
export async function describeApp(app: App): Promise<Described> {
  const writer = new Writer(app.urlMap!)
  const { apiPaths } = app.settings
  for (const rule of app.urlMap!.addedRules) {
    if (!rule.hasHandler || !(apiPaths.length === 0 || isApiPath(rule.path, apiPaths))) continue
    try {
      writer.add(rule, await app.handlers.load(rule))
    } catch (error) {
      writer.schemas.problems.push(`${rule.path}: ${(error as Error).message}`)
    }
  }
  const { paths, schemas } = writer
  return {
    document: { openapi: '3.1.1', info: infoOf(app.root), paths, components: { schemas: schemas.components } },
    problems: schemas.problems,
  }
}

function infoOf(root: string): OpenApiDocument['info'] {
  let found: { name?: unknown; version?: unknown } = {}
  try {
    found = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  } catch {
    // An application without one has no name.
  }
  const { name, version } = found ?? {}
  return {
    title: typeof name === 'string' && name !== '' ? name : 'application',
    version: typeof version === 'string' && version !== '' ? version : '0.0.0',
  }
}

class Writer {
  readonly paths: Record<string, PathItem> = {}
  readonly schemas = new JsonSchemas()
  readonly #map: UrlMap
  readonly #ids = new Set<string>()
  /** The first path of each form: to OpenAPI `/{id}` and `/{name}` are the same. */
  readonly #pathByForm = new Map<string, string>()
  readonly #ruleOf = new Map<Operation, Rule>()

  constructor(map: UrlMap) {
    this.#map = map
  }

  add(rule: Rule, handler: HandlerClass): void {
    const form = pathOf(rule).replace(/\{\w+\}/g, '{}')
    const path = this.#pathByForm.get(form) ?? pathOf(rule)
    this.#pathByForm.set(form, path)
    const methods = methodsOf(handler).filter(
      (method) => (rule.methods?.has(method) ?? true) && !/^(?:HEAD|OPTIONS|TRACE)$/.test(method),
    )
    if (methods.length === 0) return
    this.paths[path] ??= {}
    const item = this.paths[path]
    const hidden = new Map<string, Rule>()
    for (const method of methods) {
      const key = method === 'QUERY' ? 'x-query' : method.toLowerCase()
      const known = item[key]
      if (known === undefined) item[key] = this.#operation(rule, handler, method.toLowerCase() as Verb, path)
      else hidden.set(method, this.#ruleOf.get(known)!)
    }
    // Of rules with the same path the first is matched; with other converters or on another host, both are.
    const [first] = hidden.values()
    if (first === undefined || (first.path === rule.path && first.compiled.trace === rule.compiled.trace)) return
    const [own, other] = [rule, first].map(({ endpoint, path }) => endpoint || path)
    this.schemas.problems.push(`${own} (${[...hidden.keys()].join(', ')}): to OpenAPI its path is that of ${other}`)
  }

  #operation(rule: Rule, handler: HandlerClass, verb: Verb, path: string): Operation {
    const name = `${rule.endpoint || handler.name}.${verb}`
    const input = handler.input?.[verb]
    const query =
      input?.query === undefined ? [] : queryParameters(this.schemas.of(input.query, `${name}.query`), this.schemas)
    const names = Array.from(path.matchAll(/\{(\w+)\}/g), ([, one]) => one!)
    const parameters = [...pathParameters(rule, names), ...query]
    const servers = serversOf(rule, this.#map)
    const body = input === undefined ? undefined : this.#body(input, name)
    const responses: Record<string, JsonSchema> = {
      default: { description: `The response of ${handler.name}.${verb}.` },
    }
    if (input !== undefined) {
      this.schemas.components.Problem ??= problem
      const content = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } }
      responses['422'] = { description: 'The input is not valid.', content }
    }
    const operation: Operation = {
      operationId: this.#idFor(name),
      summary: `${handler.name}.${verb}`,
      ...(parameters.length > 0 ? { parameters } : {}),
      ...(body === undefined ? {} : { requestBody: body }),
      responses,
      ...(servers.length > 0 ? { servers } : {}),
    }
    this.#ruleOf.set(operation, rule)
    return operation
  }

  #body({ json, form, files }: InputSchemas, name: string): JsonSchema | undefined {
    const content: Record<string, JsonSchema> = {}
    if (json !== undefined) content['application/json'] = { schema: this.schemas.of(json, `${name}.json`) }
    const fields = form && this.schemas.of(form, `${name}.form`)
    const uploads = files && filesOf(this.schemas.of(files, `${name}.files`))
    if (fields !== undefined && uploads === undefined) content['application/x-www-form-urlencoded'] = { schema: fields }
    const parts = [fields, uploads].filter((part) => part !== undefined)
    if (parts.length > 0) content['multipart/form-data'] = { schema: parts.length === 1 ? parts[0]! : { allOf: parts } }
    return Object.keys(content).length === 0 ? undefined : { required: true, content }
  }

  #idFor(name: string): string {
    let id = name
    for (let n = 2; this.#ids.has(id); n++) id = `${name}.${n}`
    this.#ids.add(id)
    return id
  }
}

/** No library knows our files: what is left open is one. */
function filesOf(schema: JsonSchema): JsonSchema {
  const properties = Object.entries((schema.properties ?? {}) as Record<string, JsonSchema>)
  const file = { type: 'string', contentMediaType: 'application/octet-stream' }
  const isOpen = (property: JsonSchema) => Object.keys(property).every((key) => key === 'description')
  const shown = (property: JsonSchema): JsonSchema => {
    if (isOpen(property)) return { ...file, ...property }
    return property.type === 'array' ? { ...property, items: shown((property.items ?? {}) as JsonSchema) } : property
  }
  return { ...schema, properties: Object.fromEntries(properties.map(([name, one]) => [name, shown(one)])) }
}
