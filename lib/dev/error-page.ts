// The page for an uncaught error in development: the error with its source, its causes and the request, in the style of other pages
// of errors. It has no scripts. youch-core reads stacks and the source around each frame.
import { dirname, relative, sep } from 'node:path'
import { ErrorParser } from 'youch-core'
import type { StackFrame } from 'youch-core/types'
import type { RequestContext } from '../app/types.ts'
import { type Html, html } from '../http/html.ts'
import { page } from '../http/http-exception.ts'
import { errorTypeFor } from '../http/negotiation.ts'
import { Response } from '../http/response/response.ts'
import { describeError, type ErrorDescription, inspectError } from '../internal/describe-error.ts'
import { isOwnHost } from '../internal/own-host.ts'
import { requestSections, type Section } from './error-sections.ts'
import { sourceStyle } from './source-style.ts'

/** Makes the response to an uncaught error: HTML, JSON or text, by what the client accepts. */
export async function errorPage(error: unknown, context: RequestContext): Promise<Response> {
  const response = new Response(null, { status: 500, headers: { 'cache-control': 'no-store' } })
  response.vary('Accept')
  const type = errorTypeFor(context.request)
  if (!isOwnHost(context.request.headers.get('host') ?? undefined)) {
    response.mimetype = 'text/plain'
    response.data =
      'Internal Server Error\n\nIts source is shown under the names of this machine alone, like localhost, and in the terminal.\n'
  } else if (type === 'application/json' || type === 'application/problem+json') {
    response.mimetype = type
    response.data = JSON.stringify({ status: 500, title: 'Internal Server Error', ...plain(describeError(error)) })
  } else if (type === 'text/plain') {
    response.mimetype = 'text/plain'
    response.data = `${inspectError(error)}\n`
  } else {
    response.headers.set('content-security-policy', policy)
    response.data = await draw(error, context).catch(() => draw(copyOf(describeError(error)), context))
  }
  return response
}

const policy =
  "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

function plain({ message, stack, cause }: ErrorDescription): object {
  const frames = stack?.split('\n').slice(1)
  return { detail: message, stack: frames?.map((line) => line.trim()), cause: cause && plain(cause) }
}

/** Replaces an error that cannot be drawn: a Proxy that throws, a message that is no text. */
function copyOf({ message, name = 'Error', stack = '', cause, errors }: ErrorDescription): Error {
  const copy = new Error(message, { cause: cause && copyOf(cause) })
  return Object.assign(copy, { name, stack }, errors && { errors: errors.map(copyOf) })
}

async function draw(error: unknown, context: RequestContext): Promise<string> {
  const [first, ...behind] = await Promise.all(errorsIn(error).map((one) => drawError(one, context.app.root)))
  const causes = behind.length > 0 && html`<h2>Caused by</h2>\n${behind}`
  const body = html`${first}${causes}${requestSections(context).map(drawSection)}`
  return page(500, 'Internal Server Error', body, style)
}

/** An error and those behind it that are shown. */
const maxErrors = 10

/** Returns an error, its causes, and the errors that it collects (AggregateError). */
function errorsIn(error: unknown): unknown[] {
  const found = new Set([error])
  // A set yields what is added meanwhile.
  for (const one of found) {
    const { cause, errors } = (one ?? {}) as Partial<AggregateError>
    for (const next of [cause, ...(Array.isArray(errors) ? errors : [])])
      if (next !== undefined && found.size < maxErrors) found.add(next)
  }
  return [...found]
}

async function drawError(thrown: unknown, root: string): Promise<Html> {
  const { name, message, stack } = describeError(thrown)
  if (stack === undefined)
    return html`<p class="error">${message}</p>\n<p>This was thrown. It is no Error, so it has no stack.</p>\n`
  const { frames } = await new ErrorParser().parse(thrown)
  const shown = framesToShow(frames)
  const first = shown.findIndex(({ type }) => type === 'app')
  return html`<p class="error">${name && html`<strong>${name}</strong>: `}${message}</p>
${shown.map((frame, at) => drawFrame(frame, at === first, root))}<details><summary>All ${frames.length} frames</summary><pre>${stack}</pre></details>
`
}

/** The folder of tipfy's own code. */
const ownFolder = dirname(import.meta.dirname) + sep
const maxFrames = 12

/** Leaves out the frames of Node and of tipfy. */
function framesToShow(frames: readonly StackFrame[]): StackFrame[] {
  const isShown = ({ source, type, fileName = '' }: StackFrame) =>
    source !== undefined && type !== 'native' && !fileName.startsWith(ownFolder)
  return frames.filter(isShown).slice(0, maxFrames)
}

function drawFrame({ fileName, lineNumber, functionName, source }: StackFrame, isOpen: boolean, root: string): Html {
  const path = fileName!.startsWith(root + sep) ? relative(root, fileName!) : fileName
  const lines = source!.map(({ chunk, lineNumber: number }) => {
    const line = `${String(number).padStart(5)}  ${chunk}`
    return number === lineNumber ? html`<mark>${line}</mark>` : `${line}\n`
  })
  return html`<details${isOpen && html` open`}><summary><code>${functionName ?? '(anonymous)'}</code> ${path}:${lineNumber}</summary><pre>${lines}</pre></details>
`
}

/** Draws a section about the request. A value that could be a secret is hidden until it is clicked. */
function drawSection({ title, rows }: Section): Html {
  const cells = rows.map(({ name, value, hidden }) => {
    const shown = html`<pre>${value}</pre>`
    const cell = hidden ? html`<details><summary>hidden</summary>${shown}</details>` : shown
    return html`<tr><th scope="row">${name}</th><td>${cell}</td></tr>\n`
  })
  return html`<h2>${title}</h2>\n<table><tbody>\n${cells}</tbody></table>\n`
}

const style = html.raw(`${sourceStyle}
.error { font-size: 1.15rem; white-space: pre-wrap; color: light-dark(#b3261e, #ff9a90) }
h2 { font-size: 1.15rem; margin: 2rem 0 .5rem }
details { margin: .4rem 0 } summary { cursor: pointer; padding: .2rem 0 }
mark { display: block; background: light-dark(#fddcd9, #571b17); color: inherit }
table { width: 100%; border-collapse: collapse } td details { margin: 0 }
th, td { text-align: left; vertical-align: top; padding: .2rem .6rem .2rem 0 } th { width: 25%; font-weight: 500 }`)
