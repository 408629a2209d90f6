import {
  type Endpoint,
  EndpointPrefix,
  HandlerPrefix,
  MultiDict,
  Rule,
  type RuleArgs,
  RuleTemplate,
  Subdomain,
  Submount,
  type UrlValues,
  urlFor,
} from 'tipfy'

class Archive {
  get({ year, month }: RuleArgs<'archive'>) {
    const y: number = year
    const m: string = month
    // @ts-expect-error
    const w: string = year
    return [y, m, w]
  }
}
const resource = new RuleTemplate([
  new Rule('/$name/', { endpoint: '$name.list' }),
  new Rule('/$name/<int:${name}_id>', { endpoint: '$name.show' }),
])

export const getRules = () =>
  [
    new Rule('/', { endpoint: 'home' }),
    new Rule('/archive/<int:year>/<month>', { endpoint: 'archive', handler: Archive }),
    new Rule('/lazy/<float:x>', { endpoint: 'lazy', handler: () => import('./handlers.ts').then((m) => m.Lazy) }),
    new Rule('/all/', { endpoint: 'all', defaults: { page: 1 } }),
    new Rule('/all/page/<int:page>', { endpoint: 'all' }),
    new Rule('/pick/<any(a, b,"c d"):x>/<uuid:u>/<path:p>', { endpoint: 'pick' }),
    new Rule('/old/<slug>', { redirectTo: 'x/<slug>' }),
    new Rule('/custom/<list:tags>', { endpoint: 'custom' }),
    new Rule('/<string(length=2):x>', { endpoint: 'sub', subdomain: '<sub>' }),
    new Submount('/blog/<int:blog>', [
      new Rule('/', { endpoint: 'blog' }),
      new EndpointPrefix('blog/', [
        new HandlerPrefix('blog:', [new Rule('/<slug>', { endpoint: 'entry', defaults: { draft: false } })]),
      ]),
    ]),
    new Subdomain('<lang>', [new Rule('/about', { endpoint: 'about' })]),
    resource({ name: 'user' }),
  ] as const

declare module 'tipfy' {
  interface Register {
    rules: ReturnType<typeof getRules>
  }
}

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const yes = <_T extends true>() => {}
yes<Equal<RuleArgs<'archive'>, { year: number; month: string }>>()
yes<
  Equal<
    Endpoint,
    | 'home'
    | 'archive'
    | 'lazy'
    | 'all'
    | 'pick'
    | 'custom'
    | 'sub'
    | 'blog'
    | 'blog/entry'
    | 'about'
    | 'user.list'
    | 'user.show'
  >
>()
yes<[RuleArgs<'all'>] extends [{ page: number }] ? true : false>()
yes<Equal<RuleArgs<'pick'>, { x: 'a' | 'b' | 'c d'; u: string; p: string }>>()
yes<Equal<RuleArgs<'sub'>, { x: string; sub: string }>>()
yes<Equal<RuleArgs<'blog/entry'>, { slug: string; blog: number; draft: boolean }>>()
yes<Equal<RuleArgs<'user.show'>, { user_id: number }>>()
yes<Equal<RuleArgs<'about'>, { lang: string }>>()
yes<Equal<RuleArgs<'custom'>, { tags: unknown }>>()
yes<Equal<RuleArgs<'home'>, {}>>()

urlFor('home')
urlFor('home', { q: 1 }, { full: true })
urlFor('home', new MultiDict([['q', '1']]))
urlFor('home', new URLSearchParams('q=1'))
urlFor('all')
urlFor('all', { page: 2 })
urlFor('archive', { year: 2009, month: 'x', extra: ['a'] })
urlFor('about', { lang: 'x' })
urlFor('blog/entry', { slug: 'x', blog: 1 })
// @ts-expect-error
urlFor('archive')
// @ts-expect-error: nobody knows what is in it
urlFor('archive', new MultiDict())
// @ts-expect-error
urlFor('archive', { year: 2009 })
// @ts-expect-error
urlFor('archive', { year: '2009', month: 'x' })
// @ts-expect-error
urlFor('nothing')
// @ts-expect-error
urlFor('pick', { x: 'z', u: '', p: '' })
// @ts-expect-error
urlFor('all', { page: 'x' })
export type X = UrlValues<'archive'>
// @ts-expect-error
urlFor('home', { q: { a: 1 } })
urlFor('custom', { tags: new Date() })
