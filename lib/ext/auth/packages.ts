// Packages that only some applications need: not installed with tipfy, and loaded when the configuration asks for them.
import { TipfyError } from '../../internal/errors.ts'
import { isMissingPackage } from '../../internal/import-errors.ts'

/** @throws {TipfyError} TIPFY_E_AUTH_PACKAGE if it is not installed */
export async function loadPackage<Exports>(
  feature: string,
  name: string,
  load: () => Promise<Exports>,
): Promise<Exports> {
  try {
    return await load()
  } catch (cause) {
    if (!isMissingPackage(cause, name)) throw cause
    throw new TipfyError('TIPFY_E_AUTH_PACKAGE', { feature, name }, { cause })
  }
}
