// The context of a request that came over a connection: runs its listeners, and handles their errors.
import type { Request } from '../http/request/request.ts'
import type { RequestScope } from '../http/request/scope.ts'
import type { Response } from '../http/response/response.ts'
import { escapeControls } from '../internal/redact.ts'
import { Context, contextStorage } from './context.ts'
import type { App } from './types.ts'

export class ServedContext extends Context<App, Request, Response> implements RequestScope {
  run<T>(fn: () => T): T {
    return contextStorage.run(this, fn)
  }

  fail(error: unknown): void {
    const { method, target } = this.ended ?? this.request
    this.app.log.error({ err: error }, escapeControls(`${method} ${target.split('?', 1)[0]}: a listener failed`))
    if (this.ended === undefined) this.request.outgoing?.destroy()
  }
}
