// Turns the options of a test's request (`form`, `json`, `query` …) into a request as it is sent.
import { METHODS } from 'node:http'
import { checkHeaderName, checkHeaderValue } from '../http/headers.ts'
import { MultiDict } from '../http/multidict.ts'
import { checkText, wrongArgument } from '../internal/arguments.ts'
import { hasText } from '../internal/has-text.ts'
import { isDictionary } from '../internal/settings.ts'
import { writeJson } from '../internal/write-json.ts'
import type { Message } from './exchange.ts'

type Scalar = string | number | boolean

/** Fields of a query or a form; a list gives a name several times. */
export type Fields = Readonly<Record<string, Scalar | readonly Scalar[]>> | MultiDict | URLSearchParams

/** The headers of a request by name, where a list sends one several times; or what `fetch` takes. */
export type HeaderFields =
  | Readonly<Record<string, string | readonly string[]>>
  | Iterable<readonly [string, string | readonly string[]]>

/** A request of a test. Give one of `form`, `json`, `multipart` and `body`, or none. */
export interface RequestOptions {
  /** By name; a list sends a header several times. Those of a request replace the client's of the same name. */
  headers?: HeaderFields
  /** Added to the path's own query. */
  query?: Fields | string
  /** Sent as application/x-www-form-urlencoded. */
  form?: Fields
  /** Sent as application/json. */
  json?: unknown
  /** Sent as multipart/form-data; a File or Blob becomes an uploaded file. */
  multipart?: FormData | Readonly<Record<string, Scalar | Blob | readonly (Scalar | Blob)[]>>
  /** Sent as it is. */
  body?: string | Uint8Array
  /** The client's address. Default: 127.0.0.1. */
  remoteAddress?: string
}

export const requestOptions = [
  'headers',
  'query',
  'form',
  'json',
  'multipart',
  'body',
  'remoteAddress',
] satisfies (keyof RequestOptions)[]

/** @throws {TipfyError} TIPFY_E_ARGUMENT for what is no object of names and values */
export function checkFields(what: string, fields: unknown): void {
  if (isDictionary(fields)) return
  throw wrongArgument(what, 'an object of names and values', fields, "Write { name: 'value' }.")
}

function textOf(what: string, value: unknown): string {
  if (hasText(value)) return String(value)
  const remedy = 'Await a promise first; write data as text: JSON.stringify(value).'
  throw wrongArgument(what, 'a text or a number', value, remedy)
}

function encodeFields(fields: Fields | string, part: 'query' | 'form'): string {
  if (typeof fields === 'string') return encodePath(fields.replace(/^\?/, ''))
  checkFields(`\`${part}\` of a request`, fields)
  if (fields instanceof URLSearchParams) return fields.toString()
  const pairs = new URLSearchParams()
  // A MultiDict and a form of the web have no keys of their own: nothing of them would be sent.
  const given =
    Symbol.iterator in fields ? new MultiDict(fields as Iterable<[string, unknown]>) : Object.entries(fields)
  for (const [name, value] of given)
    for (const one of [value].flat()) pairs.append(name, textOf(`\`${name}\` in the ${part} of a request`, one))
  return pairs.toString()
}

/** Encodes the characters of a path that a request line cannot hold, as a browser would. */
const encodePath = (path: string) => path.toWellFormed().replace(/[^\x21-\x7e]+/gu, encodeURIComponent)

interface Body {
  type: string | null
  bytes: Uint8Array
}

async function multipartBody(given: NonNullable<RequestOptions['multipart']>): Promise<Body> {
  let form = given
  if (!(form instanceof FormData)) {
    form = new FormData()
    checkFields('`multipart` of a request', given)
    for (const [name, value] of Object.entries(given)) {
      for (const one of [value].flat()) {
        if (one instanceof Blob) form.append(name, one)
        else form.append(name, textOf(`\`${name}\` in the form of a request`, one))
      }
    }
  }
  // The web's Response encodes it.
  const written = new Response(form as FormData)
  return { type: written.headers.get('content-type'), bytes: new Uint8Array(await written.arrayBuffer()) }
}

const bodies = ['form', 'json', 'multipart', 'body'] as const

