// The start of an application with the section 'tipfy/ext/session': the check that needs its rules.
import { checkEndpoints } from '../../app/check-endpoints.ts'
import type { App } from '../../app/types.ts'
import type { SessionConfig } from './config/config.ts'

/** Throws for an endpoint that no rule has: the one that was meant would be checked. */
export async function start({ csrfExempt }: SessionConfig, { urlMap }: App): Promise<void> {
  checkEndpoints(urlMap!, 'tipfy/ext/session.csrfExempt', csrfExempt)
}
