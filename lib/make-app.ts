// Puts an application together: the core, the sections of the extensions, and in development the tools.
import { dirname, resolve } from 'node:path'
import { ownHooks } from './app/own-hooks.ts'
import type { App, Config } from './app/types.ts'
import { Application } from './app.ts'
import { provideDatastore } from './datastore/current.ts'
import * as auth from './ext/auth/config.ts'
import { start as startAuth } from './ext/auth/start.ts'
import * as security from './ext/security/config.ts'
import { start as startSecurity } from './ext/security/start.ts'
import * as session from './ext/session/config/config.ts'
import { start as startSessions } from './ext/session/start.ts'
import { NotFound } from './http/exceptions.ts'
import { checkText } from './internal/arguments.ts'
import { checkOptionNames } from './internal/options.ts'

declare module './app/types.ts' {
  interface ConfigSections {
    /** Passwords, logins, and rules for users alone. */
    'tipfy/ext/auth': auth.AuthConfig
    /** CORS and security headers. */
    'tipfy/ext/security': security.SecurityConfig
    /** The sessions. */
    'tipfy/ext/session': session.SessionConfig
  }
}

const modules = {
  'tipfy/ext/auth': { ...auth, start: startAuth },
  'tipfy/ext/security': { ...security, start: startSecurity },
  'tipfy/ext/session': { ...session, start: startSessions },
}

provideDatastore(async (app) => (await import('./ext/session/own-datastore.ts')).datastoreOf(app))

/**
 * Makes an application of a configuration, which is checked here.
 *
 * @param options.root the folder of urls.ts and app/; default: that of the main module
 * @throws {TipfyError} TIPFY_E_CONFIG_SECTION, TIPFY_E_CONFIG_KEY or TIPFY_E_CONFIG_VALUE, naming the key
 * @example
 * await runApp(makeApp(config))
 */
export function makeApp(config: Config, options: { root?: string } = {}): App {
  checkOptionNames('makeApp()', options, ['root'])
  if (options.root !== undefined) checkText('`root` of makeApp()', options.root)
  const main = process.argv[1]
  const root = options.root ?? (main === undefined ? process.cwd() : dirname(main))
  const app = new Application(config, { root: resolve(root), modules })
  if (app.dev) addTools(app)
  return app
}

/** Adds the development tools; each is loaded when it is first used. */
function addTools(app: App): void {
  const openConsole = async () => (await import('./dev/front.ts')).openConsole(app)
  ownHooks('posInitApp', { openConsole })
  app.hooks.add('posInitApp', openConsole)
  app.errorPage = async (error, context) =>
    error instanceof NotFound
      ? (await import('./dev/not-found.ts')).notFoundPage(error, context)
      : (await import('./dev/error-page.ts')).errorPage(error, context)
  app.onSupervise = async () => (await import('./dev/console/sharing.ts')).keepRecordings()
}
