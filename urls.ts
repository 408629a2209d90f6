import { Rule } from 'tipfy'

export const getRules = () =>
  [
    new Rule('/', { endpoint: 'home', handler: 'home:Home' }),
    new Rule('/session-test', { endpoint: 'session', handler: 'session_test:MyHandler' }),
  ] as const

declare module 'tipfy' {
  interface Register {
    rules: ReturnType<typeof getRules>
  }
}
