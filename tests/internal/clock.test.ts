// A wait with a deadline, on an event loop that is free and on one that is held.
import { describe, expect, test } from '@jest/globals'
import { type Clock, systemClock, withDeadline } from '../../lib/internal/clock.ts'

/** A clock whose timers are late by as much as the event loop is said to be held. */
function makeClock() {
  const world = { time: 0, late: 0, io: [] as (() => void)[] }
  const clock: Clock = {
    now: () => world.time,
    ticks: () => world.time,
    timer(ms, fn) {
      let isOff = false
      queueMicrotask(() => {
        if (isOff) return
        world.time += ms + world.late
        fn()
      })
      return () => {
        isOff = true
      }
    },
    // Data that has arrived is handed over first.
    afterIo: (fn) => {
      for (const arrived of world.io.splice(0)) arrived()
      setImmediate(fn)
    },
  }
  return { clock, world }
}

const never = new Promise<never>(() => {})

describe('a wait', () => {
  test('ends after its time', async () => {
    const { clock, world } = makeClock()
    await expect(withDeadline(clock, 50, never)).rejects.toThrow('no response within 50 ms')
    expect(world.time).toBeCloseTo(50)
  })

  test('settles as its promise does', async () => {
    const { clock } = makeClock()
    expect(await withDeadline(clock, 50, Promise.resolve(1))).toBe(1)
    await expect(withDeadline(clock, 50, Promise.reject(new Error('no')))).rejects.toThrow('no')
  })

  test('reads what has arrived before it counts as over', async () => {
    const { clock, world } = makeClock()
    const { promise, resolve } = Promise.withResolvers<string>()
    world.io.push(() => resolve('here'))
    expect(await withDeadline(clock, 0, promise)).toBe('here')
  })

  test('is longer by the time for which the event loop was held, which counts for little', async () => {
    const { clock, world } = makeClock()
    world.late = 70
    const { promise, resolve } = Promise.withResolvers<string>()
    let turns = 0
    const arriveLater = () => void (++turns === 8 ? resolve('here') : world.io.push(arriveLater))
    world.io.push(arriveLater)
    expect(await withDeadline(clock, 50, promise)).toBe('here')
    expect(world.time).toBeGreaterThan(400)
  })

  test('ends on an event loop that is always held', async () => {
    const { clock, world } = makeClock()
    world.late = 1000
    await expect(withDeadline(clock, 50, never)).rejects.toThrow('no response')
    expect(world.time).toBeLessThan(21 * 1010)
  })
})

test.each([2 ** 31, Number.POSITIVE_INFINITY])('a timer of %d ms, which Node takes for 1, goes on', async (ms) => {
  let cancel = () => {}
  const long = new Promise((resolve) => {
    cancel = systemClock.timer(ms, () => resolve('long'))
  })
  const short = new Promise((resolve) => void systemClock.timer(20, () => resolve('short')))
  expect(await Promise.race([long, short])).toBe('short')
  cancel()
})
