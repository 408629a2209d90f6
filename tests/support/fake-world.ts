// A clock and chance that a test owns: time stands still until it is moved, tokens count up.
import type { Randomness } from '../../lib/ext/session/repository/ports.ts'
import type { Clock } from '../../lib/internal/clock.ts'

export class FakeClock implements Clock {
  time = 1_700_000_000_000
  readonly #timers = new Set<{ at: number; fn: () => void }>()

  now = () => this.time
  ticks = () => this.time
  afterIo = (fn: () => void) => void setImmediate(fn)

  timer(ms: number, fn: () => void): () => void {
    const timer = { at: this.time + ms, fn }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  /** Lets time go on as far as `promise` needs to settle. */
  async until<T>(promise: Promise<T>): Promise<T> {
    let settled = false
    const mark = () => {
      settled = true
    }
    promise.then(mark, mark)
    while (!settled) {
      await new Promise((resolve) => setImmediate(resolve))
      const next = settled ? undefined : [...this.#timers].sort((a, b) => a.at - b.at)[0]
      if (next !== undefined) await this.pass(next.at - this.time)
    }
    return await promise
  }

  /** Moves time on, firing the timers that fall due, in order, each followed by what it lets run. */
  async pass(ms: number): Promise<void> {
    const end = this.time + ms
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve))
      const due = [...this.#timers].filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0]
      if (due === undefined) break
      this.#timers.delete(due)
      this.time = Math.max(this.time, due.at)
      due.fn()
    }
    this.time = end
  }
}

export function fakeRandomness(): Randomness {
  let tokens = 0
  return { id: () => `id-${++tokens}`, token: () => `token-${++tokens}`, unit: () => 0.5 }
}
