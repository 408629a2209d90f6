// A match that is an answer by itself: the same thing lives at another URL.
import { HTTPException } from '../http/exceptions.ts'
import { quoteLocation } from './quote.ts'

/** Thrown by `match`: the request is to be sent to `location`, an absolute URL. 308, so method and body stay. */
export class RequestRedirect extends HTTPException {
  static override readonly code: number = 308
  readonly location: string

  constructor(location: string) {
    super(`Redirecting to ${location}`, { headers: { location } })
    this.location = location
  }
}

/**
 * What a rule's `redirectTo` says, relative to `place` on `origin`. It may leave the site only where the rule's own text
 * says so: what came from the request must not, so slashes, a backslash or a scheme at the start count as part of a path.
 */
export function resolveTarget(origin: string, place: string, target: string, mayLeave: boolean): string {
  if (mayLeave && /^https?:\/\//i.test(target)) return quoteLocation(target)
  const relative = target.replace(/^[\\/]+/, '/').replace(/^(?=[^/?#]*:)/, './/')
  const { pathname, search, hash } = new URL(relative, `http://host${place}`)
  return `${origin}${pathname.replace(/^\/{2,}/, '/')}${search}${hash}`
}

/** Fills a `redirectTo` text: `<name>` becomes the value's URL. */
export function fillRedirect(template: string, toUrl: (name: string) => string): string {
  return template.replace(/<([^>]+)>/g, (_, name: string) => toUrl(name))
}
