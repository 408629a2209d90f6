// The page for an uncaught error in development: the error with its source, its causes and the request. youch draws the
// error; the request and the causes are drawn here.
import { createHash, randomBytes } from 'node:crypto'
import { dirname, sep } from 'node:path'
import { BaseComponent, Youch } from 'youch'
import type { ErrorCauseProps, ErrorMetadataProps, ParsedError, StackFrame } from 'youch/types'
import type { RequestContext } from '../app/types.ts'
import { type Html, html } from '../http/html.ts'
import { Response } from '../http/response/response.ts'
import { describeError, type ErrorDescription, inspectError } from '../internal/describe-error.ts'
import { isOwnHost } from '../internal/own-host.ts'
import { requestSections } from './error-sections.ts'

/** Makes the response to an uncaught error: HTML, JSON or text, by what the client accepts. */
export async function errorPage(error: unknown, context: RequestContext): Promise<Response> {
  const response = new Response(null, { status: 500, headers: { 'cache-control': 'no-store' } })
  response.vary('Accept')
  const kind = context.request.accepts('html', 'json', 'text')
  if (!isOwnHost(context.request.headers.get('host') ?? undefined)) {
    response.mimetype = 'text/plain'
    response.data =
      'Internal Server Error\n\nIts source is shown under the names of this machine alone, like localhost, and in the terminal.\n'
  } else if (kind === 'json') {
    response.mimetype = 'application/json'
    response.data = JSON.stringify({ status: 500, title: 'Internal Server Error', ...plain(describeError(error)) })
  } else if (kind === 'text') {
    response.mimetype = 'text/plain'
    response.data = `${inspectError(error)}\n`
  } else {
    const nonce = randomBytes(16).toString('base64')
    response.headers.set('content-security-policy', policy(nonce))
    response.data = await draw(error, context, nonce).catch(() => draw(copyOf(describeError(error)), context, nonce))
  }
  return response
}

// The one event handler that youch writes into an attribute: the button that copies the error.
const copyHandler = createHash('sha256').update('copyErrorMessage(this)').digest('base64')

function policy(nonce: string): string {
  const styles = `style-src 'nonce-${nonce}'; style-src-attr 'unsafe-inline'`
  const scripts = `script-src 'nonce-${nonce}' 'unsafe-hashes' 'sha256-${copyHandler}'`
  return `default-src 'none'; ${styles}; ${scripts}; img-src data:; base-uri 'none'`
}

function plain({ message, stack, cause }: ErrorDescription): object {
  const frames = stack?.split('\n').slice(1)
  return { detail: message, stack: frames?.map((line) => line.trim()), cause: cause && plain(cause) }
}

/** Replaces an error that cannot be drawn: a Proxy that throws, a message that is no text. */
function copyOf({ message, name = 'Error', stack = '', cause }: ErrorDescription): Error {
  const copy = new Error(message, { cause: cause && copyOf(cause) })
  return Object.assign(copy, { name, stack })
}

async function draw(error: unknown, context: RequestContext, cspNonce: string): Promise<string> {
  const youch = new Youch().useTransformer(foldOwnFrames)
  youch.templates.use('errorCause', new Causes(false))
  youch.templates.use('errorMetadata', new Sections(context))
  youch.templates.injectStyles(style)
  return youch.toHTML(error, { title: 'Internal Server Error', cspNonce })
}

/** The folder of tipfy's own code. */
const ownFolder = dirname(import.meta.dirname) + sep

/** Hides the frames of tipfy behind "View All Frames", as those of Node are, unless there are no others. */
function foldOwnFrames({ frames }: ParsedError): void {
  const isOwn = ({ fileName = '' }: StackFrame) => fileName.startsWith(ownFolder)
  if (!frames.some((frame) => frame.type === 'app' && !isOwn(frame))) return
  for (const frame of frames) if (isOwn(frame)) frame.type = 'native'
}

const style = `
.tipfy details { margin: 6px 0 } .tipfy summary { cursor: pointer } .tipfy pre { overflow-x: auto; margin: 4px 0 8px }
.tipfy mark { background: #fee2e2; color: #7f1d1d; display: block } .tipfy .card-subtitle { text-transform: none } .tipfy .soft { opacity: .7 }`

/** Draws each cause of the error, with its own frames and source. */
class Causes extends BaseComponent<ErrorCauseProps> {
  async toHTML({ error }: ErrorCauseProps): Promise<string> {
    const causes: Html[] = []
    for (let { cause } = error; cause !== undefined && causes.length < 10; ) {
      const parsed = await new Youch().useTransformer(foldOwnFrames).toJSON(cause)
      causes.push(drawCause(parsed))
      cause = (cause as Partial<Error> | null)?.cause
    }
    return causes.length === 0 ? '' : String(card('Caused by', html`${causes}`))
  }

  async toANSI(): Promise<string> {
    return ''
  }
}

function drawCause({ name, message, frames }: ParsedError): Html {
  const shown = frames.filter((frame) => frame.source !== undefined && frame.type !== 'native').slice(0, 8)
  const first = shown.findIndex((frame) => frame.type === 'app')
  return html`<h4 class="card-subtitle">${name}: ${message}</h4>${shown.map((frame, at) => {
    const { fileName, lineNumber, functionName, source } = frame
    const lines = source!.map(({ chunk, lineNumber: number }) => {
      const line = `${String(number).padStart(5)}  ${chunk}`
      return number === lineNumber ? html`<mark>${line}</mark>` : `${line}\n`
    })
    const open = at === first ? html.raw(' open') : ''
    return html`<details${open}><summary>${functionName ?? '<anonymous>'} <span class="soft">${fileName}:${lineNumber}</span></summary><pre>${lines}</pre></details>`
  })}`
}

/** Draws the request. A value that could be a secret is hidden until it is clicked. */
class Sections extends BaseComponent<ErrorMetadataProps> {
  private readonly context: RequestContext

  constructor(context: RequestContext) {
    super(false)
    this.context = context
  }

  async toHTML(): Promise<string> {
    const sections = requestSections(this.context).map(({ title, rows }) => {
      const cells = rows.map(({ name, value, hidden }) => {
        const shown = html`<pre>${value}</pre>`
        const cell = hidden ? html`<details><summary>hidden</summary>${shown}</details>` : shown
        return html`<tr><td class="table-key">${name}</td><td class="table-value">${cell}</td></tr>`
      })
      return card(title, html`<table class="card-table"><tbody>${cells}</tbody></table>`)
    })
    return sections.join('\n')
  }

  async toANSI(): Promise<string> {
    return ''
  }
}

function card(title: string, body: Html): Html {
  return html`<section class="metadata-group tipfy"><div class="card"><div class="card-heading"><h3 class="card-title">${title}</h3></div><div class="card-body">${body}</div></div></section>`
}
