// Time as a port: code that waits or measures takes a clock, so that a test can own it.
import { clearTimeout, setImmediate, setTimeout, ticks } from './timers.ts'

export interface Clock {
  /** The wall clock in ms since 1970, for what is stored. */
  now(): number
  /** A count of ms that only grows, for durations. */
  ticks(): number
  /** Calls `fn` once after `ms`, unless the returned function is called before. One of the background ends with the process. */
  timer(ms: number, fn: () => void, inBackground?: boolean): () => void
  /** Calls `fn` once what has arrived from the network by now has been handed over. */
  afterIo(fn: () => void): void
}

export const systemClock: Clock = {
  // Fake timers replace Date, and not this function alone.
  now: () => Date.now(),
  ticks,
  timer(ms, fn, inBackground = false) {
    const timer = setTimeout(fn, ms)
    if (inBackground) timer.unref()
    return () => clearTimeout(timer)
  },
  // The event loop runs timers, then reads the sockets, then runs these.
  afterIo: (fn) => void setImmediate(fn),
}

/** A wait is cut into this many timers, to notice when the event loop was held in between. */
const slices = 5
/** Ms by which timers are late on an idle machine. */
const usualLateness = 2

/**
 * Settles as `promise` does, or rejects after `ms`: a client's own timeout does not cover all that it waits for.
 *
 * Timers run before sockets are read, and after a long handler, a collection or a sync they run late: by then the response may
 * be there, or the request was never sent. So what has arrived is read before the wait counts as over, and time in which the
 * event loop was held counts for little, though not for nothing: or a busy process would wait for ever.
 */
export function withDeadline<T>(clock: Clock, ms: number, promise: Promise<T>, late = noResponse): Promise<T> {
  return new Promise((resolve, reject) => {
    const slice = ms / slices
    let left = ms
    let isSettled = false
    let cancel = () => {}
    const wait = () => {
      const length = Math.min(left, slice)
      const start = clock.ticks()
      cancel = clock.timer(length, () => {
        const held = Math.max(0, clock.ticks() - start - length - usualLateness)
        left -= Math.max((length * length) / (length + held), slice / 4)
        clock.afterIo(() => {
          if (isSettled) return
          if (left > 0.01 && ms > 0) wait()
          else reject(late(ms))
        })
      })
    }
    const settled = () => {
      isSettled = true
      cancel()
    }
    wait()
    promise.then(
      (value) => {
        settled()
        resolve(value)
      },
      (error) => {
        settled()
        reject(error)
      },
    )
  })
}

function noResponse(ms: number): Error {
  return new Error(`no response within ${Math.round(ms)} ms`)
}
