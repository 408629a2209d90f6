// A match that is an answer by itself: the same thing lives at another URL.
import { HTTPException } from '../http/exceptions.ts'

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
 * What a rule's `redirectTo` says, relative to `root`. It may leave the site only where the rule's own text says so:
 * what came from the request must not, so two slashes, a backslash or a scheme at the start count as part of a path.
 */
export function resolveTarget(root: string, target: string, mayLeave: boolean): string {
  if (mayLeave && /^https?:\/\//i.test(target)) return target
  const path = target.replace(/^[\\/]+/, '/').replace(/^(?=[^/?#]*:)/, './')
  return new URL(path, root).href
}

/** Fills a `redirectTo` text: `<name>` becomes the value's URL. */
export function fillRedirect(template: string, toUrl: (name: string) => string): string {
  return template.replace(/<([^>]+)>/g, (_, name: string) => toUrl(name))
}
