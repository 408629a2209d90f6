// Packages that only some applications need: not installed with tipfy, and loaded when the configuration asks for them.
import { TipfyError } from '../../internal/errors.ts'

/** @throws {TipfyError} TIPFY_E_AUTH_PACKAGE if it is not installed */
export async function loadPackage<Exports>(
  feature: string,
  name: string,
  load: () => Promise<Exports>,
): Promise<Exports> {
  try {
    return await load()
  } catch (cause) {
    const { code, message } = cause as { code?: unknown; message?: unknown }
    // One that it needs itself may be missing as well.
    if (code !== 'ERR_MODULE_NOT_FOUND' || !String(message).includes(`'${name}'`)) throw cause
    throw new TipfyError('TIPFY_E_AUTH_PACKAGE', { feature, name }, { cause })
  }
}
