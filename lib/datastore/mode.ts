// Chooses between embedded data and a Datastore that the environment names, for sessions and for `openDatastore`.
import { type Environment, isDevelopment } from '../internal/environment.ts'
import { TipfyError } from '../internal/errors.ts'

/** `auto` is `cloud` where the environment names a Datastore, and else, in development, `embedded`. */
export type DatastoreMode = 'auto' | 'embedded' | 'cloud'

const modes: readonly unknown[] = ['auto', 'embedded', 'cloud'] satisfies DatastoreMode[]

const variables = ['DATASTORE_EMULATOR_HOST', 'GOOGLE_CLOUD_PROJECT', 'GCLOUD_PROJECT', 'K_SERVICE', 'GAE_ENV']

/**
 * Chooses the Datastore. Production uses an embedded one only if configured.
 *
 * @throws TipfyError TIPFY_E_DATASTORE_MODE, TIPFY_E_SESSION_DATASTORE
 */
export function datastoreMode(
  wanted: DatastoreMode,
  dev: boolean = isDevelopment(),
  env: Environment = process.env,
): 'embedded' | 'cloud' {
  if (!modes.includes(wanted)) throw new TipfyError('TIPFY_E_DATASTORE_MODE', { given: JSON.stringify(wanted) })
  if (wanted !== 'auto') return wanted
  if (variables.some((name) => env[name])) return 'cloud'
  if (dev) return 'embedded'
  throw new TipfyError('TIPFY_E_SESSION_DATASTORE')
}

/** The project of embedded data, and of an emulator where the environment names none. */
export const localProject = 'tipfy'

/** Returns the project that an emulator is called for. */
export function emulatorProject(env: Environment = process.env): string {
  return env.DATASTORE_PROJECT_ID || env.GOOGLE_CLOUD_PROJECT || env.GCLOUD_PROJECT || localProject
}
