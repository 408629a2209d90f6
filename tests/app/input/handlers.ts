// A handler whose input is typed by schemas of three libraries; the lines marked as errors must not compile.
import { type } from 'arktype'
import { type Input, type InputError, type InvalidInput, RequestHandler, request, type UploadedFile } from 'tipfy'
import * as v from 'valibot'
import { z } from 'zod'

const ticket = z.object({ title: z.string(), seats: z.coerce.number() })

export class Tickets extends RequestHandler {
  static input = {
    get: { query: v.object({ page: v.pipe(v.string(), v.transform(Number)) }) },
    post: { form: ticket, files: z.object({ photo: z.custom<UploadedFile>() }) },
    put: { form: ticket, json: type({ title: 'string', seats: 'number' }), query: z.object({ dry: z.string() }) },
  }

  get(_: { id: number }, { query }: Input<typeof Tickets, 'get'>): number {
    // @ts-expect-error: a number now
    query.page.trim()
    // @ts-expect-error: no such key
    query.pages
    return query.page
  }

  post({ id }: { id: number }, { form, files, ...rest }: Input<typeof Tickets, 'post'>): string {
    // @ts-expect-error: has no schema
    rest.json
    // @ts-expect-error: no text
    const seats: string = form.seats
    return `${id} ${form.title.trim()} ${form.seats.toFixed()} ${seats} ${files.photo.size}`
  }

  put(_: object, { form, json, query }: Input<typeof Tickets, 'put'>): string {
    // @ts-expect-error: the body may be JSON
    form.title
    // @ts-expect-error: the body may be a form
    json.title
    const { title, seats } = (form ?? json)!
    return `${title.trim()} ${seats.toFixed()} ${query.dry.trim()}`
  }

  // @ts-expect-error: delete has no input
  delete(_: object, { query }: Input<typeof Tickets, 'delete'>) {
    return query
  }

  async patch() {
    const { title, seats } = await request.valid(ticket)
    // @ts-expect-error: no schema
    await request.valid({ title: 'string' })
    return title.repeat(seats)
  }

  override invalid({ id }: { id: number }, { errors, old, messages }: InvalidInput): unknown {
    const first: InputError | undefined = errors[0]
    return { id, first, title: old.title, message: messages.title?.join() }
  }
}

export class Wrong extends RequestHandler {
  static input = { post: { form: 'no schema' } }

  // @ts-expect-error: form is no schema
  post(_: object, { form }: Input<typeof Wrong, 'post'>) {
    return form
  }
}
