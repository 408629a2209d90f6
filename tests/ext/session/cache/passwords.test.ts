import { describe, expect, test } from '@jest/globals'
import { Passwords } from '../../../../lib/ext/session/cache/passwords.ts'
import type { CachePassword } from '../../../../lib/ext/session/config/cache-servers.ts'
import { FakeClock } from '../../../support/fake-world.ts'

function makePasswords(give: (n: number) => CachePassword | Promise<CachePassword>) {
  const clock = new FakeClock()
  const world = { asked: 0 }
  const passwords = new Passwords(() => give(++world.asked), clock)
  return { clock, world, passwords }
}

describe('a cache password', () => {
  test('is the text of the configuration, and nothing is missing before a connection', async () => {
    const passwords = new Passwords('secret', new FakeClock())
    expect(passwords.prepare()).toBeUndefined()
    expect(await passwords.take()).toBe('secret')
    expect(await new Passwords(null, new FakeClock()).take()).toBeNull()
  })

  test('of a function that returns texts is another for each connection', async () => {
    const { passwords, world } = makePasswords((n) => `p${n}`)
    await passwords.prepare()
    expect(passwords.prepare()).toBeUndefined()
    expect(await passwords.take()).toBe('p1')
    expect(await passwords.take()).toBe('p2')
    expect(world.asked).toBe(2)
  })

  test('is asked for once by all who wait', async () => {
    const { passwords, world } = makePasswords(async (n) => ({ password: `p${n}`, expiresIn: 60 }))
    expect(await Promise.all([passwords.take(), passwords.take(), passwords.take()])).toEqual(['p1', 'p1', 'p1'])
    expect(world.asked).toBe(1)
  })

  test('that ends is kept for further connections, and replaced ahead of its end', async () => {
    const { clock, passwords, world } = makePasswords((n) => ({ password: `p${n}`, expiresIn: 3600 }))
    expect(await passwords.take()).toBe('p1')
    await clock.pass(2_800_000)
    expect(await passwords.take()).toBe('p1')
    await clock.pass(100_000)
    expect(passwords.prepare()).not.toBeUndefined()
    expect(await passwords.take()).toBe('p2')
    expect(world.asked).toBe(2)
  })

  test('that ends is renewed for an open connection, until that is closed', async () => {
    const { clock, passwords, world } = makePasswords((n) => ({ password: `p${n}`, expiresIn: 3600 }))
    const used: string[] = []
    await passwords.take()
    const end = passwords.renew((password) => used.push(password))
    await clock.pass(2 * 3_600_000)
    expect(used).toEqual(['p2', 'p3'])
    end()
    await clock.pass(2 * 3_600_000)
    expect(world.asked).toBe(3)
  })

  test('whose renewal fails is asked for again', async () => {
    const { clock, passwords } = makePasswords((n) => {
      if (n === 2) throw new Error('no network')
      return { password: `p${n}`, expiresIn: 3600 }
    })
    const used: string[] = []
    await passwords.take()
    passwords.renew((password) => used.push(password))
    await clock.pass(2_880_000)
    expect(used).toEqual([])
    await clock.pass(11_000)
    expect(used).toEqual(['p3'])
  })

  test('that never comes is given up', async () => {
    const { clock, passwords } = makePasswords(() => new Promise<string>(() => {}))
    await expect(clock.until(passwords.take())).rejects.toThrow('cachePassword failed: it gave none within 10 s')
  })

  test.each<[string, () => unknown, string]>([
    [
      'throws',
      () => {
        throw new Error('no metadata server')
      },
      'cachePassword failed: no metadata server',
    ],
    ['returns nothing', () => undefined, 'has to return a text'],
    ['returns a token without an end', () => ({ password: 'hush' }), 'has to return a text'],
    ['returns a token that is over', () => ({ password: 'hush', expiresIn: 0 }), 'has to return a text'],
  ])('of a function that %s is an error that does not show it', async (_, give, message) => {
    const { passwords } = makePasswords(give as () => string)
    await expect(passwords.take()).rejects.toThrow(message)
    await expect(passwords.take()).rejects.toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('hush') }),
    )
  })
})
