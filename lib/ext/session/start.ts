// The start of an application with the section 'tipfy/ext/session': the checks that need its rules.
import { checkEndpoints } from '../../app/check-endpoints.ts'
import type { App } from '../../app/types.ts'
import type { SessionConfig } from './config/config.ts'
import { failConfig } from './config/cookie.ts'
import { devicePath } from './config/device.ts'

/**
 * Throws for an endpoint that no rule has: the one that was meant would be checked. And for a rule at the path where browsers register
 * devices: clients that are no browsers would never reach it.
 */
export async function start({ csrfExempt, deviceBound }: SessionConfig, { urlMap, settings }: App): Promise<void> {
  checkEndpoints(urlMap!, 'tipfy/ext/session.csrfExempt', csrfExempt)
  if (deviceBound === false) return
  const rawPath = devicePath(deviceBound)
  const host = settings.serverName ?? 'localhost'
  const there = urlMap!.rulesFor({ host, rawPath, scheme: 'https', mountPath: '', rawQuery: '', method: 'POST' })
  const rule = there.find((one) => one.arguments.size === 0 && (one.methods === null || one.methods.has('POST')))
  if (rule !== undefined) failConfig('deviceBound.path', rawPath, `a path that no rule has, as "${rule.endpoint}" does`)
}
