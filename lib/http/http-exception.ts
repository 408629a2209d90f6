// An HTTP error as an exception: thrown anywhere, it becomes the response, in the format that the client prefers.
import { isDate } from 'node:util/types'
import { checkNumber, notText, wrongArgument } from '../internal/arguments.ts'
import { STATUS_CODES } from '../internal/node-http.ts'
import { checkOptionNames } from '../internal/options.ts'
import { HeaderList, type HeadersInit } from './headers.ts'
import { Html, html } from './html.ts'
import { errorTypeFor, type Negotiating } from './negotiation.ts'
import { Response } from './response/response.ts'

// The default descriptions, for the client.
const descriptions: Record<number, string> = {
  400: 'The server could not understand the request.',
  401: 'You must log in to see this page.',
  403: 'You may not see or do this.',
  404: 'There is nothing at this address.',
  405: 'This address does not support the method of the request.',
  406: 'There is no form of this page that the client accepts.',
  408: 'The request took too long to arrive.',
  409: 'The request conflicts with what is there now.',
  410: 'What was at this address is gone for good.',
  411: 'The request needs a Content-Length.',
  412: 'The content is not the version that the request expects.',
  413: 'The request is larger than this server takes.',
  414: 'The address is longer than this server takes.',
  415: 'This server does not read content of this type.',
  416: 'There is no such part of this content.',
  417: 'This server cannot do what the Expect header asks.',
  418: 'This server is a teapot, not a coffee machine.',
  421: 'This server does not serve this host.',
  422: 'The request was understood but cannot be processed.',
  423: 'This is locked.',
  424: 'This depends on something that failed.',
  428: 'The request must name the version that it changes, with If-Match.',
  429: 'There were too many requests. Try again later.',
  431: 'The headers of the request are larger than this server takes.',
  451: 'This may not be shown for legal reasons.',
  500: 'The server made an error, which was logged.',
  501: 'This server cannot do what the request asks.',
  502: 'A server behind this one gave no valid response.',
  503: 'The server is not available right now. Try again later.',
  504: 'A server behind this one took too long.',
  505: 'This server does not speak the HTTP version of the request.',
}

/** Options of an HTTP error. */
export interface ExceptionOptions {
  /** Sent with the response. */
  headers?: HeadersInit
  /** Sent in place of the error page. */
  response?: Response
  /** The time to retry (429, 503): seconds, or a date. */
  retryAfter?: number | Date
  /** The original error, for the log; not sent to the client. */
  cause?: unknown
}

function notResponse(given: unknown): Error {
  const remedy = 'Write new Response(…), of tipfy. To send a web Response, return it from the handler.'
  return wrongArgument('`response` of an HTTP error', 'a Response', given, remedy)
}

/**
 * An error that becomes a response. Throw one of its subclasses from a handler or a hook.
 *
 * @example
 * throw new NotFound('No such product.')
 */
export class HTTPException extends Error {
  /** The status code of the class. */
  static readonly code: number = 500

  /** The status code. */
  readonly code: number
  /** The status in words: `Not Found`. */
  readonly reason: string
  /** The text for the client. */
  readonly description: string
  /** Sent with the response. */
  readonly headers: HeaderList
  /** Sent in place of the error page; null for the page. */
  readonly response: Response | null

  /** @param description the text for the client; default: a sentence that fits the status */
  constructor(description?: string, options: ExceptionOptions = {}) {
    if (typeof (description ?? '') !== 'string' && !((description as unknown) instanceof Html))
      throw notText('The description of an HTTP error', description)
    if (typeof options !== 'object' || options === null)
      checkOptionNames('an HTTP error', options, ['headers', 'response', 'retryAfter', 'cause'])
    if (options.response !== undefined && !(options.response instanceof Response)) throw notResponse(options.response)
    const { name, code: own } = new.target
    // `abort(response)` throws no error of the server, unless the response is one.
    const code = new.target === HTTPException ? (options.response?.status ?? own) : own
    const reason = STATUS_CODES[code] ?? 'Unknown Error'
    const text = description ?? descriptions[code] ?? `${reason}.`
    super(text, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = name
    this.code = code
    this.reason = reason
    this.description = text
    this.headers = new HeaderList(options.headers)
    const { retryAfter: when } = options
    if (when !== undefined && !isDate(when)) checkNumber('`retryAfter` of an HTTP error', when)
    if (when !== undefined) this.headers.set('retry-after', isDate(when) ? when.toUTCString() : Math.ceil(when))
    this.response = options.response ?? null
  }

  /** The response: HTML, JSON or text, as `request` prefers; HTML without one. */
  toResponse(request?: Negotiating): Response {
    if (this.response !== null) return this.response.clone()
    const response = new Response(null, { status: this.code, headers: this.headers })
    const { code: status, reason: title, description: detail } = this
    const type = request === undefined ? 'text/html' : errorTypeFor(request)
    response.contentType = `${type}; charset=utf-8`
    if (type === 'text/html') response.data = page(status, title, html`<p>${detail}</p>`)
    else if (type === 'text/plain') response.data = `${status} ${title}\n\n${detail}\n`
    else response.data = JSON.stringify({ status, title, detail })
    response.vary('Accept')
    return response
  }
}

// Light or dark as the system is set, and no wider than a phone.
const style = html.raw(`:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif;
  color: light-dark(#1d2025, #e4e6ea); background: light-dark(#fff, #17191e) }
a { color: light-dark(#0950b8, #85b6ff) }
body { max-width: 40rem; margin: 12vh auto; padding: 0 1rem; overflow-wrap: anywhere }`)

/** Makes the page of an error. `more` is added to its style. */
export function page(status: number, title: string, body: Html, more?: Html): string {
  return html`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${status} ${title}</title>
<style>${style}${more}</style>
<main>
<h1>${title}</h1>
${body}
</main>
</html>
`.toString()
}
