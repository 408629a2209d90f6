// The start of an application with the section 'tipfy/ext/auth': what its checks alone cannot know.
import type { App } from '../../app/types.ts'
import type { AuthConfig } from './config.ts'
import { checkCallbacks } from './providers.ts'

/** Loads the packages that the section needs, and throws for a callback that no rule handles. */
export async function start({ providers, passkeys, iap }: AuthConfig, { urlMap }: App): Promise<void> {
  if (Object.keys(providers).length > 0) {
    checkCallbacks(providers, urlMap!)
    await (await import('./sign-in.ts')).loadOpenid()
  }
  if (passkeys !== null) await (await import('./passkeys.ts')).loadPasskeys()
  if (iap !== null) await (await import('./iap.ts')).loadIap()
}
