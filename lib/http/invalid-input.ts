// The 422 for input that a schema rejects: which part, where in it, and why.
import { wrongArgument } from '../internal/arguments.ts'
import { UnprocessableEntity } from './exceptions.ts'
import { html } from './html.ts'
import { page } from './http-exception.ts'
import { errorTypeFor, type Negotiating } from './negotiation.ts'
import { fieldNames, keysOf } from './request/nested-fields.ts'
import { Response } from './response/response.ts'
import type { StandardIssue } from './schema.ts'

/** A part of a request that schemas check. */
export type InputPart = 'form' | 'query' | 'json' | 'files'

/** A reason why the input of a request is not valid. */
export interface InputError {
  /** The keys that lead to the value: `['items', 0, 'name']`. Empty for the part as a whole. */
  readonly path: readonly (string | number)[]
  /** The text of the schema. */
  readonly message: string
  /** The part of the request. */
  readonly in: InputPart
  /** The name of the field, if it is nested: `items[0].name`. */
  readonly field?: string
}

/** Fields of a form or query as they were sent: a text, or a list where the name was repeated. */
export type SentFields = Readonly<Record<string, string | string[]>>

/** Names of fields whose values are not sent back. */
const password = /passw|passphrase|passcode|pwd|secret|^(?:pin|otp|cvc|cvv|csc)$/i

/** Errors of one request; schemas may find one in every item of a long list. */
const maxErrors = 100

/**
 * Makes errors of the issues of one part: at least one, since a schema that has issues, even none, rejects the value.
 *
 * @param sent the names of the fields that were sent
 */
export function errorsOf(issues: readonly StandardIssue[], part: InputPart, sent?: readonly string[]): InputError[] {
  if (issues.length === 0) return [{ path: [], message: 'This is not valid.', in: part }]
  const fieldOf = sent && fieldNames(sent)
  return issues.slice(0, maxErrors).map(({ message, path: given = [] }) => {
    const keys = given.map((one) => (typeof one === 'object' ? one.key : one))
    const path = keys.map((key) => (typeof key === 'number' ? key : String(key)))
    const field = fieldOf?.(path)
    const isNested = field !== undefined && field !== String(path[0] ?? '')
    return { path, message, in: part, ...(isNested ? { field } : {}) }
  })
}

const wrongErrors = "Write [{ path: ['name'], message: 'Too short.', in: 'form' }]."

/**
 * 422: the input does not fit the schemas of the handler's `static input`, or that of `request.valid`. The response is JSON by
 * RFC 9457 or a page with the messages, as the client prefers.
 */
export class InvalidInput extends UnprocessableEntity {
  /** The errors found, at most 100. */
  readonly errors: readonly InputError[]
  /**
   * The form as it was sent, or the query without one, but no passwords: they must not be shown again. Without a prototype, so that
   * each key is a field.
   */
  readonly old: SentFields

  constructor(errors: readonly InputError[], old: SentFields = {}) {
    super('The input is not valid.')
    if (!Array.isArray(errors)) throw wrongArgument('The errors of an InvalidInput', 'a list', errors, wrongErrors)
    this.errors = errors.slice(0, maxErrors)
    const shown = Object.entries(old).filter(([name]) => !keysOf(name).some((key) => password.test(key)))
    this.old = Object.assign(Object.create(null) as SentFields, Object.fromEntries(shown))
  }

  /** The messages by the name of the field; those of a part as a whole are below ''. */
  get messages(): Readonly<Record<string, readonly string[]>> {
    const found = Object.create(null) as Record<string, string[]>
    for (const { path, message, field } of this.errors) {
      const name = field ?? String(path[0] ?? '')
      found[name] = [...(found[name] ?? []), message]
    }
    return found
  }

  /** Returns true if the client is sent JSON: it prefers it, or sent JSON and takes anything. */
  isForJson(request: Negotiating): boolean {
    return errorTypeFor(request).endsWith('json')
  }

  override toResponse(request?: Negotiating): Response {
    const { code: status, reason: title, description: detail, errors } = this
    const response = new Response(null, { status, headers: this.headers })
    const type = request === undefined ? 'text/html' : errorTypeFor(request)
    if (type === 'text/html') {
      response.contentType = 'text/html; charset=utf-8'
      const list = html`<ul>\n${errors.map((error) => html`<li>${lineOf(error)}</li>\n`)}</ul>`
      response.data = page(status, title, html`<p>${detail}</p>\n${list}`)
    } else if (type === 'text/plain') {
      response.contentType = 'text/plain; charset=utf-8'
      response.data = `${[`${status} ${title}\n`, detail, ...errors.map(lineOf)].join('\n')}\n`
    } else {
      response.contentType = 'application/problem+json'
      response.data = JSON.stringify({ type: 'about:blank', title, status, detail, errors })
    }
    response.vary('Accept')
    return response
  }
}

const lineOf = ({ path, message }: InputError) => (path.length === 0 ? message : `${path.join('.')}: ${message}`)
