// The reason that a save gives when its time is over.
import { expect, test } from '@jest/globals'
import { Calls } from '../../../../lib/ext/session/repository/counters.ts'
import { PortError } from '../../../../lib/ext/session/repository/ports.ts'
import { TimeBudget } from '../../../../lib/ext/session/repository/time-budget.ts'
import { FakeClock } from '../../../support/fake-world.ts'

test('a last call without the time for a response fails with what the call before it failed with', async () => {
  const clock = new FakeClock()
  const budget = new TimeBudget(clock, 1000)
  const silence = () => clock.until(budget.call(new Calls(), () => new Promise<never>(() => {})))
  await expect(silence()).rejects.toThrow('no response within 500 ms')
  const held = async () => {
    throw new PortError('conflict', 'Transaction lock timeout')
  }
  await expect(budget.call(new Calls(), held)).rejects.toThrow('Transaction lock timeout')
  await clock.pass(494)
  expect(budget.left).toBe(6)
  await expect(silence()).rejects.toMatchObject({ reason: 'unknown', message: 'Transaction lock timeout' })
  await clock.pass(1)
  await expect(silence()).rejects.toThrow('Transaction lock timeout')
})
