import { Rule } from 'tipfy'

export const getRules = () =>
  [
    new Rule('/', { endpoint: 'home', handler: 'home:Home' }),
    new Rule('/session-test', { endpoint: 'session', handler: 'session_test:MyHandler' }),
    new Rule('/account', { endpoint: 'account', handler: 'account.account:Account' }),
    new Rule('/account/login', { endpoint: 'account/login', handler: 'account.login:Login' }),
    new Rule('/account/logout', { endpoint: 'account/logout', handler: 'account.login:Logout' }),
    new Rule('/account/sessions', { endpoint: 'account/sessions', handler: 'account.sessions:Sessions' }),
  ] as const

declare module 'tipfy' {
  interface Register {
    rules: ReturnType<typeof getRules>
  }
}
