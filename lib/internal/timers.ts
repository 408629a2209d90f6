// Node's timers as they were when tipfy was loaded. Fake timers of a test (jest, vitest, sinon, node:test) replace the global
// ones later: a session would wait for a timer that nothing moves. The time of day, Date, is the test's: sessions expire by it.

export const { clearInterval, clearTimeout, setImmediate, setInterval, setTimeout } = globalThis

const { performance } = globalThis
const { now } = performance

/** Holds the thread for `ms` milliseconds, in the few places that cannot await. */
export function block(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

/** A count of ms that only grows, for durations. */
export const ticks = (): number => now.call(performance)
