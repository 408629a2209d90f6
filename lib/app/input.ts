// `static input` of handler classes: checked when a class is imported, which then gets methods that read and check the input
// before they call those of the class. A class without it is not touched.
import { UnsupportedMediaType } from '../http/exceptions.ts'
import { InvalidInput } from '../http/invalid-input.ts'
import { type InputSchemas, inputParts, readValid } from '../http/request/valid.ts'
import { isSchema, type OutputOf, type StandardSchema } from '../http/schema.ts'
import { TipfyError } from '../internal/errors.ts'
import { isDictionary, typeOf } from '../internal/settings.ts'
import { current, request, response } from './globals.ts'
import {
  type HandlerClass,
  type HandlerInput,
  queryTypesOf,
  type RequestHandler,
  subclass,
  type Verb,
  verbs,
} from './handler.ts'

type Checked<Schema> = Schema extends StandardSchema ? OutputOf<Schema> : never

/** With schemas for JSON and for a form, a request has the one or the other. */
type IsEither<Parts> = Parts extends { json: StandardSchema }
  ? Parts extends { form: StandardSchema } | { files: StandardSchema }
    ? true
    : false
  : false

type Values<Parts> =
  IsEither<Parts> extends true
    ? { [Part in Exclude<keyof Parts, 'query'>]?: Checked<Parts[Part]> } & {
        [Part in Extract<keyof Parts, 'query'>]: Checked<Parts[Part]>
      }
    : { [Part in keyof Parts]: Checked<Parts[Part]> }

/**
 * The second parameter of a handler's method: the input as the schemas of `static input` convert it. In a class Tickets:
 * `post(args: RuleArgs<'tickets'>, { form }: Input<typeof Tickets, 'post'>)`.
 */
export type Input<Class extends { readonly input: HandlerInput }, Method extends keyof Class['input']> = Values<
  Class['input'][Method]
>

// Bodies of these have no meaning (RFC 9110, 9.3).
const bodiless: readonly Verb[] = ['get', 'head', 'options', 'trace']

const example = 'static input = { post: { form: schema } }'

/**
 * Throws for an `input` that would not be used, and let every request through.
 *
 * @throws {TipfyError} TIPFY_E_INPUT, TIPFY_E_INPUT_METHOD, TIPFY_E_INPUT_PART or TIPFY_E_INPUT_SCHEMA
 */
function checkInput(handler: HandlerClass, input: unknown): asserts input is HandlerInput {
  const name = (place: string) => `\`${place}\` of the handler ${handler.name}`
  const notAnObject = (where: string, given: string) => new TipfyError('TIPFY_E_INPUT', { where, given, example })
  if (!isDictionary(input)) throw notAnObject(name('input'), typeOf(input))
  for (const [method, schemas] of Object.entries(input)) {
    const where = name(`input.${method}`)
    if (!verbs.includes(method as Verb) || !hasMethod(handler, method as Verb)) {
      const methods = verbs.filter((verb) => hasMethod(handler, verb)).join(', ') || 'none'
      throw new TipfyError('TIPFY_E_INPUT_METHOD', { where, methods })
    }
    if (isSchema(schemas)) throw notAnObject(where, 'a schema')
    if (!isDictionary(schemas)) throw notAnObject(where, typeOf(schemas))
    const allowed: readonly string[] = bodiless.includes(method as Verb) ? ['query'] : inputParts
    for (const [part, schema] of Object.entries(schemas)) {
      if (!allowed.includes(part))
        throw new TipfyError('TIPFY_E_INPUT_PART', { where, part, allowed: allowed.join(', ') })
      if (!isSchema(schema)) {
        throw new TipfyError('TIPFY_E_INPUT_SCHEMA', { where: name(`input.${method}.${part}`), given: typeOf(schema) })
      }
    }
  }
}

const hasMethod = (handler: HandlerClass, verb: Verb) =>
  typeof handler.prototype[verb as keyof RequestHandler] === 'function'

const made = new WeakMap<HandlerClass, HandlerClass>()

/** Returns the class itself, or with `static input` a subclass whose methods get the input as their second parameter. */
export function withInput(handler: HandlerClass): HandlerClass {
  const { input } = handler
  if (input === undefined) return handler
  const known = made.get(handler)
  if (known !== undefined) return known
  checkInput(handler, input)
  const reading = subclass(handler, handler.name)
  // Middleware and static members see the class that was written.
  Object.defineProperty(reading.prototype, 'constructor', { value: handler, writable: true })
  for (const verb of verbs) {
    const schemas = input[verb]
    if (schemas === undefined) continue
    Object.defineProperty(reading.prototype, verb, { value: reader(handler, verb, schemas), writable: true })
  }
  made.set(handler, reading)
  return reading
}

type Method = (this: RequestHandler, args: Readonly<Record<string, unknown>>, given?: unknown) => unknown

function reader(handler: HandlerClass, verb: Verb, schemas: InputSchemas): Method {
  const method = handler.prototype[verb as keyof RequestHandler] as unknown as Method
  return async function (args, given) {
    // Another method of the class calls this one with what it has.
    if (given !== undefined) return method.call(this, args, given)
    const own = current(request)
    let values: unknown
    try {
      values = await readValid(own, schemas)
    } catch (error) {
      if (error instanceof UnsupportedMediaType && own.method === 'QUERY')
        error.headers.set('accept-query', queryTypesOf(handler).join(', '))
      if (!(error instanceof InvalidInput) || this.invalid === undefined || error.isForJson(own)) throw error
      response.status = error.code
      response.vary('Accept')
      return this.invalid(args, error)
    }
    return method.call(this, args, values)
  }
}