async function bodyOf(options: RequestOptions): Promise<Body | null> {
  const given = bodies.filter((name) => options[name] !== undefined)
  // One of them would be sent, and the others ignored.
  if (given.length > 1)
    throw wrongArgument('The body of a request', `one of ${bodies.join(', ')}`, given.join(' and '), 'Leave one out.')
  const { form, json, multipart, body } = options
  if (multipart !== undefined) return multipartBody(multipart)
  if (form !== undefined)
    return { type: 'application/x-www-form-urlencoded', bytes: Buffer.from(encodeFields(form, 'form')) }
  if (json !== undefined) return { type: 'application/json', bytes: Buffer.from(jsonOf(json)) }
  if (body === undefined || typeof body === 'string' || body instanceof Uint8Array)
    return body === undefined ? null : { type: null, bytes: Buffer.from(body) }
  throw wrongArgument('`body` of a request', 'a text or bytes', body, 'Use `json`, `form` or `multipart` for data.')
}

function jsonOf(value: unknown): string {
  const text = writeJson(value)
  if (text !== undefined) return text
  throw wrongArgument(
    '`json` of a request',
    'a value that JSON has',
    value,
    'Give an object, a list, a text, a number …',
  )
}

/** Joins headers, whose names ignore case: of a name the last ones given count. Names are in lower case. */
export function mergeHeaders(...all: (HeaderFields | undefined)[]): Record<string, readonly string[]> {
  const merged = new Map<string, string[]>()
  for (const given of all) {
    if (given === undefined) continue
    if (!Array.isArray(given)) checkFields('`headers` of a request', given)
    const own = new Map<string, string[]>()
    for (const [name, value] of Symbol.iterator in given ? new MultiDict(given) : Object.entries(given)) {
      checkText('The name of a header', name)
      checkHeaderName(name)
      const lower = name.toLowerCase()
      own.set(lower, [...(own.get(lower) ?? []), ...[value].flat().map((one) => checkHeaderValue(name, one))])
    }
    for (const [name, values] of own) merged.set(name, values)
  }
  return Object.fromEntries(merged)
}

const has = (headers: readonly string[], name: string) =>
  headers.some((given, at) => at % 2 === 0 && given.toLowerCase() === name)

/** Resolves `path` for a client at `base`; a whole URL stays as it is. */
export function resolveUrl(path: string, base: URL): URL {
  return path.startsWith('/') ? new URL(base.origin + encodePath(path)) : new URL(path, base)
}

/**
 * Makes the request for `path`, which may be a whole URL.
 *
 * @param cookies the Cookie header, '' for none
 */
export async function messageFor(
  method: string,
  to: string | URL,
  { options, base, cookies }: { options: RequestOptions; base: URL; cookies: (url: URL) => string },
): Promise<{ url: URL; message: Message }> {
  const path = to instanceof URL ? to.href : to
  checkText('The path of a request', path)
  checkText('The method of a request', method)
  if (!METHODS.includes(method.toUpperCase()))
    throw wrongArgument('The method of a request', 'a method that Node knows', method, "Write 'GET' or 'POST'.")
  const url = resolveUrl(path, base)
  // A path is sent as the test wrote it; `URL` would normalise dots and slashes.
  let target = path.startsWith('/') ? encodePath(path).replace(/#.*$/, '') : url.pathname + url.search
  const query = options.query === undefined ? '' : encodeFields(options.query, 'query')
  if (query !== '') target += (target.includes('?') ? '&' : '?') + query
  const headers = Object.entries(mergeHeaders(options.headers)).flatMap(([name, values]) =>
    values.flatMap((value) => [name, value]),
  )
  const add = (name: string, value: string | null) => {
    if (value && !has(headers, name.toLowerCase())) headers.push(name, value)
  }
  const body = await bodyOf(options)
  add('Host', url.host)
  add('Cookie', cookies(url))
  add('Content-Type', body?.type ?? null)
  if (body !== null && !has(headers, 'transfer-encoding')) add('Content-Length', String(body.bytes.byteLength))
  const remoteAddress = options.remoteAddress ?? '127.0.0.1'
  const encrypted = url.protocol === 'https:'
  return { url, message: { method, target, headers, body: body?.bytes ?? null, remoteAddress, encrypted } }
}
