// Shared by the checks of the section 'tipfy/ext/auth'.
import { TipfyError } from '../../internal/errors.ts'

export function wrong(key: string, problem: string, remedy: string): TipfyError {
  return new TipfyError('TIPFY_E_AUTH_CONFIG', { key, problem, remedy })
}

/** True for this machine, where browsers allow over http what else needs https. */
export const isLocal = (hostname: string): boolean =>
  /^(?:localhost|.+\.localhost|127(?:\.\d+){3}|\[::1\])$/.test(hostname)
