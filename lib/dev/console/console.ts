// The console at /_tipfy/: asks the guard, finds the page, and sends it so that no other page can use it.
import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { App } from '../../app/types.ts'
import { Forbidden, HTTPException, MethodNotAllowed, NotFound } from '../../http/exceptions.ts'
import { Request } from '../../http/request/request.ts'
import { Response } from '../../http/response/response.ts'
import { sendResponse } from '../../http/response/send.ts'
import { configPage } from './config-page.ts'
import { countersPage } from './counters-page.ts'
import { datastorePage } from './datastore-page.ts'
import { isFormToken, rejection, reportRejection } from './guard.ts'
import { layout, menu, type PageName } from './layout.ts'
import { sendEvents } from './live.ts'
import { openapiPage } from './openapi-page.ts'
import type { Recorder } from './recorder.ts'
import { requestsPage } from './requests-page.ts'
import { rulesPage } from './rules-page.ts'
import { sessionsPage } from './sessions-page.ts'
import { takeReport, violationsPage } from './violations.ts'
import type { PageResult, Visit } from './visit.ts'

const pages: Record<PageName, (visit: Visit) => PageResult | Promise<PageResult>> = {
  '': requestsPage,
  sessions: sessionsPage,
  datastore: datastorePage,
  counters: countersPage,
  rules: rulesPage,
  openapi: openapiPage,
  policy: violationsPage,
  config: configPage,
}

/** Browsers report violations of the policy of tipfy/ext/security:headers here. */
const reportPath = '/_tipfy/violations'

export async function serveConsole(
  app: App,
  recorder: Recorder,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const request = new Request(incoming)
  const isReport = request.method === 'POST' && request.rawPath === reportPath
  const why = isReport ? reportRejection(incoming) : rejection(incoming)
  if (why === null && request.rawPath === '/_tipfy/events' && request.method === 'GET') {
    sendEvents(recorder, outgoing, request.args.get('since', 0, Number))
    return
  }
  const nonce = randomBytes(16).toString('base64')
  let response: Response
  try {
    if (why !== null) throw new Forbidden(`The console rejects this request: ${why}.`)
    response = isReport ? await noteReport(app, request) : await respond(app, recorder, request, nonce)
  } catch (error) {
    response = failure(error).toResponse(request)
  }
  protect(response, nonce)
  await sendResponse(response, request, outgoing)
}

async function noteReport(app: App, request: Request): Promise<Response> {
  await takeReport(app, request)
  return new Response(null, { status: 204 })
}

async function respond(app: App, recorder: Recorder, request: Request, nonce: string): Promise<Response> {
  const isRead = request.method === 'GET' || request.method === 'HEAD'
  if (!isRead && request.method !== 'POST') throw new MethodNotAllowed(['GET', 'HEAD', 'POST'])
  const form = isRead ? null : await request.form()
  if (form !== null && !isFormToken(app, form.get('token'))) {
    throw new Forbidden('The form does not carry the token of this console. Go back, reload the page and try again.')
  }
  const [first = '', ...more] = request.path.split('/').slice(2)
  // The list of requests is the console's front page.
  const name = first === 'requests' ? '' : first
  if (!Object.hasOwn(menu, name)) throw new NotFound()
  const response = new Response()
  const visit: Visit = { app, recorder, request, response, form, rest: more.filter((part) => part !== '') }
  const page = await pages[name as PageName](visit)
  if (page instanceof Response) return page
  response.data = layout(visit, name as PageName, page, nonce)
  return response
}

function failure(error: unknown): HTTPException {
  if (error instanceof HTTPException) return error
  const { stack } = error as { stack?: string }
  return new HTTPException(`The console failed: ${stack ?? String(error)}`)
}

function protect(response: Response, nonce: string): void {
  const { headers } = response
  response.compress = false
  const own = `'nonce-${nonce}'`
  headers.set(
    'content-security-policy',
    `default-src 'none'; style-src ${own}; script-src ${own}; connect-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
  )
  headers.set('cache-control', 'no-store')
  headers.set('x-content-type-options', 'nosniff')
  headers.set('x-frame-options', 'DENY')
  headers.set('cross-origin-opener-policy', 'same-origin')
  headers.set('cross-origin-resource-policy', 'same-origin')
  headers.set('referrer-policy', 'same-origin')
}
