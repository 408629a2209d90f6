// A request to the console, as its pages get it.
import type { App } from '../../app/types.ts'
import { Sessions } from '../../ext/session/session-interface.ts'
import type { Html } from '../../http/html.ts'
import type { MultiDict } from '../../http/multidict.ts'
import type { Request } from '../../http/request/request.ts'
import type { Response } from '../../http/response/response.ts'
import type { Recorder } from './recorder.ts'

export interface Visit {
  readonly app: App
  readonly recorder: Recorder
  readonly request: Request
  /** The response to return instead of a page; it has the headers of every response. */
  readonly response: Response
  /** The parts of the path after the page's name, decoded. */
  readonly rest: readonly string[]
  /** The fields of a posted form with the right token; null for GET. */
  readonly form: MultiDict | null
}

/** The content of a page. */
export interface Page {
  title: string
  body: Html
}

/** A page, or after a change a redirect. */
export type PageResult = Page | Response

/** Returns the sessions of the application, if it has any. */
export function sessionsOf(app: App): Sessions | null {
  return app.sessionInterface instanceof Sessions ? app.sessionInterface : null
}

/** Redirects to a page, which shows what was done. */
export function goTo(visit: Visit, path: string, said: string): Response {
  const { response } = visit
  response.status = 303
  response.headers.set('location', `/_tipfy/${path}${path.includes('?') ? '&' : '?'}said=${encodeURIComponent(said)}`)
  return response
}
