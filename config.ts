import type { Config } from 'tipfy'
import { loadUser } from './app/account/users.ts'

const kind = process.env.SESSIONS === 'cookie' ? 'setSecureCookieSession' : 'setDatastoreSession'

export const config: Config = {
  tipfy: {
    hooks: {
      posInitApp: [`tipfy/ext/session:${kind}`],
      preDispatchHandler: ['tipfy/ext/session:checkCsrf', 'tipfy/ext/auth:requireUser'],
    },
  },
  'tipfy/ext/session': {
    secretKey: process.env.SECRET_KEY,
    expiration: 86_400,
    deviceBound: true,
    csrfExempt: ['home'], // the cart of a visitor
  },
  'tipfy/ext/auth': { loadUser, loginPath: '/account/login', passkeys: { rpId: 'localhost', rpName: 'The example' } },
}
