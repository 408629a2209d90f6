import { RequestHandler, type RuleArgs, urlFor } from 'tipfy'

export class Tagged extends RequestHandler {
  get({ tags }: RuleArgs<'tagged'>): string {
    return urlFor('tagged', { tags: tags.map((tag) => tag.toUpperCase()) })
  }
}

export class On extends RequestHandler {
  get({ day }: RuleArgs<'on'>) {
    return day.toISOString()
  }
}
