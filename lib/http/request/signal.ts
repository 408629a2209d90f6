// `request.signal`: tells the work of a request that its client has left, or that the server stops.
import type { ServerResponse } from 'node:http'
import { watchForStall } from '../connection/stalled-client.ts'
import { ClientDisconnected, ServiceUnavailable } from '../exceptions.ts'
import type { Draining } from './draining.ts'
import { bindSignal, type RequestScope } from './scope.ts'

/** Makes the signal of a request; its reason is a ClientDisconnected or, when the server stops, a ServiceUnavailable. */
export function makeSignal(
  outgoing: ServerResponse | null,
  draining: Draining,
  scope: RequestScope | null,
): AbortSignal {
  const controller = new AbortController()
  const signal = bindSignal(controller.signal, scope)
  const abort = (reason: Error) => {
    if (scope === null) controller.abort(reason)
    else scope.run(() => controller.abort(reason))
  }
  if (outgoing === null) return signal
  const forget = draining.listen(() => abort(new ServiceUnavailable('The server is stopping. Try again.')))
  const unwatch = watchForStall(outgoing)
  const onClose = () => {
    forget()
    unwatch()
    if (!outgoing.writableFinished) abort(new ClientDisconnected())
  }
  if (outgoing.destroyed) onClose()
  else outgoing.once('close', onClose)
  return signal
}
