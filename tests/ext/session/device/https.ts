// The world of a Chromium that binds sessions in tests: https with a certificate that it takes, names that lead here, and software keys.
import { createHash, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export const pem = readFileSync(join(import.meta.dirname, '../../../fixtures/localhost.pem'))
const pin = createHash('sha256')
  .update(new X509Certificate(pem).publicKey.export({ type: 'spki', format: 'der' }))
  .digest('base64')
const software = 'EnableBoundSessionCredentialsSoftwareKeysForManualTesting'
/** @param quota `:RefreshQuota/false` for a browser that signs as often as it is asked to */
export const flags = (quota: string) => [
  `--ignore-certificate-errors-spki-list=${pin}`,
  '--host-resolver-rules=MAP *.test 127.0.0.1',
  `--enable-features=DeviceBoundSessions${quota},${software}`,
]
