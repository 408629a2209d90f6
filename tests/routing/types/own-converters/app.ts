// An application that tells its converters too, and one handler class that its rules name directly.
import { BaseConverter, type ConverterClass, Rule, type RuleArgs, urlFor } from 'tipfy'
import { Tagged } from './handlers.ts'

class List extends BaseConverter<string[]> {
  override toValue(text: string) {
    return text.split('+')
  }
}
class Day extends BaseConverter<Date> {
  override toValue(text: string) {
    return new Date(text)
  }
}
export const converters = { list: List, day: Day } satisfies Record<string, ConverterClass>

export const getRules = async () =>
  [
    new Rule('/tagged/<list:tags>', { endpoint: 'tagged', handler: Tagged }),
    new Rule('/on/<day:day>', { endpoint: 'on', handler: () => import('./handlers.ts').then((m) => m.On) }),
  ] as const

declare module 'tipfy' {
  interface Register {
    rules: ReturnType<typeof getRules>
    converters: typeof converters
  }
}

export const tags: RuleArgs<'tagged'> = { tags: ['a'] }
urlFor('tagged', { tags: ['a', 'b'] })
urlFor('on', { day: new Date(), page: 2 })
// @ts-expect-error: tags are a list
urlFor('tagged', { tags: 'a' })
// @ts-expect-error: a day is a Date
urlFor('on', { day: '2026-11-23' })
