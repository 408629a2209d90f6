// Makes connections belong to no request. A driver opens a connection in the request that first needs one, and later requests
// share it: callbacks of the driver would run in the request that opened it, as another user.
import { syncBuiltinESMExports } from 'node:module'
import net from 'node:net'
import tls from 'node:tls'
import { runOutside } from './globals.ts'

type Run = (fn: () => unknown) => unknown
type Isolated = Function & { [slot]?: { run: Run } }

// On the changed function itself: a test runner that loads this file again replaces what the first one left.
const slot = Symbol.for('tipfy.isolateConnections')

/** Changes Node's own functions, once per process: a connection's callbacks run in the context in which its handle was made. */
export function isolateConnections(): void {
  isolate(net.Socket.prototype, 'connect')
  isolate(tls, 'connect')
  syncBuiltinESMExports()
}

function isolate<Owner extends { connect: Function }>(owner: Owner, name: 'connect'): void {
  const original = owner[name] as Isolated
  const known = original[slot]
  if (known !== undefined) {
    known.run = runOutside
    return
  }
  const state: { run: Run } = { run: runOutside }
  const isolated = function (this: unknown, ...args: unknown[]) {
    return state.run(() => Reflect.apply(original, this, args))
  }
  owner[name] = Object.assign(isolated, { [slot]: state }) as never
}
