// Turns the options of a test's request (`form`, `json`, `query` …) into a request as it is sent.
import type { Message } from './exchange.ts'

type Scalar = string | number | boolean

/** Fields of a query or a form; a list gives a name several times. */
export type Fields = Readonly<Record<string, Scalar | readonly Scalar[]>> | URLSearchParams

/** A request of a test. Give one of `form`, `json`, `multipart` and `body`, or none. */
export interface RequestOptions {
  /** By name; a list sends a header several times. */
  headers?: Readonly<Record<string, string | readonly string[]>>
  /** Added to the path's own query. */
  query?: Fields | string
  /** Sent as application/x-www-form-urlencoded. */
  form?: Fields
  /** Sent as application/json. */
  json?: unknown
  /** Sent as multipart/form-data; a File or Blob becomes an uploaded file. */
  multipart?: FormData | Readonly<Record<string, Scalar | Blob>>
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

function encodeFields(fields: Fields | string): string {
  if (typeof fields === 'string') return fields.replace(/^\?/, '')
  if (fields instanceof URLSearchParams) return fields.toString()
  const pairs = new URLSearchParams()
  for (const [name, value] of Object.entries(fields)) for (const one of [value].flat()) pairs.append(name, String(one))
  return pairs.toString()
}

/** Encodes the characters of a path that a request line cannot hold, as a browser would. */
const encodePath = (path: string) => path.replace(/[^\x21-\x7e]+/gu, encodeURIComponent)

interface Body {
  type: string | null
  bytes: Uint8Array
}

async function multipartBody(given: NonNullable<RequestOptions['multipart']>): Promise<Body> {
  let form = given
  if (!(form instanceof FormData)) {
    form = new FormData()
    for (const [name, value] of Object.entries(given)) {
      if (value instanceof Blob) form.append(name, value)
      else form.append(name, String(value))
    }
  }
  // The web's Response encodes it.
  const written = new Response(form as FormData)
  return { type: written.headers.get('content-type'), bytes: new Uint8Array(await written.arrayBuffer()) }
}

async function bodyOf({ form, json, multipart, body }: RequestOptions): Promise<Body | null> {
  if (multipart !== undefined) return multipartBody(multipart)
  if (form !== undefined) return { type: 'application/x-www-form-urlencoded', bytes: Buffer.from(encodeFields(form)) }
  if (json !== undefined) return { type: 'application/json', bytes: Buffer.from(JSON.stringify(json)) }
  return body === undefined ? null : { type: null, bytes: Buffer.from(body) }
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
  path: string,
  { options, base, cookies }: { options: RequestOptions; base: URL; cookies: (url: URL) => string },
): Promise<{ url: URL; message: Message }> {
  const url = resolveUrl(path, base)
  // A path is sent as the test wrote it; `URL` would normalise dots and slashes.
  let target = path.startsWith('/') ? encodePath(path).replace(/#.*$/, '') : url.pathname + url.search
  const query = options.query === undefined ? '' : encodeFields(options.query)
  if (query !== '') target += (target.includes('?') ? '&' : '?') + query
  const headers = Object.entries(options.headers ?? {}).flatMap(([name, value]) =>
    [value].flat().flatMap((one) => [name, String(one)]),
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
