// The start of an application with the section 'tipfy/ext/auth': checks that need its rules, and packages.
import type { App } from '../../app/types.ts'
import type { AuthConfig } from './config.ts'
import { checkCallbacks } from './providers.ts'
import { rulesAt, wrong } from './wrong.ts'

/** Throws for a login page that asks for a login, and warns if there is none. */
function checkLoginPage(loginPath: string, { urlMap, settings, log }: App): void {
  const pages = rulesAt(urlMap!, settings.serverName ?? 'localhost', loginPath)
  if (pages.some(({ auth }) => auth !== null)) {
    throw wrong(
      'loginPath',
      `is ${loginPath}, whose rule has \`auth\``,
      'Leave it out there: the redirects to it would never end.',
    )
  }
  if (pages.length > 0 || !urlMap!.addedRules.some(({ auth }) => auth !== null)) return
  log.warn(
    `Rules with \`auth\` redirect pages to ${loginPath}, and no rule handles it: set loginPath of 'tipfy/ext/auth'.`,
  )
}

/** Loads the packages that the section needs, and throws for a callback that no rule handles. */
export async function start({ providers, passkeys, iap, loginPath }: AuthConfig, app: App): Promise<void> {
  checkLoginPage(loginPath, app)
  if (Object.keys(providers).length > 0) {
    checkCallbacks(providers, app.urlMap!)
    await (await import('./sign-in.ts')).loadOpenid()
  }
  if (passkeys !== null) await (await import('./passkeys.ts')).loadPasskeys()
  if (iap !== null) await (await import('./iap.ts')).loadIap()
}
