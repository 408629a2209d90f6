// What a listener hears of a step, and that the step's caller sees no difference.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { type Step, stepEnds, steps, traced } from '../../lib/internal/tracing.ts'

const heard: Step[] = []
const ended: Step[] = []
const onStep = (step: unknown) => void heard.push(step as Step)
const onEnd = (step: unknown) => void ended.push(step as Step)
beforeEach(() => {
  heard.length = ended.length = 0
  steps.subscribe(onStep)
  stepEnds.subscribe(onEnd)
})
afterEach(() => {
  steps.unsubscribe(onStep)
  stepEnds.unsubscribe(onEnd)
})

const failure = new Error('refused')
const thenOf = (then: (...functions: ((value: unknown) => void)[]) => unknown) => ({ then })

describe('a step of work that', () => {
  test.each<[string, () => unknown, unknown]>([
    ['returns', () => 'rows', 'rows'],
    ['returns nothing', () => undefined, undefined],
    ['is async', async () => 'rows', 'rows'],
    ['makes a query whose `then` takes one function', () => thenOf((resolve) => resolve!('rows')), 'rows'],
    ['makes a query whose `then` returns another value', () => thenOf((resolve) => resolve!('rows') ?? 'no'), 'rows'],
    ['makes a query of queries', () => thenOf((resolve) => resolve!(thenOf((inner) => inner!('rows')))), 'rows'],
  ])('%s gives the same value, and ends once', async (_, work, value) => {
    expect(await traced('handler', 'Home.get', work)).toBe(value)
    expect(heard).toEqual([expect.objectContaining({ kind: 'handler', name: 'Home.get', error: undefined })])
    expect(ended).toEqual(heard)
    expect(heard[0]!.end).toBeGreaterThanOrEqual(heard[0]!.start)
  })

  test.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw failure
      },
    ],
    [
      'is async and throws',
      async () => {
        throw failure
      },
    ],
    ['makes a query that rejects', () => thenOf((_, reject) => reject!(failure))],
    [
      'makes a query whose `then` throws',
      () =>
        thenOf(() => {
          throw failure
        }),
    ],
  ])('%s throws the same error, and ends with it', async (_, work) => {
    await expect((async () => traced('hook', 'x', work))()).rejects.toBe(failure)
    expect(ended).toEqual([expect.objectContaining({ error: failure })])
  })

  test('is not async returns no promise', () => {
    expect(traced('hook', 'x', () => 7)).toBe(7)
  })
})
