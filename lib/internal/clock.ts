// Time as a port: code that waits or measures takes a clock, so that a test can own it.

export interface Clock {
  /** The wall clock in ms since 1970, for what is stored. */
  now(): number
  /** A count of ms that only grows, for durations. */
  ticks(): number
  /** Calls `fn` once after `ms`, unless the returned function is called before. */
  timer(ms: number, fn: () => void): () => void
}

export const systemClock: Clock = {
  now: Date.now,
  ticks: () => performance.now(),
  timer(ms, fn) {
    const timer = setTimeout(fn, ms)
    return () => clearTimeout(timer)
  },
}

/** Settles as `promise` does, or rejects after `ms`: a client's own timeout does not cover all that it waits for. */
export function withDeadline<T>(clock: Clock, ms: number, promise: Promise<T>, late = noResponse): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = clock.timer(ms, () => reject(late(ms)))
    promise.then(
      (value) => {
        cancel()
        resolve(value)
      },
      (error) => {
        cancel()
        reject(error)
      },
    )
  })
}

function noResponse(ms: number): Error {
  return new Error(`no response within ${Math.round(ms)} ms`)
}
