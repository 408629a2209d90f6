// Runs code as if it stood in a handler: in the context of a request that is made up, with its session open.
import type { ServerResponse } from 'node:http'
import { contextStorage } from '../app/context.ts'
import type { App, RequestContext } from '../app/types.ts'
import { exchange, type Message, type Reply } from './exchange.ts'

/** What `fn` gave, and the answer that was sent: an empty one unless `fn` sent another. */
export async function runInContext<T>(
  app: App,
  message: Message,
  fn: (context: RequestContext, outgoing: ServerResponse) => T | Promise<T>,
): Promise<{ result: T; reply: Reply }> {
  await app.ready()
  let outcome: Promise<T> | undefined
  const reply = await exchange((incoming, outgoing) => {
    const context = app.newContext(incoming)
    outcome = contextStorage.run(context, async () => {
      app.route(context.request)
      await app.sessionInterface?.openSession(context)
      return await fn(context, outgoing)
    })
    outcome
      .catch(() => {})
      .finally(() => {
        context.outgoing = outgoing
        context.end(Date.now())
        if (!outgoing.writableEnded) outgoing.end()
      })
  }, message)
  return { result: await outcome!, reply }
}
