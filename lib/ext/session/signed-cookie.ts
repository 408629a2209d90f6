// Finding a signed cookie of ours among what the browser sent.
import type { CookieSigner, Refusal, SignedCookie } from '../../signing.ts'
import type { SessionCookie } from './config.ts'
import type { Settings } from './settings.ts'

/** A cookie that is signed: its name, attributes and signer. */
export interface SignedName {
  /** With its prefix. */
  readonly name: string
  readonly cookie: SessionCookie
  readonly signer: CookieSigner
}

export interface CookieRequest {
  readonly cookies: { getAll(name: string): string[] }
}

export interface FoundCookie {
  cookie: SignedCookie | undefined
  /** Whether what came instead was never ours and has to go. */
  refused: boolean
}

// A browser sends one cookie of a name, or a few where paths or domains differ; more is somebody who wants us to work.
const mostCookies = 8

/** The first cookie of its name that is ours and not too old. */
export function findCookie({ name, signer }: SignedName, request: CookieRequest, settings: Settings): FoundCookie {
  const values = request.cookies.getAll(name)
  let cookie: SignedCookie | undefined
  let refusal: Refusal | undefined
  for (const value of values.length > mostCookies ? values.slice(0, mostCookies) : values) {
    const answer = signer.verify(value, settings.now())
    if (typeof answer === 'string') {
      if (answer !== 'expired') refusal ??= answer
    } else if (cookie === undefined) {
      cookie = answer
    } else if (answer.text !== cookie.text) {
      settings.log.warn({ cookie: name }, 'two valid cookies of one name came, the first one counts')
    }
  }
  if (refusal !== undefined) settings.log.warn({ cookie: name, reason: refusal }, 'a signed cookie was refused')
  return { cookie, refused: refusal !== undefined && cookie === undefined }
}
