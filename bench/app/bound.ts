// A login whose session is bound to a device at once: no browser registers over the http of a benchmark.
import { app, response } from 'tipfy'
import { contextStorage } from '../../lib/app/context.ts'
import { deviceKey } from '../../lib/ext/session/data/reserved.ts'
import type { RequestSessions } from '../../lib/ext/session/request-sessions.ts'
import type { Sessions } from '../../lib/ext/session/session-interface.ts'
import { Login } from './cart.ts'

const key = {
  kty: 'EC',
  crv: 'P-256',
  x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
  y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
}

export class BoundLogin extends Login {
  override get() {
    const text = super.get()
    const { devices } = app.sessionInterface as unknown as Sessions
    const { main } = contextStorage.getStore()!.session as RequestSessions
    const [id, now] = ['0123456789abcdef', Date.now()]
    main.write()[deviceKey] = { id, key, alg: 'ES256', since: now, proven: now - 3_600_000 }
    const { name, signer } = devices!.cookie
    response.setCookie(name, signer.sign(id, now), { path: '/' })
    return text
  }
}
