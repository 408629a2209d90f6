// The end of a request, which is when its handler has returned and its answer has closed.
import type { ServerResponse } from 'node:http'
import { setTimeout } from 'node:timers'
import type { Context } from './context.ts'

// Nearly every answer has closed when the next one is handed over: one look at it then costs a fraction of what a listener does.
let last: Context | undefined
// In ms, read ten times a second at most: how long ago a request ended is told in seconds.
let now = 0

/** The answer to the request of `context` was handed to `outgoing`; when that has closed, the request ends. */
export function endWith(context: Context, outgoing: ServerResponse): void {
  context.outgoing = outgoing
  if (last === undefined) {
    now = Date.now()
    setTimeout(endLast, 100).unref()
  } else {
    endOf(last)
  }
  last = context
}

function endLast(): void {
  now = Date.now()
  endOf(last!)
  last = undefined
}

function endOf(context: Context): void {
  if (context.isOver) context.end(now)
  else context.outgoing!.once('close', () => context.end(Date.now()))
}
