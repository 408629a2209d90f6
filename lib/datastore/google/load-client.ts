// Loads the official client, an optional package of 83 others: 0.3 s and 30 MB at run time. Embedded sessions need none of it.
import { createRequire } from 'node:module'
import { TipfyError } from '../../internal/errors.ts'
import { isMissingPackage } from '../../internal/import-errors.ts'

const name = '@google-cloud/datastore'

/** Users of the client, where the caller names none. */
const anyone = 'Google Cloud, an emulator or the official client'

/**
 * Imports the official client.
 *
 * @param user the name of what needs it, for the error
 * @throws TipfyError TIPFY_E_DATASTORE_PACKAGE: it is not installed.
 */
export async function loadClient(user = anyone): Promise<typeof import('@google-cloud/datastore')> {
  try {
    return await import('@google-cloud/datastore')
  } catch (error) {
    throw missing(error, user) ?? error
  }
}

/**
 * Returns the path of the official client's main file.
 *
 * @param user the name of what needs it, for the error
 * @throws TipfyError TIPFY_E_DATASTORE_PACKAGE: it is not installed.
 */
export function resolveClient(user = anyone): string {
  try {
    return createRequire(import.meta.url).resolve(name)
  } catch (error) {
    throw missing(error, user) ?? error
  }
}

/** Returns the error to throw if the client itself was not found, rather than a package below it. */
function missing(error: unknown, user: string): TipfyError | undefined {
  if (!isMissingPackage(error, name)) return undefined
  return new TipfyError('TIPFY_E_DATASTORE_PACKAGE', { user, range: wantedRange() }, { cause: error })
}

/** The versions that tipfy is tested with: it uses private members of theirs. */
function wantedRange(): string {
  const { peerDependencies } = createRequire(import.meta.url)('../../../package.json') as Manifest
  return peerDependencies[name]
}

interface Manifest {
  peerDependencies: Record<typeof name, string>
}
