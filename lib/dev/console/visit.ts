// One look at the console, as its pages are given it.
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
  /** To be returned where more than a page is to be sent: it has the headers that every answer has. */
  readonly response: Response
  /** What follows the page's own name in the path, decoded. */
  readonly rest: readonly string[]
  /** The fields of a form that was posted here and carries the token; null for a look. */
  readonly form: MultiDict | null
}

/** What a page makes of a visit. */
export interface Page {
  title: string
  body: Html
}

/** A page; or a redirect, after a change. */
export type Answer = Page | Response

/** The sessions of the application, if it has any. */
export function sessionsOf(app: App): Sessions | null {
  return app.sessionInterface instanceof Sessions ? app.sessionInterface : null
}

/** After a change: back to a page, which says what was done. */
export function goTo(visit: Visit, path: string, said: string): Response {
  const { response } = visit
  response.status = 303
  response.headers.set('location', `/_tipfy/${path}${path.includes('?') ? '&' : '?'}said=${encodeURIComponent(said)}`)
  return response
}
