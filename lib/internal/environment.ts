// Reads from the environment where a process runs.

/** Variables of the environment, by name. */
export type Environment = Readonly<Record<string, string | undefined>>

/** Returns true on Cloud Run and App Engine. */
export function isGoogleCloud(env: Environment = process.env): boolean {
  return env.K_SERVICE !== undefined || env.GAE_ENV !== undefined
}

/** Returns true unless this is production: the default of `dev`. */
export function isDevelopment(): boolean {
  return process.env.NODE_ENV !== 'production' && !isGoogleCloud()
}

/** Returns the seconds in which a server can stop: App Engine kills it after 3, Cloud Run after 10. */
export function secondsToStop(env: Environment = process.env): number {
  if (env.GAE_ENV === 'standard') return 2
  return env.K_SERVICE === undefined ? 10 : 8
}
