// Reads the current request, for all of tipfy/ext/auth.
import { app, request } from '../../app/globals.ts'
import type { AuthConfig } from './config.ts'

export const settings = (): AuthConfig => app.getConfig('tipfy/ext/auth')

/** Returns the path that a login page was asked to return to, or `fallback`: default, the home page. Never one of another site. */
export function nextPath(fallback = homePath()): string {
  const next = request.args.get('next', '') ?? ''
  return isOwnPath(next) ? next : fallback
}

/** The root of the application, which another server may have mounted below a path. */
export const homePath = (): string => `${request.mountPath}/`

/** A browser reads a backslash as a slash, and leaves out tabs and line ends. */
export const isOwnPath = (path: string): boolean => /^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/.test(path)
