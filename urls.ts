import { Rule } from 'tipfy'

export const getRules = () =>
  [
    new Rule('/', { endpoint: 'home', handler: 'home:Home' }),
    new Rule('/session-test', { endpoint: 'session', handler: 'session_test:MyHandler' }),
    new Rule('/account', { endpoint: 'account', handler: 'account.account:Account', auth: true }),
    new Rule('/account/login', { endpoint: 'account/login', handler: 'account.login:Login' }),
    new Rule('/account/login/passkey', { endpoint: 'account/login/passkey', handler: 'account.passkeys:PasskeyLogin' }),
    new Rule('/account/logout', { endpoint: 'account/logout', handler: 'account.login:Logout' }),
    new Rule('/account/sessions', { endpoint: 'account/sessions', handler: 'account.sessions:Sessions', auth: true }),
    new Rule('/account/passkeys', { endpoint: 'account/passkeys', handler: 'account.passkeys:Passkeys', auth: true }),
    new Rule('/account/passkeys/new', {
      endpoint: 'account/passkeys/new',
      handler: 'account.passkeys:NewPasskey',
      auth: 'fresh',
    }),
  ] as const

declare module 'tipfy' {
  interface Register {
    rules: ReturnType<typeof getRules>
  }
}
