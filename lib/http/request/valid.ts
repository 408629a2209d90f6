// Reads the parts of a request as plain objects and has schemas check them.
import type { IncomingMessage } from 'node:http'
import { TipfyError } from '../../internal/errors.ts'
import { describeValue } from '../../internal/has-text.ts'
import { isPromise } from '../../internal/promises.ts'
import { UnsupportedMediaType } from '../exceptions.ts'
import { errorsOf, type InputError, type InputPart, InvalidInput, type SentFields } from '../invalid-input.ts'
import { isJsonType } from '../media-types.ts'
import type { MultiDict } from '../multidict.ts'
import type { StandardResult, StandardSchema } from '../schema.ts'
import { type Fields, nestFields } from './nested-fields.ts'
import type { UploadedFile } from './upload.ts'

/** Schemas by the part of the request that they check. */
export interface InputSchemas {
  /** The fields of a form, urlencoded or multipart. */
  readonly form?: StandardSchema
  /** The query. */
  readonly query?: StandardSchema
  /** The body as JSON. */
  readonly json?: StandardSchema
  /** The files of a multipart form. */
  readonly files?: StandardSchema
}

/** The parts, in the order of their errors. */
export const inputParts: readonly InputPart[] = ['form', 'files', 'json', 'query']

/** The methods of a request that input is read by. */
export interface InputSource {
  readonly message: IncomingMessage
  readonly method: string
  readonly args: MultiDict
  bytes(): Promise<Buffer>
  form(): Promise<MultiDict>
  files(): Promise<MultiDict<UploadedFile>>
  json(): Promise<unknown>
}

/** Returns an object with the value of each name, or the list of its values where it is repeated. */
export function fieldsOf<V>(dict: MultiDict<V>): Fields<V> {
  const lists = Object.entries(dict.toObject({ all: true }))
  return Object.fromEntries(lists.map(([name, list]) => [name, list.length === 1 ? list[0]! : list]))
}

const typeOf = ({ message }: InputSource) =>
  (message.headers['content-type'] ?? '').split(';', 1)[0]!.trim().toLowerCase()

const formTypes = ['application/x-www-form-urlencoded', 'multipart/form-data']

/**
 * Throws 415 for a body that is no form: it would be read as a form without fields. An empty one needs no type, but for QUERY
 * (RFC 10008, 2.1).
 */
async function requireForm(request: InputSource): Promise<void> {
  const type = typeOf(request)
  if (formTypes.includes(type)) return
  if (type === '' && request.method !== 'QUERY' && (await request.bytes()).length === 0) return
  throw new UnsupportedMediaType(`The content must be a form, with the type ${formTypes.join(' or ')}.`)
}

/** Reads a part as it was sent. Returns a promise only of what must be read: without one a request costs less. */
function readPart(request: InputSource, part: InputPart): unknown {
  if (part === 'query') return fieldsOf(request.args)
  return part === 'json' ? request.json() : readForm(request, part)
}

async function readForm(request: InputSource, part: 'form' | 'files'): Promise<unknown> {
  await requireForm(request)
  return part === 'form' ? fieldsOf(await request.form()) : fieldsOf(await request.files())
}

const partsGiven = new WeakMap<InputSchemas, readonly InputPart[]>()

function partsOf(schemas: InputSchemas): readonly InputPart[] {
  let given = partsGiven.get(schemas)
  if (given === undefined) {
    given = inputParts.filter((part) => schemas[part] !== undefined)
    partsGiven.set(schemas, given)
  }
  return given
}

/** Returns the parts to read: where there are schemas for JSON and for a form, the content type decides. */
function partsFor(request: InputSource, schemas: InputSchemas): readonly InputPart[] {
  const given = partsOf(schemas)
  if (schemas.json === undefined || (schemas.form ?? schemas.files) === undefined) return given
  const isJson = isJsonType(typeOf(request))
  return given.filter((part) => part === 'query' || (part === 'json') === isJson)
}

/**
 * Reads and checks the parts for which there are schemas.
 *
 * @throws {InvalidInput} with the errors of all parts
 */
export async function readValid(request: InputSource, schemas: InputSchemas): Promise<Record<string, unknown>> {
  const values: Record<string, unknown> = {}
  const errors: InputError[] = []
  for (const part of partsFor(request, schemas)) {
    const read = readPart(request, part)
    const sent = read instanceof Promise ? await read : read
    const value = part === 'json' ? sent : nestFields(sent as Fields<unknown>)
    const schema = schemas[part]!['~standard']
    const validated: unknown = schema.validate(value)
    const result = isPromise(validated) ? await validated : validated
    if (!isResult(result))
      throw new TipfyError('TIPFY_E_INPUT_RESULT', { part, vendor: schema.vendor, given: describeValue(result) })
    if (!result.issues) values[part] = result.value
    else errors.push(...errorsOf(result.issues, part, part === 'json' ? undefined : Object.keys(sent as object)))
  }
  if (errors.length > 0) throw new InvalidInput(errors, await sentFields(request))
  return values
}

/** Returns false for what a schema made by hand may return: the value itself would reach the handler as undefined. */
function isResult(result: unknown): result is StandardResult<unknown> {
  if (typeof result !== 'object' || result === null) return false
  const { issues } = result as { issues?: unknown }
  return issues ? Array.isArray(issues) : 'value' in result
}

async function sentFields(request: InputSource): Promise<SentFields> {
  return fieldsOf(formTypes.includes(typeOf(request)) ? await request.form() : request.args)
}

/** Returns the part that a request is made of: the query of a GET or HEAD, else JSON or a form by the content type. */
export function mainPart(request: InputSource): InputPart {
  if (request.method === 'GET' || request.method === 'HEAD') return 'query'
  return isJsonType(typeOf(request)) ? 'json' : 'form'
}
