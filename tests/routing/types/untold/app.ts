// An application that has not told its rules: everything works, loosely typed.
import { type Endpoint, Rule, type RuleArgs, type RuleFactory, type UrlArguments, urlFor } from 'tipfy'

export const rules: RuleFactory[] = [
  new Rule('/a/<int:x>', { endpoint: 'a', defaults: { y: 1 }, subdomain: '<z>' }),
  new Rule('/b', { redirectTo: (urls, args) => urls.build('a', args) }),
]
urlFor('a')
urlFor('anything', { x: 1, y: new Date() }, { full: true })
export const endpoint: Endpoint = 'whatever'
export const x: unknown = ({} as RuleArgs<'a'>).x
export const arguments_: UrlArguments<'a', object> = [{ x: 1 }]
// @ts-expect-error: methods are a list
new Rule('/c', { endpoint: 'c', methods: 'GET' })
// @ts-expect-error: there is no such option
new Rule('/c', { endpoint: 'c', method: ['GET'] })
// @ts-expect-error: a handler is a class, a name or an import
new Rule('/c', { endpoint: 'c', handler: 5 })
