// Node's timers as they were when tipfy was loaded. Fake timers of a test (jest, vitest, sinon, node:test) replace the global
// ones later: a session would wait for a timer that nothing moves. The time of day, Date, is the test's: sessions expire by it.

export const { clearInterval, clearTimeout, setImmediate, setInterval } = globalThis

const { setTimeout: setNodeTimeout } = globalThis

/** The longest delay of Node's timers in ms, 24.8 days. They take a longer one, and Infinity, for 1. */
const maxDelay = 2 ** 31 - 1

/** As Node's, but a delay that is too long for it ends after 24.8 days. */
export function setTimeout<Args extends unknown[]>(
  fn: (...args: Args) => void,
  ms: number,
  ...args: Args
): NodeJS.Timeout {
  return setNodeTimeout(fn, Math.min(ms, maxDelay), ...args)
}

const { performance } = globalThis
const { now } = performance

/** Holds the thread for `ms` milliseconds, in the few places that cannot await. */
export function block(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

/** A count of ms that only grows, for durations. */
export const ticks = (): number => now.call(performance)
