// JSON that a schema checks.
import { type Input, RequestHandler } from 'tipfy'
import { order } from '../schema.ts'

export class Valid extends RequestHandler {
  static input = { post: { json: order } }

  post(_: object, { json }: Input<typeof Valid, 'post'>) {
    return { count: json.items.length, items: json.items }
  }
}
