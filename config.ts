import type { Config } from 'tipfy'

const kind = process.env.SESSIONS === 'cookie' ? 'setSecureCookieSession' : 'setDatastoreSession'

export const config: Config = {
  tipfy: { hooks: { posInitApp: [`tipfy/ext/session:${kind}`] } },
  'tipfy/ext/session': { secretKey: process.env.SECRET_KEY, expiration: 86_400, deviceBound: true },
}
